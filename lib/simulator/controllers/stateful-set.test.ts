import { expect, test } from 'vitest';
import type { ControllerRevision } from '../api/apps/controller-revision.ts';
import type { StatefulSet } from '../api/apps/stateful-set.ts';
import type { Pod } from '../api/core/pod.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import { aNamespace, aNode, aService } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

const aStatefulSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 3,
    serviceName: 'web',
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
    },
    ...spec,
  },
});

function bench(): ControllerBench {
  const made = runControllers(CONTROLLERS);
  made.add(aNamespace('default'));
  made.add(aNode('node-a'));
  return made;
}

const setOf = ({ store }: ControllerBench) => {
  const found = store.get<StatefulSet>('StatefulSet', 'default', 'web');
  if (!found) throw new Error('no set');
  return found;
};
const podsOf = ({ store }: ControllerBench) => store.list<Pod>('Pod');
const names = (on: ControllerBench) => podsOf(on).map(({ metadata }) => metadata.name);
const images = (on: ControllerBench) => podsOf(on).map(({ spec }) => spec.containers[0]?.image);
const revisionsOf = ({ store }: ControllerBench) =>
  store.list<ControllerRevision>('ControllerRevision');

const change = (on: ControllerBench, spec: Partial<StatefulSet['spec']>) => {
  const current = setOf(on);
  accept(on.store.update({ ...current, spec: { ...current.spec, ...spec } }));
};
const newImage = (on: ControllerBench, image: string) => {
  const { template } = setOf(on).spec;
  change(on, { template: { ...template, spec: { containers: [{ name: 'web', image }] } } });
};

test('an ordered set waits for each pod before it makes the next', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.settle();
  expect(names(on)).toEqual(['web-0']);
  on.playKubelets();
  expect(names(on)).toEqual(['web-0', 'web-1', 'web-2']);
  expect(on.events('StatefulSet')).toEqual([
    'SuccessfulCreate: create Pod web-0 in StatefulSet web successful',
    'SuccessfulCreate: create Pod web-1 in StatefulSet web successful',
    'SuccessfulCreate: create Pod web-2 in StatefulSet web successful',
  ]);
});

test('a parallel set makes all its pods at once', () => {
  const on = bench();
  on.add(aStatefulSet({ podManagementPolicy: 'Parallel' }));
  on.settle();
  expect(names(on)).toEqual(['web-0', 'web-1', 'web-2']);
});

test('each pod has a name, a host name and labels of its own', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  const pod = on.store.get<Pod>('Pod', 'default', 'web-1');
  const revision = setOf(on).status?.updateRevision;
  expect(revision).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]+$/);
  expect(pod?.spec).toMatchObject({ hostname: 'web-1', subdomain: 'web' });
  expect(pod?.metadata.labels).toEqual({
    app: 'web',
    'statefulset.kubernetes.io/pod-name': 'web-1',
    'apps.kubernetes.io/pod-index': '1',
    'controller-revision-hash': revision,
  });
});

test('a headless Service has the host names in its slices', () => {
  const on = bench();
  on.add(aService('web', { clusterIP: 'None' }));
  on.add(aStatefulSet());
  on.playKubelets();
  const [slice] = on.store.list<EndpointSlice>('EndpointSlice');
  expect(slice?.endpoints.map(({ hostname }) => hostname)).toEqual(['web-0', 'web-1', 'web-2']);
});

test('a deleted pod comes back under its name when it is gone, not before', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  const before = on.store.get('Pod', 'default', 'web-1')?.metadata.uid;
  accept(on.store.delete('Pod', 'default', 'web-1'));
  on.settle();
  expect(on.store.get('Pod', 'default', 'web-1')?.metadata.uid).toBe(before);
  on.playKubelets();
  expect(names(on)).toEqual(['web-0', 'web-1', 'web-2']);
  expect(on.store.get('Pod', 'default', 'web-1')?.metadata.uid).not.toBe(before);
});

test('a smaller set loses its highest pods, one after the other', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  change(on, { replicas: 1 });
  on.settle();
  const going = podsOf(on).filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(going.map(({ metadata }) => metadata.name)).toEqual(['web-2']);
  on.playKubelets();
  expect(names(on)).toEqual(['web-0']);
  expect(on.events('StatefulSet').slice(-2)).toEqual([
    'SuccessfulDelete: delete Pod web-2 in StatefulSet web successful',
    'SuccessfulDelete: delete Pod web-1 in StatefulSet web successful',
  ]);
});

