import { expect, test } from 'vitest';
import type { Deployment } from '../api/apps/deployment.ts';
import type { ReplicaSet } from '../api/apps/replica-set.ts';
import type { Pod } from '../api/core/pod.ts';
import { MINUTE } from '../base/clock.ts';
import { aDeployment, aNamespace, aNode } from '../testing/objects.ts';
import { accept, runControllers, type ControllerBench } from '../testing/run-controllers.ts';
import { CONTROLLERS } from './list.ts';

function bench(...nodes: string[]): ControllerBench {
  const made = runControllers(CONTROLLERS);
  made.add(aNamespace('default'));
  for (const name of nodes) made.add(aNode(name));
  return made;
}

const deploymentOf = ({ store }: ControllerBench, name = 'web') => {
  const found = store.get<Deployment>('Deployment', 'default', name);
  if (!found) throw new Error('no deployment');
  return found;
};

const setsOf = ({ store }: ControllerBench) => store.list<ReplicaSet>('ReplicaSet');
const podsOf = ({ store }: ControllerBench) => store.list<Pod>('Pod');

const change = (on: ControllerBench, spec: Partial<Deployment['spec']>) => {
  const current = deploymentOf(on);
  accept(on.store.update({ ...current, spec: { ...current.spec, ...spec } }));
};

const newImage = (on: ControllerBench, image: string) => {
  const { template } = deploymentOf(on).spec;
  change(on, { template: { ...template, spec: { containers: [{ name: 'web', image }] } } });
};

test('a deployment becomes pods on all nodes, and says so', () => {
  const on = bench('node-a', 'node-b');
  on.add(aDeployment('web'));
  on.playKubelets();
  const [set] = setsOf(on);
  expect(set?.metadata.name).toMatch(/^web-[bcdfghjklmnpqrstvwxz2456789]{8,10}$/);
  expect(
    podsOf(on)
      .map(({ spec }) => spec.nodeName)
      .toSorted(),
  ).toEqual(['node-a', 'node-a', 'node-b']);
  const { status, metadata } = deploymentOf(on);
  expect(metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' });
  expect(status).toMatchObject({
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
    observedGeneration: 1,
  });
  expect(metadata.generation).toBe(1);
  expect(status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ['Available', 'True', 'MinimumReplicasAvailable'],
    ['Progressing', 'True', 'NewReplicaSetAvailable'],
  ]);
  const name = set?.metadata.name ?? '';
  expect(on.events('Deployment')).toEqual([
    `ScalingReplicaSet: Scaled up replica set ${name} from 0 to 3`,
  ]);
  expect(on.events('ReplicaSet')).toHaveLength(3);
});

test('nothing is written when nothing is to do', () => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  const before = on.store.resourceVersion;
  for (const controller of CONTROLLERS) {
    for (const kind of [
      'Namespace',
      'Node',
      'Deployment',
      'ReplicaSet',
      'Pod',
      'Service',
    ] as const) {
      for (const object of on.store.list(kind)) {
        const change = { type: 'ADDED', object, resourceVersion: 0 } as const;
        for (const key of controller.keysOf(change, on.store))
          on.queue.schedule(0, controller.name, key);
      }
    }
  }
  on.settle();
  expect(on.store.resourceVersion).toBe(before);
});

test('a rolling update keeps the promised number available and leaves the old set empty', () => {
  const on = bench('node-a', 'node-b');
  on.add(aDeployment('web', { replicas: 4 }));
  on.playKubelets();
  const counts: number[] = [];
  on.store.subscribe(() => {
    const ready = podsOf(on).filter(
      (pod) => pod.status?.podIP !== undefined && pod.metadata.deletionTimestamp === undefined,
    );
    counts.push(ready.length);
  });
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
  expect(
    setsOf(on)
      .map(({ spec }) => spec.replicas)
      .toSorted(),
  ).toEqual([0, 4]);
  expect(deploymentOf(on).metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '2',
  });
  expect(podsOf(on).every(({ spec }) => spec.containers[0]?.image === 'nginx:1.28')).toBe(true);

  newImage(on, 'nginx:1.27');
  on.playKubelets();
  expect(setsOf(on)).toHaveLength(2);
  expect(deploymentOf(on).metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
  });
});

