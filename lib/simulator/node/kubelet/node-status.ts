import type { Node, NodeCondition } from '../../api/core/node.ts';
import { formatTimestamp } from '../../base/clock.ts';
import type { AgentContext } from '../agent.ts';
import { holdLease } from './node-lease.ts';
import type { KubeletMemory } from './pod-runtime.ts';

const HEALTHY: readonly Required<Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>>[] =
  [
    {
      type: 'MemoryPressure',
      status: 'False',
      reason: 'KubeletHasSufficientMemory',
      message: 'kubelet has sufficient memory available',
    },
    {
      type: 'DiskPressure',
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
      message: 'kubelet has no disk pressure',
    },
    {
      type: 'PIDPressure',
      status: 'False',
      reason: 'KubeletHasSufficientPID',
      message: 'kubelet has sufficient PID available',
    },
    {
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
    },
  ];

/** The conditions of a node whose kubelet finds nothing amiss, as they are at `time`. */
export const healthyConditions = (time: string): NodeCondition[] =>
  HEALTHY.map((condition) => ({
    ...condition,
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  }));

/** What a kubelet says of itself when it starts; the events of a running one are older than an hour. */
const START_EVENTS: readonly (readonly [reason: string, message: string])[] = [
  ['Starting', 'Starting kubelet.'],
  ['NodeAllocatableEnforced', 'Updated Node Allocatable limit across pods'],
];
const STATUS_EVENTS = [
  'NodeHasSufficientMemory',
  'NodeHasNoDiskPressure',
  'NodeHasSufficientPID',
] as const;

/** Conditions as the kubelet finds them, where somebody else has written `Unknown`, or nobody anything. */
function heal(node: Node, context: AgentContext): boolean {
  const time = formatTimestamp(context.now);
  const present = node.status?.conditions ?? [];
  const fresh = healthyConditions(time).map((condition) => {
    const before = present.find(({ type }) => type === condition.type);
    return before?.status === condition.status ? before : condition;
  });
  if (fresh.every((condition) => present.includes(condition))) return false;
  const others = present.filter(({ type }) => !fresh.some((condition) => condition.type === type));
  const conditions = [...others, ...fresh];
  context.store.updateStatus<Node>({ ...node, status: { ...node.status, conditions } });
  return true;
}

/** Registers for its node: its Lease is held, its conditions are right. Source: pkg/kubelet/kubelet_node_status.go. */
export function syncNodeStatus(context: AgentContext, memory: KubeletMemory): void {
  const { store, node: name } = context;
  const node = store.get<Node>('Node', undefined, name);
  if (!node) return;
  const say = (reason: string, message: string) => {
    context.recordEvent(node, 'Normal', reason, message);
  };
  if (memory.wasStopped) {
    delete memory.wasStopped;
    for (const [reason, message] of START_EVENTS) say(reason, message);
    for (const reason of STATUS_EVENTS) say(reason, `Node ${name} status is now: ${reason}`);
  }
  holdLease(node, store);
  const wasReady = node.status?.conditions?.some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
  if (heal(node, context) && !wasReady) say('NodeReady', `Node ${name} status is now: NodeReady`);
}
