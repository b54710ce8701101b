import { parseCidr } from '../../base/cidr.ts';
import { dnsSubdomainProblems, labelKeyProblem } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import { forbidden, invalid, notSupported, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { fill } from './pod-defaults.ts';
import { nodeAddress, type Node } from './node.ts';

const ROLE_LABEL = 'node-role.kubernetes.io/';

/** `Ready`, `NotReady,SchedulingDisabled`, `Unknown`. */
export function nodeStatusText(node: Node): string {
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  const text = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown';
  return node.spec.unschedulable ? `${text},SchedulingDisabled` : text;
}

/** Roles from labels, sorted; `<none>` when it has none. */
export function nodeRoles(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(ROLE_LABEL))
      return key.length > ROLE_LABEL.length ? [key.slice(ROLE_LABEL.length)] : [];
    return key === 'kubernetes.io/role' && value !== '' ? [value] : [];
  });
  return roles.length > 0 ? [...new Set(roles)].sort().join(',') : '<none>';
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

function validateNode({ spec }: Node): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const [index, taint] of (spec.taints ?? []).entries()) {
    const keyProblem = labelKeyProblem(taint.key);
    if (keyProblem) problems.push(invalid(`spec.taints[${index}].key`, taint.key, keyProblem));
    if (!EFFECTS.includes(taint.effect)) {
      problems.push(notSupported(`spec.taints[${index}].effect`, taint.effect, EFFECTS));
    }
  }
  for (const [index, cidr] of (spec.podCIDRs ?? []).entries()) {
    if (!parseCidr(cidr)) {
      problems.push(
        invalid(
          `spec.podCIDRs[${index}]`,
          cidr,
          'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        ),
      );
    }
  }
  return problems;
}

/** The pod range of a node is given once. */
function validateNodeUpdate(node: Node, previous: Node): FieldProblem[] {
  const before = previous.spec.podCIDRs ?? [];
  if (before.length === 0 || before.join() === (node.spec.podCIDRs ?? []).join()) return [];
  return [
    forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'),
  ];
}

export const NODE: KindDescription<Node> = {
  kind: 'Node',
  group: '',
  version: 'v1',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  categories: [],
  isNamespaced: false,
  type: 'core.Node',
  description: 'A Node is a machine that runs pods; its kubelet reports for it.',
  subresources: ['status'],
  columns: [
    NAME_COLUMN,
    column('Status', 'Whether the node is ready for pods.', nodeStatusText),
    column('Roles', 'Roles from the labels of the node.', nodeRoles),
    AGE_COLUMN,
    column('Version', 'Version of the kubelet.', (node: Node) => {
      return node.status?.nodeInfo?.kubeletVersion ?? '';
    }),
    wideColumn('Internal-IP', 'Address inside the cluster.', (node: Node) => {
      return nodeAddress(node, 'InternalIP') ?? '<none>';
    }),
    wideColumn('External-IP', 'Address from outside.', (node: Node) => {
      return nodeAddress(node, 'ExternalIP') ?? '<none>';
    }),
    wideColumn('OS-Image', 'Operating system.', (node: Node) => {
      return node.status?.nodeInfo?.osImage || '<unknown>';
    }),
    wideColumn('Kernel-Version', 'Kernel.', (node: Node) => {
      return node.status?.nodeInfo?.kernelVersion || '<unknown>';
    }),
    wideColumn('Container-Runtime', 'Container runtime.', (node: Node) => {
      return node.status?.nodeInfo?.containerRuntimeVersion || '<unknown>';
    }),
  ],
  fieldLabels: { 'spec.unschedulable': ({ spec }) => String(spec.unschedulable ?? false) },
  nameProblems: dnsSubdomainProblems,
  setDefaults(node) {
    fill(node, 'spec', {});
    if (node.spec.podCIDR && !node.spec.podCIDRs) node.spec.podCIDRs = [node.spec.podCIDR];
    if (node.status?.capacity && !node.status.allocatable) {
      node.status.allocatable = { ...node.status.capacity };
    }
  },
  prepareForCreate: () => undefined,
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
};