test('Recreate has no pod of the new template while an old one is left', () => {
  const on = bench('node-a');
  on.add(aDeployment('web', { strategy: { type: 'Recreate' } }));
  on.playKubelets();
  let isMixed = false;
  on.store.subscribe(() => {
    isMixed ||= new Set(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).size > 1;
  });
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  expect(isMixed).toBe(false);
  expect(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).toEqual(
    Array(3).fill('nginx:1.28'),
  );
});

test('scaling changes the size of the one set', () => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  change(on, { replicas: 5 });
  on.playKubelets();
  expect(podsOf(on)).toHaveLength(5);
  change(on, { replicas: 0 });
  on.playKubelets();
  expect(podsOf(on)).toHaveLength(0);
  expect(setsOf(on)).toHaveLength(1);
  expect(on.events('Deployment').map((text) => text.split(' ').slice(-4).join(' '))).toEqual([
    'from 0 to 3',
    'from 3 to 5',
    'from 5 to 0',
  ]);
});

test('a rollout that does not move is reported after its deadline', () => {
  const on = bench();
  on.add(aDeployment('web', { progressDeadlineSeconds: 60 }));
  on.settle();
  on.advance(5 * MINUTE);
  const { status } = deploymentOf(on);
  expect(status?.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
  });
  expect(status).toMatchObject({ unavailableReplicas: 3 });
});

test('a rollout that comes through after its deadline is reported as well', () => {
  const on = bench();
  on.add(aDeployment('web', { progressDeadlineSeconds: 60 }));
  on.settle();
  on.advance(5 * MINUTE);
  on.add(aNode('node-a'));
  on.playKubelets();
  const { status } = deploymentOf(on);
  expect(status?.conditions?.find(({ type }) => type === 'Progressing')).toMatchObject({
    status: 'True',
    reason: 'NewReplicaSetAvailable',
  });
});

const progress = (on: ControllerBench) => {
  const found = deploymentOf(on).status?.conditions?.find(({ type }) => type === 'Progressing');
  return [found?.status, found?.reason, found?.message];
};

test('a paused deployment keeps its pods whatever its template says, and rolls out when resumed', () => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  change(on, { paused: true });
  on.playKubelets();
  expect(progress(on)).toEqual(['Unknown', 'DeploymentPaused', 'Deployment is paused']);
  newImage(on, 'nginx:1.28');
  change(on, { replicas: 2 });
  on.playKubelets();
  expect(setsOf(on)).toHaveLength(1);
  expect(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).toEqual(
    Array(2).fill('nginx:1.27'),
  );
  expect(deploymentOf(on).status?.updatedReplicas).toBeUndefined();
  expect(deploymentOf(on).status?.observedGeneration).toBe(deploymentOf(on).metadata.generation);
  change(on, { paused: false });
  on.settle();
  on.playKubelets();
  expect(podsOf(on).map(({ spec }) => spec.containers[0]?.image)).toEqual(
    Array(2).fill('nginx:1.28'),
  );
  expect(progress(on).slice(0, 2)).toEqual(['True', 'NewReplicaSetAvailable']);
});

test('an earlier template is rolled back to by putting it into the spec: its set gets a new revision', () => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  const [first] = setsOf(on);
  newImage(on, 'nginx:1.28');
  on.playKubelets();
  change(on, { template: first?.spec.template ?? { spec: { containers: [] } } });
  on.playKubelets();
  const again = setsOf(on).find(({ metadata }) => metadata.name === first?.metadata.name);
  expect(again?.spec.replicas).toBe(3);
  expect(again?.metadata.annotations).toMatchObject({
    'deployment.kubernetes.io/revision': '3',
    'deployment.kubernetes.io/revision-history': '1',
  });
});

