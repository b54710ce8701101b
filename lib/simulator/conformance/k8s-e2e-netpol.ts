import { openInLane, runInLanes, type Lane } from './policies/lanes.ts';
import type { PlannedCluster, PlannedPort } from './policies/planned-cluster.ts';
import { protocolOf, uniquePorts } from './policies/planned-cluster.ts';
import { probeMatrix, type ReachabilityTable } from './policies/probe-matrix.ts';
import { performStep } from './policies/run-steps.ts';
import type { TableAction } from './policies/table-actions.ts';
import type { Suite } from './suite.ts';

interface MatrixFile {
  readonly cases: readonly MatrixCase[];
}

type Namespaces = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface TablePod {
  readonly namespace: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ip?: string;
}

interface MatrixCase {
  readonly id: string;
  readonly name?: string;
  readonly namespaces?: Namespaces;
  readonly pods?: readonly TablePod[];
  /** Where the pods are when they are not in the case itself. */
  readonly cluster?: { readonly namespaces?: Namespaces; readonly pods?: readonly TablePod[] };
  readonly ports?: readonly number[];
  readonly protocols?: readonly string[];
  readonly steps: readonly {
    readonly actions?: readonly TableAction[] | null;
    readonly probes?: readonly {
      readonly port: number;
      readonly protocol: string;
      readonly podOrder: readonly string[];
      readonly reachable: readonly string[];
    }[];
  }[];
}

const named = (port: number, protocol: PlannedPort['protocol']): PlannedPort => ({
  protocol,
  port,
  name: `serve-${port}-${protocol.toLowerCase()}`,
});

/** Every port with every protocol, and whatever a probe asks for. */
function portsOf({ ports = [], protocols = [], steps }: MatrixCase): PlannedPort[] {
  const listed = ports.flatMap((port) =>
    protocols.map((protocol) => named(port, protocolOf(protocol) ?? 'TCP')),
  );
  const asked = steps.flatMap(({ probes = [] }) =>
    probes.map(({ port, protocol }) => named(port, protocolOf(protocol) ?? 'TCP')),
  );
  return uniquePorts([...listed, ...asked]);
}

function planOf(each: MatrixCase): PlannedCluster {
  const ports = portsOf(each);
  const pods = each.pods ?? each.cluster?.pods ?? [];
  const said = { ...each.cluster?.namespaces, ...each.namespaces };
  return {
    namespaces: { ...Object.fromEntries(pods.map(({ namespace }) => [namespace, {}])), ...said },
    pods: pods.map(({ namespace, name, labels = {}, ip }) => ({
      namespace,
      name,
      labels,
      ...(ip !== undefined && { address: ip }),
      isOnHostNetwork: false,
      ports,
    })),
    nodes: [],
    outsiders: [],
    hasServices: true,
  };
}

function tablesOf(probes: NonNullable<MatrixCase['steps'][number]['probes']>) {
  return probes.map(({ port, protocol, podOrder, reachable }) => ({
    podOrder,
    table: {
      protocol: protocolOf(protocol) ?? 'TCP',
      port,
      rows: reachable,
    } satisfies ReachabilityTable,
  }));
}

function runCase(each: MatrixCase, lane: Lane): void {
  const about = { case: each.id, tally: lane.tally };
  const cluster = openInLane(planOf(each), lane, each.id);
  if (!cluster) return;
  for (const { actions, probes = [] } of each.steps) {
    performStep(cluster, actions ?? [], portsOf(each), about);
    for (const { podOrder, table } of tablesOf(probes)) {
      const question = { case: each.id, podOrder, tables: [table] };
      probeMatrix(cluster, { ...question, callBy: 'service-address' }, lane);
    }
  }
}

/**
 * The NetworkPolicy tests of Kubernetes itself: after every step each pod tries each other by its Service. Source:
 * kubernetes test/e2e/network/netpol.
 */
export const k8sE2eNetpol: Suite = {
  name: 'k8s_e2e_netpol',
  unit: 'probe',
  run(file) {
    const { cases } = file as MatrixFile;
    return runInLanes({ cases, nameOf: ({ id }) => id, run: runCase });
  },
};
