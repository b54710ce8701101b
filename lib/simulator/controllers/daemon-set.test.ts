import { expect, test } from 'vitest';
import type { DaemonSet } from '../api/apps/daemon-set.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import { aNamespace, aNode } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

const aDaemonSet = (spec: Partial<DaemonSet['spec']> = {}): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'agent', namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image: 'nginx:1.27' }] },
    },
    ...spec,
  },
});

const withPods = (spec: Partial<Pod['spec']>) =>
  aDaemonSet({
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'agent', image: 'nginx:1.27' }], ...spec },
    },
  });

function bench(...nodes: Node[]): ControllerBench {
  const made = runControllers(CONTROLLERS);
  made.add(aNamespace('default'));
  for (const node of nodes) made.add(node);
  return made;
}

const tainted = (name: string, effect: 'NoSchedule' | 'NoExecute') =>
  aNode(name, { spec: { taints: [{ key: 'only', value: 'others', effect }] } });

const setOf = ({ store }: ControllerBench) => {
  const found = store.get<DaemonSet>('DaemonSet', 'default', 'agent');
  if (!found) throw new Error('no set');
  return found;
};
const podsOf = ({ store }: ControllerBench) => store.list<Pod>('Pod');
const places = (on: ControllerBench) =>
  podsOf(on)
    .map(({ spec }) => spec.nodeName ?? '')
    .toSorted();
const going = (on: ControllerBench) =>
  podsOf(on).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);

const newImage = (on: ControllerBench, image: string) => {
  const set = setOf(on);
  const containers = [{ name: 'agent', image }];
  const template = { ...set.spec.template, spec: { containers } };
  accept(on.store.update({ ...set, spec: { ...set.spec, template } }));
};

const changeNode = (on: ControllerBench, name: string, spec: Node['spec']) => {
  const node = on.store.get<Node>('Node', undefined, name);
  if (!node) throw new Error('no node');
  accept(on.store.update({ ...node, spec: { ...node.spec, ...spec } }));
};

test('every node gets one pod, bound by affinity to its name', () => {
  const on = bench(aNode('node-a'), aNode('node-b'));
  on.add(aDaemonSet());
  on.playKubelets();
  expect(places(on)).toEqual(['node-a', 'node-b']);
  const pod = podsOf(on).find(({ spec }) => spec.nodeName === 'node-a');
  expect(pod?.spec.affinity).toEqual({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-a'] }] },
        ],
      },
    },
  });
  expect(pod?.metadata.labels).toMatchObject({ app: 'agent', 'pod-template-generation': '1' });
  expect(setOf(on).status).toEqual({
    currentNumberScheduled: 2,
    desiredNumberScheduled: 2,
    numberAvailable: 2,
    numberMisscheduled: 0,
    numberReady: 2,
    observedGeneration: 1,
    updatedNumberScheduled: 2,
  });
  expect(on.events('DaemonSet').toSorted()).toEqual(
    podsOf(on)
      .map(({ metadata }) => `SuccessfulCreate: Created pod: ${metadata.name}`)
      .toSorted(),
  );
});

test('daemons tolerate what ails a node, in the order of a real cluster', () => {
  const on = bench(aNode('node-a'));
  on.add(withPods({ hostNetwork: true, tolerations: [{ key: 'own', operator: 'Exists' }] }));
  on.settle();
  expect(podsOf(on)[0]?.spec.tolerations?.map(({ key, effect }) => [key, effect])).toEqual([
    ['own', undefined],
    ['node.kubernetes.io/not-ready', 'NoExecute'],
    ['node.kubernetes.io/unreachable', 'NoExecute'],
    ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
    ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
    ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
    ['node.kubernetes.io/unschedulable', 'NoSchedule'],
    ['node.kubernetes.io/network-unavailable', 'NoSchedule'],
  ]);
});

test('a cordoned node gets its daemon all the same', () => {
  const on = bench(aNode('node-a', { spec: { unschedulable: true } }));
  on.add(aDaemonSet());
  on.playKubelets();
  expect(places(on)).toEqual(['node-a']);
});

