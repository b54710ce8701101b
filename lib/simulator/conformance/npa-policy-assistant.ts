import type { Direction } from '../policy/normal-policy.ts';
import { judgeDirections } from './policies/judge-directions.ts';
import { openInLane, runInLanes, type Lane } from './policies/lanes.ts';
import { mendPolicies } from './policies/mend-policy.ts';
import { keyOfPod, protocolOf, type PlannedCluster } from './policies/planned-cluster.ts';
import { probeMatrix, type ReachabilityTable } from './policies/probe-matrix.ts';
import { performStep } from './policies/run-steps.ts';
import type { Manifest } from './policies/write-objects.ts';
import type { Suite } from './suite.ts';

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly protocol?: string;
}

type DefaultVerdict = 'allowed' | 'blocked';

interface AssistantCase {
  readonly id: string;
  readonly cluster: {
    readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly pods: readonly {
      readonly namespace: string;
      readonly name: string;
      readonly labels?: Readonly<Record<string, string>>;
      readonly ip?: string;
    }[];
    readonly ports: readonly number[];
    readonly protocols: readonly string[];
  };
  readonly manifests?: readonly Manifest[];
  readonly expected: {
    readonly defaultIngress: DefaultVerdict;
    readonly defaultEgress: DefaultVerdict;
    readonly ingressExceptions?: readonly Flow[];
    readonly egressExceptions?: readonly Flow[];
  };
}

interface AssistantFile {
  readonly cases: readonly AssistantCase[];
}

function planOf({ namespaces, pods, ports, protocols }: AssistantCase['cluster']): PlannedCluster {
  const served = ports.flatMap((port) =>
    protocols.map((text) => {
      const protocol = protocolOf(text) ?? 'TCP';
      return { port, protocol, name: `serve-${port}-${protocol.toLowerCase()}` };
    }),
  );
  return {
    namespaces,
    pods: pods.map(({ namespace, name, labels = {}, ip }) => ({
      namespace,
      name,
      labels,
      ...(ip !== undefined && { address: ip }),
      isOnHostNetwork: false,
      ports: served,
    })),
    nodes: [],
    outsiders: [],
    hasServices: false,
  };
}

const flowKey = ({ from, to, port, protocol }: Flow) =>
  `${from} ${to} ${protocolOf(protocol) ?? 'TCP'} ${port}`;

/** Whether a direction lets a flow pass: by default, unless it is an exception. */
const passes = (byDefault: DefaultVerdict, exceptions: ReadonlySet<string>, flow: Flow) =>
  (byDefault === 'allowed') !== exceptions.has(flowKey(flow));

type Question = (flow: Flow) => boolean;

/** Whether each direction lets a flow pass. A packet arrives when both do. */
function questionsOf({ expected }: AssistantCase): Readonly<Record<Direction, Question>> {
  const ingress = new Set((expected.ingressExceptions ?? []).map(flowKey));
  const egress = new Set((expected.egressExceptions ?? []).map(flowKey));
  return {
    ingress: (flow) => passes(expected.defaultIngress, ingress, flow),
    egress: (flow) => passes(expected.defaultEgress, egress, flow),
  };
}

function tablesOf({ cluster }: AssistantCase, arrives: Question): ReachabilityTable[] {
  const keys = cluster.pods.map(keyOfPod);
  return cluster.ports.flatMap((port) =>
    cluster.protocols.map((text): ReachabilityTable => {
      const protocol = protocolOf(text) ?? 'TCP';
      const rows = keys.map((from) =>
        keys.map((to) => (arrives({ from, to, port, protocol }) ? '.' : 'X')).join(''),
      );
      return { protocol, port, rows };
    }),
  );
}

function runCase(each: AssistantCase, lane: Lane): void {
  const { proxyMode, tally } = lane;
  const cluster = openInLane(planOf(each.cluster), lane, each.id);
  if (!cluster) return;
  const policies = mendPolicies(each.manifests ?? [], each.cluster.namespaces);
  const actions = policies.map((applyManifest) => ({ applyManifest }));
  performStep(cluster, actions, [], { case: each.id, tally });
  const podOrder = each.cluster.pods.map(keyOfPod);
  const question = { case: each.id, podOrder };
  const { ingress, egress } = questionsOf(each);
  const both = tablesOf(each, (flow) => ingress(flow) && egress(flow));
  probeMatrix(cluster, { ...question, tables: both, callBy: 'pod-address' }, lane);
  if (proxyMode === 'nftables') return;
  const tables = [
    ...tablesOf(each, ingress).map((table) => ({ ...table, direction: 'ingress' }) as const),
    ...tablesOf(each, egress).map((table) => ({ ...table, direction: 'egress' }) as const),
  ];
  judgeDirections(cluster, { ...question, tables }, tally);
}

/** Connectivity tests of the policy assistant: NetworkPolicies with the policies of administrators around them. */
export const npaPolicyAssistant: Suite = {
  name: 'npa_policy_assistant',
  unit: 'packet',
  run(file) {
    const { cases } = file as AssistantFile;
    return runInLanes({ cases, nameOf: ({ id }) => id, run: runCase });
  },
};
