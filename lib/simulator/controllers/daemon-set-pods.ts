import { REVISION_HASH_LABEL } from '../api/apps/controller-revision.ts';
import { templateGenerationOf } from '../api/apps/daemon-set-kind.ts';
import type { DaemonSet } from '../api/apps/daemon-set.ts';
import type { Node, Taint } from '../api/core/node.ts';
import type { Pod, PodSpec, Toleration } from '../api/core/pod.ts';
import { podOf } from './pod-control.ts';
import { matchesNodeAffinity, tolerates } from './scheduling/node-affinity.ts';

const TOLERATED: readonly (readonly [key: string, effect: Taint['effect']])[] = [
  ['not-ready', 'NoExecute'],
  ['unreachable', 'NoExecute'],
  ['disk-pressure', 'NoSchedule'],
  ['memory-pressure', 'NoSchedule'],
  ['pid-pressure', 'NoSchedule'],
  ['unschedulable', 'NoSchedule'],
];

/** A daemon stays on a node that is in trouble (`AddOrUpdateDaemonPodTolerations`). */
function tolerationsOf({ tolerations = [], hostNetwork }: PodSpec): Toleration[] {
  const own = hostNetwork
    ? [...TOLERATED, ['network-unavailable', 'NoSchedule'] as const]
    : TOLERATED;
  const added = own.map(([name, effect]): Toleration => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect,
  }));
  const isAdded = ({ key, effect }: Toleration) =>
    added.some((each) => each.key === key && each.effect === effect);
  return [...tolerations.filter((toleration) => !isAdded(toleration)), ...added];
}

/** The pod for a node: bound to it by affinity to its name, so that the scheduler places it there or nowhere. */
export function daemonPod(set: DaemonSet, node: string, hash: string): Pod {
  const pod = podOf(set, set.spec.template);
  const { affinity } = pod.spec;
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: {
        ...pod.metadata.labels,
        'pod-template-generation': String(templateGenerationOf(set)),
        [REVISION_HASH_LABEL]: hash,
      },
    },
    spec: {
      ...pod.spec,
      tolerations: tolerationsOf(pod.spec),
      affinity: {
        ...affinity,
        nodeAffinity: {
          ...affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] },
            ],
          },
        },
      },
    },
  };
}

/** The node that a daemon pod is on, or is meant for while nobody has bound it (`GetTargetNodeName`). */
export function targetNode({ spec }: Pod): string {
  if (spec.nodeName) return spec.nodeName;
  const { nodeSelectorTerms = [] } =
    spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? {};
  return (
    nodeSelectorTerms
      .flatMap(({ matchFields = [] }) => matchFields)
      .find(({ key, operator }) => key === 'metadata.name' && operator === 'In')?.values?.[0] ?? ''
  );
}

/** Whether a set wants a pod on a node, and whether one that is there may stay. */
export interface Place {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

/** Node name → what a set wants there, for all nodes (`NodeShouldRunDaemonPod`). */
export function placesOf(set: DaemonSet, nodes: readonly Node[]): ReadonlyMap<string, Place> {
  const pod = podOf(set, set.spec.template);
  const tolerations = tolerationsOf(pod.spec);
  const placeOn = (node: Node): Place => {
    const isElsewhere = pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.metadata.name;
    if (isElsewhere || !matchesNodeAffinity(pod, node)) return { shouldRun: false, mayStay: false };
    const bad = (node.spec.taints ?? []).filter(
      (taint) =>
        taint.effect !== 'PreferNoSchedule' && !tolerations.some((each) => tolerates(each, taint)),
    );
    return {
      shouldRun: bad.length === 0,
      mayStay: !bad.some(({ effect }) => effect === 'NoExecute'),
    };
  };
  return new Map(nodes.map((node) => [node.metadata.name, placeOn(node)]));
}
