import { expect, test } from 'vitest';
import type { Pod } from '../api/core/pod.ts';
import type { PodDisruptionBudget } from '../api/policy/pod-disruption-budget.ts';
import { parseTimestamp } from '../base/clock.ts';
import { aNamespace, aPod } from '../testing/objects.ts';
import { accept, runControllers } from '../testing/run-controllers.ts';
import { handleRequest } from './rest.ts';
import type { Store } from './store.ts';

const NOW = parseTimestamp('2026-01-05T10:00:00Z') ?? 0;
const POD = '/api/v1/namespaces/default/pods/web';

function post(store: Store, path: string, body: unknown) {
  const response = handleRequest(
    {
      method: 'POST',
      path,
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    },
    { store, options: { kubernetesVersion: '1.35' }, now: NOW },
  );
  if (response.type !== 'json') throw new Error('no JSON');
  return { code: response.status, body: JSON.parse(response.body) as Record<string, unknown> };
}

/** A ready pod on a node, with a budget that allows so many disruptions. */
function aStore(allowed: number, ready: 'True' | 'False' = 'True'): Store {
  const on = runControllers([]);
  on.add(aNamespace('default'));
  const pod = on.add<Pod>(aPod('web', { nodeName: 'node-a' }));
  const conditions = [{ type: 'Ready', status: ready }];
  accept(on.store.updateStatus<Pod>({ ...pod, status: { phase: 'Running', conditions } }));
  const budget = on.add<PodDisruptionBudget>({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web', namespace: 'default' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  const status = {
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed: allowed,
    desiredHealthy: 2,
    currentHealthy: 2 + allowed,
    expectedPods: 3,
  };
  accept(on.store.updateStatus<PodDisruptionBudget>({ ...budget, status }));
  return on.store;
}

const eviction = {
  apiVersion: 'policy/v1',
  kind: 'Eviction',
  metadata: { name: 'web', namespace: 'default' },
};
const podOf = (store: Store) => store.get<Pod>('Pod', 'default', 'web');
const budgetOf = (store: Store) =>
  store.get<PodDisruptionBudget>('PodDisruptionBudget', 'default', 'web');

test('an eviction that the budget allows deletes the pod and is counted', () => {
  const store = aStore(1);
  expect(post(store, `${POD}/eviction`, eviction)).toEqual({
    code: 201,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
  });
  expect(podOf(store)?.metadata.deletionTimestamp).toBeDefined();
  expect(podOf(store)?.status?.conditions?.at(-1)).toMatchObject({
    type: 'DisruptionTarget',
    reason: 'EvictionByEvictionAPI',
  });
  expect(budgetOf(store)?.status).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { web: '2026-01-05T10:00:00Z' },
  });
});

test('an eviction that the budget does not allow is put off', () => {
  const store = aStore(0);
  expect(post(store, `${POD}/eviction`, eviction)).toEqual({
    code: 429,
    body: {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      reason: 'TooManyRequests',
      details: {
        causes: [
          {
            reason: 'DisruptionBudget',
            message: 'The disruption budget web needs 2 healthy pods and has 2 currently',
          },
        ],
      },
      code: 429,
    },
  });
  expect(podOf(store)?.metadata.deletionTimestamp).toBeUndefined();
});

test('a dry run of an eviction changes nothing', () => {
  const store = aStore(1);
  expect(post(store, `${POD}/eviction?dryRun=All`, eviction).code).toBe(201);
  expect(podOf(store)?.metadata.deletionTimestamp).toBeUndefined();
  expect(budgetOf(store)?.status?.disruptionsAllowed).toBe(1);
});

test.each([
  ['a pod that is not ready may go while enough others are', aStore(0, 'False'), eviction, 201],
  ['two names', aStore(1), { ...eviction, metadata: { name: 'other' } }, 400],
])('eviction: %s', (_, store, body, code) => {
  expect(post(store, `${POD}/eviction`, body).code).toBe(code);
});

test('an eviction of nobody', () => {
  const answer = post(aStore(1), `${POD}2/eviction`, { ...eviction, metadata: { name: 'web2' } });
  expect(answer.code).toBe(404);
  expect(answer.body['message']).toBe('pods "web2" not found');
});

test('a binding puts a pod on a node, once', () => {
  const on = runControllers([]);
  on.add(aNamespace('default'));
  on.add(aPod('web'));
  const binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name: 'web' },
    target: { apiVersion: 'v1', kind: 'Node', name: 'node-a' },
  };
  expect(post(on.store, `${POD}/binding`, binding).code).toBe(201);
  expect(podOf(on.store)?.spec.nodeName).toBe('node-a');
  expect(post(on.store, `${POD}/binding`, binding)).toMatchObject({
    code: 409,
    body: {
      message:
        'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "node-a"',
    },
  });
  expect(post(on.store, `${POD}/binding`, { target: {} })).toMatchObject({
    code: 422,
    body: { message: 'Binding "web" is invalid: target.name: Required value' },
  });
});
