import { expect, test } from 'vitest';
import type { Event } from '../api/core/event.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { aNamespace, aNode, aPod } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { fitState, misfitOf } from './node-fit.ts';
import { scheduler, unschedulableMessage } from './scheduler.ts';
import { tolerates } from './scheduling/node-affinity.ts';

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
  const on = runControllers([]);
  on.add({ ...aNode('node-a'), spec: nodeSpec } as unknown as Node);
  const pod = aPod('web', podSpec as unknown as Pod['spec']);
  const state = fitState(pod, on.store);
  const view = state.picture.views.get('node-a');
  expect(view && misfitOf(pod, view, state)?.reasons[0]).toBe(expected);
});

test.each([
  ['same value', { key: 'dedicated', value: 'db' }, true],
  ['other value', { key: 'dedicated', value: 'web' }, false],
  ['other effect', { key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }, false],
  ['everything', { operator: 'Exists' }, true],
] as const)('toleration: %s', (_, toleration, expected) => {
  expect(tolerates(toleration, TAINT)).toBe(expected);
});

const no = (reason: string, preemption: 'might help' | 'is no help' = 'is no help') => ({
  reasons: [reason],
  preemption,
});

test.each([
  ['no nodes', [], 'no nodes available to schedule pods'],
  [
    'two reasons',
    [
      no("node(s) didn't match Pod's node affinity/selector"),
      no('node(s) were unschedulable'),
      no('node(s) were unschedulable'),
    ],
    "0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 2 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
  ],
  [
    'full nodes',
    [no('Insufficient cpu', 'might help'), no('Insufficient cpu', 'might help')],
    '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.',
  ],
])('why a pod fits nowhere: %s', (_, misfits, expected) => {
  expect(unschedulableMessage(misfits)).toBe(expected);
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
  const on = runControllers([scheduler]);
  on.add(aNamespace('default'));
  on.add(aNode('node-b'));
  on.add(aNode('node-a'));
  for (const [index, { status, ...pod }] of pods.entries()) {
    const other = on.add<Pod>({ ...pod, metadata: { ...pod.metadata, name: `other-${index}` } });
    if (status) accept(on.store.updateStatus<Pod>({ ...other, status }));
  }
  const pod = aPod('web');
  on.add({ ...pod, metadata: { ...pod.metadata, ownerReferences: ownedBy('web') } });
  on.settle();
  expect(on.store.get<Pod>('Pod', 'default', 'web')?.spec.nodeName).toBe(expected);
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
