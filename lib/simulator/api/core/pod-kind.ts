import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { dnsSubdomainProblems } from '../meta/names.ts';
import type { Pod } from './pod.ts';
import { setPodDefaults } from './pod-defaults.ts';
import { podReadyText, podRestartsText, podStatusText } from './pod-status-text.ts';
import { validatePod, validatePodUpdate } from './validate-pod.ts';
import { qosClassOf } from './qos-class.ts';

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter(({ conditionType }) =>
    pod.status?.conditions?.some(({ type, status }) => type === conditionType && status === 'True'),
  );
  return `${met.length}/${gates.length}`;
}

/** A pod that nobody schedules yet (registry/core/pod `applySchedulingGatedCondition`). */
const GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
} as const;

export const POD: KindDescription<Pod> = {
  kind: 'Pod',
  group: '',
  version: 'v1',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  isNamespaced: true,
  type: 'core.Pod',
  description:
    'A Pod is a group of containers that run together on one node and share one network namespace.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Ready', 'Ready containers of all containers.', podReadyText),
    column('Status', 'The state of the containers in one word.', podStatusText),
    column('Restarts', 'How often containers of this pod were restarted.', podRestartsText),
    AGE_COLUMN,
    wideColumn('IP', 'The address of the pod.', (pod: Pod) => {
      return pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '<none>';
    }),
    wideColumn('Node', 'The node that runs the pod.', (pod: Pod) => pod.spec.nodeName || '<none>'),
    wideColumn('Nominated Node', 'The node that is being freed for the pod.', (pod: Pod) => {
      return pod.status?.nominatedNodeName || '<none>';
    }),
    wideColumn(
      'Readiness Gates',
      'Conditions that must be True besides the probes.',
      readinessGates,
    ),
  ],
  fieldLabels: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIP ?? '',
    'status.podIPs': (pod) => pod.status?.podIPs?.map(({ ip }) => ip).join(',') ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  nameProblems: dnsSubdomainProblems,
  setDefaults: setPodDefaults,
  prepareForCreate(pod) {
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod.spec) };
    if (pod.spec.schedulingGates?.length) pod.status.conditions = [GATED];
  },
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  // Binding to a node is no new generation.
  generationOf: ({ spec: { nodeName: _, ...spec } }) => spec,
};
