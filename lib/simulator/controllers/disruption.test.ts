import { expect, test } from 'vitest';
import type { Deployment } from '../api/apps/deployment.ts';
import type { Pod } from '../api/core/pod.ts';
import type { PodDisruptionBudget } from '../api/policy/pod-disruption-budget.ts';
import { SECOND } from '../base/clock.ts';
import { aDeployment, aNamespace, aNode, aPod } from '../testing/objects.ts';
import { runControllers } from '../testing/run-controllers.ts';
import { deploymentController } from './deployment.ts';
import { disruptionController } from './disruption.ts';
import { replicaSetController } from './replica-set.ts';
import { scheduler } from './scheduler.ts';

const aBudget = (spec: PodDisruptionBudget['spec']): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});

function openCluster() {
  const on = runControllers([
    deploymentController,
    replicaSetController,
    scheduler,
    disruptionController,
  ]);
  on.add(aNamespace('default'));
  on.add(aNode('node-a'));
  const budget = () => on.store.get<PodDisruptionBudget>('PodDisruptionBudget', 'default', 'web')!;
  const deploy = (replicas: number) => {
    on.add(aDeployment('web', { replicas }));
    on.settle();
    on.playKubelets();
    on.settle();
  };
  return { on, budget, deploy };
}

test.each([
  ['a count that must stay', { minAvailable: 2 }, 2, 3, 1],
  ['a share that must stay, rounded up', { minAvailable: '50%' }, 2, 3, 1],
  ['a count that may be missing', { maxUnavailable: 1 }, 2, 3, 1],
  ['a share that may be missing, rounded up', { maxUnavailable: '50%' }, 1, 3, 2],
  ['more than there are', { minAvailable: 5 }, 5, 3, 0],
])('%s', (_, spec, desiredHealthy, expectedPods, disruptionsAllowed) => {
  const { on, budget, deploy } = openCluster();
  deploy(3);
  on.add(aBudget(spec));
  on.settle();
  expect(budget().status).toMatchObject({
    currentHealthy: 3,
    desiredHealthy,
    expectedPods,
    disruptionsAllowed,
    observedGeneration: 1,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: disruptionsAllowed > 0 ? 'True' : 'False',
        reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
      },
    ],
  });
});

test('a pod that goes counts at once, and its successor when it is ready', () => {
  const { on, budget, deploy } = openCluster();
  deploy(3);
  on.add(aBudget({ maxUnavailable: 1 }));
  on.settle();
  const [first] = on.store.list<Pod>('Pod');
  on.store.delete('Pod', 'default', first!.metadata.name);
  on.settle();
  expect(budget().status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
  on.playKubelets();
  on.settle();
  expect(budget().status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
});

test('a share follows the Deployment that wants the pods', () => {
  const { on, budget, deploy } = openCluster();
  deploy(2);
  on.add(aBudget({ minAvailable: '50%' }));
  const deployment = on.store.get<Deployment>('Deployment', 'default', 'web')!;
  on.store.update({ ...deployment, spec: { ...deployment.spec, replicas: 4 } });
  on.settle();
  on.playKubelets();
  on.settle();
  expect(budget().status).toMatchObject({ expectedPods: 4, desiredHealthy: 2, currentHealthy: 4 });
});

test('a granted eviction counts for two minutes while the pod stays', () => {
  const { on, budget, deploy } = openCluster();
  deploy(3);
  on.add(aBudget({ maxUnavailable: 1 }));
  on.settle();
  const [first] = on.store.list<Pod>('Pod');
  const disrupted = { [first!.metadata.name]: '2026-01-05T09:00:00Z' };
  on.store.updateStatus({ ...budget(), status: { ...budget().status, disruptedPods: disrupted } });
  on.advance(SECOND);
  expect(budget().status).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 0 });
  on.advance(125 * SECOND);
  on.settle();
  expect(budget().status).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 });
  expect(budget().status?.disruptedPods).toBeUndefined();
});

test('without pods a budget grants nothing; pods without a controller make a share meaningless', () => {
  const { on, budget } = openCluster();
  on.add(aBudget({ maxUnavailable: 1 }));
  on.settle();
  expect(budget().status).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
  on.add(aPod('web'));
  on.settle();
  expect(on.events('PodDisruptionBudget')).toEqual([
    'NoPods: No matching pods found',
    'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
  ]);
});