test('a rolling update goes from the highest pod down and tells how far it is', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  const old = setOf(on).status?.currentRevision;
  newImage(on, 'nginx:1.28');
  on.settle();
  expect(setOf(on).status).toMatchObject({ currentReplicas: 2, currentRevision: old });
  on.playKubelets();
  expect(images(on)).toEqual(Array(3).fill('nginx:1.28'));
  const { status, metadata } = setOf(on);
  expect(status).toEqual({
    observedGeneration: metadata.generation,
    replicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    currentReplicas: 3,
    updatedReplicas: 3,
    currentRevision: status?.updateRevision,
    updateRevision: status?.updateRevision,
    collisionCount: 0,
  });
  expect(status?.updateRevision).not.toBe(old);
  expect(on.events('StatefulSet').filter((text) => text.includes('delete'))).toEqual(
    [2, 1, 0].map((n) => `SuccessfulDelete: delete Pod web-${n} in StatefulSet web successful`),
  );
});

test('the partition keeps pods below it on the old template, also when they are made anew', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  change(on, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } });
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  expect(images(on)).toEqual(['nginx:1.27', 'nginx:1.27', 'nginx:1.28']);
  accept(on.store.delete('Pod', 'default', 'web-0'));
  on.playKubelets();
  expect(images(on)).toEqual(['nginx:1.27', 'nginx:1.27', 'nginx:1.28']);
  expect(setOf(on).status).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
});

test('OnDelete changes a pod when somebody deletes it', () => {
  const on = bench();
  on.add(aStatefulSet({ updateStrategy: { type: 'OnDelete' } }));
  on.playKubelets();
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  expect(images(on)).toEqual(Array(3).fill('nginx:1.27'));
  accept(on.store.delete('Pod', 'default', 'web-1'));
  on.playKubelets();
  expect(images(on)).toEqual(['nginx:1.27', 'nginx:1.28', 'nginx:1.27']);
});

test('going back to an earlier template takes its revision again', () => {
  const on = bench();
  on.add(aStatefulSet());
  on.playKubelets();
  const first = setOf(on).status?.updateRevision;
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  newImage(on, 'nginx:1.27');
  on.playKubelets();
  expect(setOf(on).status?.updateRevision).toBe(first);
  expect(revisionsOf(on).map(({ revision }) => revision)).toHaveLength(2);
  expect(Math.max(...revisionsOf(on).map(({ revision }) => revision))).toBe(3);
});

test('old revisions are forgotten beyond the limit', () => {
  const on = bench();
  on.add(aStatefulSet({ replicas: 1, revisionHistoryLimit: 1 }));
  on.playKubelets();
  for (const tag of ['1.28', '1.29', '1.30']) {
    newImage(on, `nginx:${tag}`);
    on.playKubelets();
  }
  expect(
    revisionsOf(on)
      .map(({ revision }) => revision)
      .toSorted(),
  ).toEqual([3, 4]);
});

test('names begin at the start ordinal; claims become volumes of the pods', () => {
  const on = bench();
  on.add(
    aStatefulSet({
      replicas: 2,
      ordinals: { start: 5 },
      volumeClaimTemplates: [
        { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } },
      ],
    }),
  );
  on.playKubelets();
  expect(names(on)).toEqual(['web-5', 'web-6']);
  expect(podsOf(on)[0]?.spec.volumes?.[0]).toEqual({
    name: 'data',
    persistentVolumeClaim: { claimName: 'data-web-5' },
  });
});

test('a pod that failed is made anew', () => {
  const on = bench();
  on.add(aStatefulSet({ replicas: 1 }));
  on.playKubelets();
  const [pod] = podsOf(on);
  if (!pod) throw new Error('no pod');
  accept(on.store.updateStatus({ ...pod, status: { ...pod.status, phase: 'Failed' } }));
  on.playKubelets();
  expect(podsOf(on)[0]?.metadata.uid).not.toBe(pod.metadata.uid);
  expect(on.events('StatefulSet')).toContain(
    'RecreatingFailedPod: StatefulSet default/web is recreating failed Pod web-0',
  );
});