test.each([
  ['a taint', tainted('node-b', 'NoSchedule'), {}, ['node-a']],
  [
    'a taint that is tolerated',
    tainted('node-b', 'NoSchedule'),
    { tolerations: [{ operator: 'Exists' as const }] },
    ['node-a', 'node-b'],
  ],
  [
    'a node selector',
    aNode('node-b'),
    { nodeSelector: { 'kubernetes.io/hostname': 'node-b' } },
    ['node-b'],
  ],
])('nodes that do not fit get none: %s', (_, node, spec, expected) => {
  const on = bench(aNode('node-a'), node);
  on.add(withPods(spec));
  on.playKubelets();
  expect(places(on)).toEqual(expected);
  expect(setOf(on).status?.desiredNumberScheduled).toBe(expected.length);
});

test.each([
  ['NoSchedule', ['node-a'], { numberMisscheduled: 1, desiredNumberScheduled: 0 }],
  ['NoExecute', [], { numberMisscheduled: 0, desiredNumberScheduled: 0 }],
] as const)('a new taint %s on a node with a daemon', (effect, expected, status) => {
  const on = bench(aNode('node-a'));
  on.add(aDaemonSet());
  on.playKubelets();
  changeNode(on, 'node-a', { taints: [{ key: 'only', value: 'others', effect }] });
  on.playKubelets();
  expect(places(on)).toEqual(expected);
  expect(setOf(on).status).toMatchObject(status);
});

test('a node that joins gets its daemon', () => {
  const on = bench(aNode('node-a'));
  on.add(aDaemonSet());
  on.playKubelets();
  on.add(aNode('node-b'));
  on.playKubelets();
  expect(places(on)).toEqual(['node-a', 'node-b']);
});

test('a rolling update replaces one pod after the other', () => {
  const on = bench(aNode('node-a'), aNode('node-b'), aNode('node-c'));
  on.add(aDaemonSet());
  on.playKubelets();
  newImage(on, 'nginx:1.28');
  on.settle();
  expect(going(on)).toHaveLength(1);
  on.playKubelets();
  expect(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).toEqual(
    Array(3).fill('nginx:1.28'),
  );
  expect(setOf(on).metadata.annotations).toEqual({
    'deprecated.daemonset.template.generation': '2',
  });
  expect(setOf(on).status).toMatchObject({ updatedNumberScheduled: 3, numberAvailable: 3 });
  expect(on.store.list('ControllerRevision')).toHaveLength(2);
});

test('maxUnavailable lets several go at once', () => {
  const on = bench(aNode('node-a'), aNode('node-b'), aNode('node-c'), aNode('node-d'));
  on.add(
    aDaemonSet({
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '50%' } },
    }),
  );
  on.playKubelets();
  newImage(on, 'nginx:1.28');
  on.settle();
  expect(going(on)).toHaveLength(2);
});

test('maxSurge makes the new pod first, and no node is ever without one', () => {
  const on = bench(aNode('node-a'), aNode('node-b'));
  const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
  on.add(aDaemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
  on.playKubelets();
  newImage(on, 'nginx:1.28');
  on.settle();
  expect(podsOf(on)).toHaveLength(3);
  expect(going(on)).toEqual([]);
  on.playKubelets();
  expect(places(on)).toEqual(['node-a', 'node-b']);
  expect(setOf(on).status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
});

test('OnDelete changes a pod when somebody deletes it', () => {
  const on = bench(aNode('node-a'));
  on.add(aDaemonSet({ updateStrategy: { type: 'OnDelete' } }));
  on.playKubelets();
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  const [pod] = podsOf(on);
  expect(pod?.spec.containers[0]?.image).toBe('nginx:1.27');
  accept(on.store.delete('Pod', 'default', pod?.metadata.name ?? ''));
  on.playKubelets();
  expect(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).toEqual(['nginx:1.28']);
});

test('a daemon that failed is taken away and made anew', () => {
  const on = bench(aNode('node-a'));
  on.add(aDaemonSet());
  on.playKubelets();
  const [pod] = podsOf(on);
  if (!pod) throw new Error('no pod');
  accept(on.store.updateStatus({ ...pod, status: { ...pod.status, phase: 'Failed' } }));
  on.playKubelets();
  expect(podsOf(on).map(({ metadata }) => metadata.uid)).not.toContain(pod.metadata.uid);
  expect(places(on)).toEqual(['node-a']);
  expect(on.events('DaemonSet')).toContain(
    `FailedDaemonPod: Found failed daemon pod default/${pod.metadata.name} on node node-a, will try to kill it`,
  );
});
