import { expect, test } from 'vitest';
import type { Event } from '../api/core/event.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { aNamespace, aNode, aPod } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { misfitOf, tolerates } from './node-fit.ts';
import { chooseNode, scheduler, unschedulableMessage } from './scheduler.ts';

const TAINT = { key: 'dedicated', value: 'db', effect: 'NoSchedule' } as const;

test.each([
  ['nothing asked', {}, {}, undefined],
  ['cordoned', {}, { unschedulable: true }, 'node(s) were unschedulable'],
  ['tainted', {}, { taints: [TAINT] }, 'node(s) had untolerated taint(s)'],
  ['tainted softly', {}, { taints: [{ ...TAINT, effect: 'PreferNoSchedule' }] }, undefined],
  [
    'tolerated',
    { tolerations: [{ key: 'dedicated', operator: 'Exists' }] },
    { taints: [TAINT] },
    undefined,
  ],
  [
    'selector',
    { nodeSelector: { disk: 'ssd' } },
    {},
    "node(s) didn't match Pod's node affinity/selector",
  ],
  ['selector met', { nodeSelector: { 'kubernetes.io/hostname': 'node-a' } }, {}, undefined],
] as const)('a pod and a node: %s', (_, podSpec, nodeSpec, expected) => {
  const node = { ...aNode('node-a'), spec: nodeSpec } as unknown as Node;
  expect(misfitOf(aPod('web', podSpec as unknown as Pod['spec']), node)).toBe(expected);
});

test.each([
  ['same value', { key: 'dedicated', value: 'db' }, true],
  ['other value', { key: 'dedicated', value: 'web' }, false],
  ['other effect', { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
  ['everything', { operator: 'Exists' }, true],
] as const)('toleration: %s', (_, toleration, expected) => {
  expect(tolerates(toleration, TAINT)).toBe(expected);
});

test.each([
  ['no nodes', 0, [], 'no nodes available to schedule pods'],
  [
    'two reasons',
    3,
    [
      "node(s) didn't match Pod's node affinity/selector",
      'node(s) were unschedulable',
      'node(s) were unschedulable',
    ],
    "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  ],
] as const)('why a pod fits nowhere: %s', (_, total, reasons, expected) => {
  expect(unschedulableMessage(total, reasons)).toBe(expected);
});

const ownedBy = (uid: string) => [
  { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: uid, uid, controller: true },
];
const placed = (
  nodeName: string,
  owner: string,
  phase: 'Running' | 'Succeeded' = 'Running',
): Pod => {
  const pod = aPod('other', { nodeName });
  const metadata = { ...pod.metadata, ownerReferences: ownedBy(owner) };
  return { ...pod, metadata, status: { phase } };
};

test.each([
  ['no pods: the first by name', [], 'node-a'],
  ['the emptier one', [placed('node-a', 'other')], 'node-b'],
  ['finished pods do not count', [placed('node-a', 'other', 'Succeeded')], 'node-a'],
  [
    'away from pods of the same owner, even to a fuller node',
    [placed('node-a', 'web'), placed('node-b', 'x'), placed('node-b', 'y')],
    'node-b',
  ],
])('where a pod goes: %s', (_, pods, expected) => {
  const pod = aPod('web');
  const owned = { ...pod, metadata: { ...pod.metadata, ownerReferences: ownedBy('web') } };
  const nodes = [aNode('node-b'), aNode('node-a')];
  expect(chooseNode(owned, nodes, pods)?.metadata.name).toBe(expected);
});

test('a pod that fits nowhere waits, says why once, and is placed when a node fits', () => {
  const on = runControllers([scheduler]);
  on.add(aNamespace('default'));
  on.add(aNode('node-a'));
  on.add(aPod('web', { nodeSelector: { disk: 'ssd' } }));
  on.settle();
  const pod = () => on.store.get<Pod>('Pod', 'default', 'web');
  expect(pod()?.spec.nodeName).toBeUndefined();
  expect(pod()?.status?.conditions?.[0]).toMatchObject({
    type: 'PodScheduled',
    reason: 'Unschedulable',
  });
  expect(on.events()).toEqual([
    "FailedScheduling: 0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  ]);
  expect(on.store.list<Event>('Event').map(({ count }) => count)).toEqual([1]);
  const node = on.store.get<Node>('Node', undefined, 'node-a');
  if (!node) throw new Error('no node');
  accept(on.store.update({ ...node, metadata: { ...node.metadata, labels: { disk: 'ssd' } } }));
  on.settle();
  expect(pod()?.spec.nodeName).toBe('node-a');
  expect(on.events().at(-1)).toBe('Scheduled: Successfully assigned default/web to node-a');
});
