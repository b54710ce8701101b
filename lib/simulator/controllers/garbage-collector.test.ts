import { expect, test } from 'vitest';
import type { Namespace } from '../api/core/namespace.ts';
import type { ConfigMap } from '../api/core/config-map.ts';
import { aDeployment, aNamespace, aNode } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

function bench(): ControllerBench {
  const on = runControllers(CONTROLLERS);
  on.add(aNamespace('default'));
  on.add(aNode('node-a'));
  on.add(aDeployment('web'));
  on.playKubelets();
  return on;
}

const countOf = ({ store }: ControllerBench) =>
  ['Deployment', 'ReplicaSet', 'Pod'].map((kind) => store.list(kind).length);

const aConfigMap = (name: string, owners: readonly [name: string, uid: string][]) =>
  ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name,
      namespace: 'default',
      ownerReferences: owners.map(([owner, uid]) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: owner,
        uid,
      })),
    },
  }) as ConfigMap;

test('in the background the owner goes at once, what it owns a little later', () => {
  const on = bench();
  accept(on.store.delete('Deployment', 'default', 'web', { propagationPolicy: 'Background' }));
  expect(countOf(on)).toEqual([0, 1, 3]);
  on.playKubelets();
  expect(countOf(on)).toEqual([0, 0, 0]);
});

test('in the foreground the owner stays until all that it owns, down to the pods, is gone', () => {
  const on = bench();
  accept(on.store.delete('Deployment', 'default', 'web', { propagationPolicy: 'Foreground' }));
  on.settle();
  expect(countOf(on)).toEqual([1, 1, 3]);
  const [set] = on.store.list('ReplicaSet');
  expect(set?.metadata.deletionTimestamp).toBeDefined();
  expect(set?.metadata.finalizers).toEqual(['foregroundDeletion']);
  expect(on.store.list('Pod').every(({ metadata }) => metadata.deletionTimestamp)).toBe(true);
  on.playKubelets();
  expect(countOf(on)).toEqual([0, 0, 0]);
});

test('orphans lose their owner and live on', () => {
  const on = bench();
  accept(on.store.delete('Deployment', 'default', 'web', { propagationPolicy: 'Orphan' }));
  on.settle();
  expect(countOf(on)).toEqual([0, 1, 3]);
  expect(on.store.list('ReplicaSet')[0]?.metadata.ownerReferences).toBeUndefined();
});

test('an object with one owner that is left loses only the reference to the other', () => {
  const on = bench();
  const [a, b] = [on.add(aConfigMap('a', [])), on.add(aConfigMap('b', []))];
  const owners: [string, string][] = [a, b].map(({ metadata }) => [metadata.name, metadata.uid!]);
  on.add(aConfigMap('c', owners));
  accept(on.store.delete('ConfigMap', 'default', 'a'));
  on.settle();
  const left = on.store.get('ConfigMap', 'default', 'c')?.metadata.ownerReferences;
  expect(left?.map(({ name }) => name)).toEqual(['b']);
  accept(on.store.delete('ConfigMap', 'default', 'b'));
  on.settle();
  expect(on.store.get('ConfigMap', 'default', 'c')).toBeUndefined();
});

test('an owner that never was takes what names it along', () => {
  const on = bench();
  on.add(aConfigMap('stray', [['nobody', 'no-such-uid']]));
  on.settle();
  expect(on.store.get('ConfigMap', 'default', 'stray')).toBeUndefined();
});

test('a namespace says what is left in it, and what holds that back', () => {
  const on = bench();
  on.add(aNamespace('shop'));
  const held = aConfigMap('held', []);
  on.add({
    ...held,
    metadata: { name: 'held', namespace: 'shop', finalizers: ['example.com/hold'] },
  });
  accept(on.store.delete('Namespace', undefined, 'shop'));
  on.settle();
  const shop = on.store.get<Namespace>('Namespace', undefined, 'shop');
  expect(shop?.status?.phase).toBe('Terminating');
  expect(
    shop?.status?.conditions?.filter(({ status }) => status === 'True').map((each) => each.message),
  ).toEqual([
    'Some resources are remaining: configmaps. has 1 resource instances',
    'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
  ]);
  const stored = on.store.get('ConfigMap', 'shop', 'held')!;
  accept(on.store.update({ ...stored, metadata: { ...stored.metadata, finalizers: [] } }));
  on.settle();
  expect(on.store.get('Namespace', undefined, 'shop')).toBeUndefined();
});
