import { judgeDirections, type DirectionTable } from './policies/judge-directions.ts';
import { openInLane, runInLanes, type Lane } from './policies/lanes.ts';
import {
  protocolOf,
  uniquePorts,
  type PlannedCluster,
  type PlannedPod,
  type PlannedPort,
} from './policies/planned-cluster.ts';
import { probeMatrix, type CallBy, type ReachabilityTable } from './policies/probe-matrix.ts';
import { performStep } from './policies/run-steps.ts';
import type { TableAction } from './policies/table-actions.ts';
import type { Suite } from './suite.ts';

interface TableCluster {
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ip?: string;
    readonly containers?: readonly {
      readonly port: number;
      readonly portName?: string;
      readonly protocol?: string;
    }[];
  }[];
}

/** What both directions let pass together, and each by itself. */
interface TableRows {
  readonly combined: readonly string[];
  readonly egress?: readonly string[];
  readonly ingress?: readonly string[];
}

interface Step {
  readonly actions?: readonly TableAction[] | null;
  readonly podOrder: readonly string[];
  readonly probe?: { readonly mode?: string };
  /** `TCP/80` → who reaches whom. */
  readonly expected?: Readonly<Record<string, TableRows>>;
}

interface CyclonusFile {
  readonly cluster: TableCluster;
  readonly cases: readonly {
    readonly id: string;
    /** Its own cluster, where it does not take the file's. */
    readonly cluster?: TableCluster;
    readonly steps: readonly Step[];
  }[];
}

/** Probing by name takes its time: one case in so many is tried with rules of nftables too. */
const NFTABLES_SHARE = 3;

type Case = CyclonusFile['cases'][number];

function podOf({
  namespace,
  name,
  labels = {},
  ip,
  containers = [],
}: TableCluster['pods'][number]) {
  return {
    namespace,
    name,
    labels,
    ...(ip !== undefined && { address: ip }),
    isOnHostNetwork: false,
    ports: uniquePorts(
      containers.map(({ port, portName, protocol }) => ({
        protocol: protocolOf(protocol) ?? 'TCP',
        port,
        ...(portName !== undefined && { name: portName }),
      })),
    ),
  } satisfies PlannedPod;
}

function planOf({ namespaces = {}, pods }: TableCluster): PlannedCluster {
  const names = pods.map(({ namespace }) => namespace);
  return {
    namespaces: { ...Object.fromEntries(names.map((name) => [name, {}])), ...namespaces },
    pods: pods.map(podOf),
    nodes: [],
    outsiders: [],
    hasServices: true,
  };
}

/** The tables of a step, of which `rowsOf` picks the rows. */
function tablesOf(
  { expected = {} }: Step,
  rowsOf: (rows: TableRows) => readonly string[] | undefined,
): ReachabilityTable[] {
  return Object.entries(expected).flatMap(([key, table]): ReachabilityTable[] => {
    const [protocolText, port] = key.split('/');
    const protocol = protocolOf(protocolText);
    const rows = rowsOf(table);
    return protocol && rows ? [{ protocol, port: Number(port), rows }] : [];
  });
}

const directionTablesOf = (step: Step): DirectionTable[] => [
  ...tablesOf(step, ({ egress }) => egress).map(
    (table) => ({ ...table, direction: 'egress' }) as const,
  ),
  ...tablesOf(step, ({ ingress }) => ingress).map(
    (table) => ({ ...table, direction: 'ingress' }) as const,
  ),
];

/** Cyclonus' probe modes; it takes the first unless it is told otherwise. */
const CALL_BY: Readonly<Record<string, CallBy>> = {
  'service-name': 'service-name',
  'service-ip': 'service-address',
  'pod-ip': 'pod-address',
};

const callByOf = ({ probe }: Step): CallBy => CALL_BY[probe?.mode ?? ''] ?? 'service-name';

function runCase(each: Case, plan: PlannedCluster, lane: Lane): void {
  const { proxyMode, tally } = lane;
  const cluster = openInLane(plan, lane, each.id);
  if (!cluster) return;
  const ports: readonly PlannedPort[] = plan.pods[0]?.ports ?? [];
  for (const step of each.steps) {
    performStep(cluster, step.actions ?? [], ports, { case: each.id, tally });
    const question = { case: each.id, podOrder: step.podOrder };
    const tables = tablesOf(step, ({ combined }) => combined);
    probeMatrix(cluster, { ...question, tables, callBy: callByOf(step) }, lane);
    if (proxyMode === 'nftables') continue;
    judgeDirections(cluster, { ...question, tables: directionTablesOf(step) }, tally);
  }
}

/** Cyclonus' generated NetworkPolicies: every pod tries every other, as a rule by the name of its Service. */
export const cyclonusNetpol: Suite = {
  name: 'cyclonus_netpol',
  unit: 'probe',
  run(contents) {
    const { cases, cluster } = contents as CyclonusFile;
    return runInLanes({
      cases,
      nameOf: ({ id }) => id,
      run: (each, lane) => runCase(each, planOf(each.cluster ?? cluster), lane),
      nftablesShare: NFTABLES_SHARE,
    });
  },
};