test('a template that says a false outright is the one that leaves it out', () => {
  const on = bench('node-a');
  const { template } = aDeployment('web').spec;
  const [container = { name: '' }] = template.spec.containers;
  const said = { hostNetwork: false, containers: [{ ...container, stdin: false, tty: false }] };
  on.add(aDeployment('web', { template: { ...template, spec: said } }));
  on.playKubelets();
  change(on, { template });
  on.playKubelets();
  expect(setsOf(on)).toHaveLength(1);
});

test('a ReplicaSet that the API refuses is reported in a condition', () => {
  const on = bench('node-a');
  const name = `w${'e'.repeat(247)}b`;
  on.add({ ...aDeployment(name), spec: aDeployment('web').spec });
  on.settle();
  const { status } = deploymentOf(on, name);
  const found = status?.conditions?.find(({ type }) => type === 'Progressing');
  expect(found).toMatchObject({ status: 'False', reason: 'ReplicaSetCreateError' });
  expect(found?.message).toMatch(/^Failed to create new replica set "we+b-\w+": ReplicaSet\.apps/);
});

test('minReadySeconds follows the deployment up and down', () => {
  const on = bench('node-a');
  on.add(aDeployment('web', { minReadySeconds: 5 }));
  on.settle();
  expect(setsOf(on)[0]?.spec.minReadySeconds).toBe(5);
  change(on, { minReadySeconds: 0 });
  on.settle();
  expect(setsOf(on)[0]?.spec.minReadySeconds).toBeUndefined();
});

test('deleting a deployment takes its sets and pods with it', () => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  accept(on.store.delete('Deployment', 'default', 'web'));
  on.playKubelets();
  expect([...setsOf(on), ...podsOf(on)]).toEqual([]);
});

test.each([
  ['Orphan', 1, 3],
  ['Foreground', 0, 0],
] as const)('deleting a deployment: %s', (propagationPolicy, sets, pods) => {
  const on = bench('node-a');
  on.add(aDeployment('web'));
  on.playKubelets();
  accept(on.store.delete('Deployment', 'default', 'web', { propagationPolicy }));
  on.playKubelets();
  expect(on.store.get('Deployment', 'default', 'web')).toBeUndefined();
  expect([setsOf(on).length, podsOf(on).length]).toEqual([sets, pods]);
});

test('a deleted pod comes back under another name; a relabelled one is let go', () => {
  const on = bench('node-a');
  on.add(aDeployment('web', { replicas: 2 }));
  on.playKubelets();
  const [first, second] = podsOf(on);
  if (!first || !second) throw new Error('no pods');
  accept(on.store.delete('Pod', 'default', first.metadata.name));
  accept(on.store.update({ ...second, metadata: { ...second.metadata, labels: { app: 'else' } } }));
  on.playKubelets();
  const names = podsOf(on).map(({ metadata }) => metadata.name);
  expect(names).toHaveLength(3);
  expect(names).not.toContain(first.metadata.name);
  expect(
    on.store.get('Pod', 'default', second.metadata.name)?.metadata.ownerReferences,
  ).toBeUndefined();
});

test('a namespace goes when it is empty', () => {
  const on = bench('node-a');
  on.add(aNamespace('shop'));
  on.add({ ...aDeployment('web'), metadata: { name: 'web', namespace: 'shop' } });
  on.playKubelets();
  expect(on.store.get('ServiceAccount', 'shop', 'default')).toBeDefined();
  accept(on.store.delete('Namespace', undefined, 'shop'));
  on.playKubelets();
  expect(on.store.get('Namespace', undefined, 'shop')).toBeUndefined();
  expect(podsOf(on)).toEqual([]);
});
