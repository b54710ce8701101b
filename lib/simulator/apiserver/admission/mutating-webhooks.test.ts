import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { seedRandom } from '../../base/random.ts';
import type { MutatingWebhook } from '../../api/admissionregistration/mutating-webhook-configuration.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { createStore, createStoreState } from '../create-store.ts';
import type { CallWebhook } from './webhook-call.ts';

const NOW = 1_700_000_000 * SECOND;

const WEBHOOK: MutatingWebhook = {
  name: 'sidecar.mesh.example.com',
  clientConfig: { service: { namespace: 'mesh', name: 'injector', path: '/inject' } },
  rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
  namespaceSelector: { matchLabels: { mesh: 'on' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};

/** Adds a container to every pod, and refuses those that ask for it. */
const injector: CallWebhook = ({ object }) => {
  const pod = object as unknown as Pod;
  if (pod.metadata.labels?.['bad'] !== undefined) return { type: 'refused', message: 'no' };
  const containers = [...pod.spec.containers, { name: 'proxy', image: 'proxy' }];
  return { type: 'allowed', object: { ...pod, spec: { ...pod.spec, containers } } };
};

function openStore(webhook: Partial<MutatingWebhook> = {}, callWebhook?: CallWebhook) {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('webhooks'),
    callWebhook,
  });
  const add = (object: object) => {
    const made = store.create(object as KubeObject);
    return made.ok ? made.value : `${made.status.code} ${made.status.message}`;
  };
  for (const name of ['mesh', 'plain'])
    add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  add({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'meshed', labels: { mesh: 'on' } },
  });
  add({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'injector' },
    webhooks: [{ ...WEBHOOK, ...webhook }],
  });
  const containersIn = (namespace: string, labels = {}) => {
    const made = add({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace, labels },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    });
    if (typeof made === 'string') return made;
    return (made as unknown as Pod).spec.containers.map(({ name }) => name);
  };
  const serve = (ready: boolean) => {
    add({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'injector', namespace: 'mesh' },
      spec: { ports: [{ port: 443 }] },
    });
    add({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: 'injector',
        namespace: 'mesh',
        labels: { 'kubernetes.io/service-name': 'injector' },
      },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.244.1.9'], conditions: { ready } }],
      ports: [{ port: 443 }],
    });
  };
  return { add, containersIn, serve };
}

const FAILED =
  '500 Internal error occurred: failed calling webhook "sidecar.mesh.example.com": failed to call webhook: Post "https://injector.mesh.svc:443/inject?timeout=10s": ';

test('a webhook changes the objects that its selectors pick', () => {
  const { containersIn, serve } = openStore({}, injector);
  serve(true);
  expect(containersIn('meshed')).toEqual(['web', 'proxy']);
  expect(containersIn('plain')).toEqual(['web']);
});

test('a webhook may refuse', () => {
  const { containersIn, serve } = openStore({}, injector);
  serve(true);
  expect(containersIn('meshed', { bad: 'yes' })).toBe(
    '403 admission webhook "sidecar.mesh.example.com" denied the request: no',
  );
});

test('without its Service, its endpoints or its program the webhook fails, and so does the pod', () => {
  const none = openStore({}, injector);
  expect(none.containersIn('meshed')).toBe(`${FAILED}service "injector" not found`);
  const unready = openStore({}, injector);
  unready.serve(false);
  expect(unready.containersIn('meshed')).toBe(
    `${FAILED}no endpoints available for service "injector"`,
  );
  const empty = openStore();
  empty.serve(true);
  expect(empty.containersIn('meshed')).toBe(`${FAILED}connect: connection refused`);
});

test('a webhook that may fail is passed over', () => {
  const { containersIn } = openStore({ failurePolicy: 'Ignore' }, injector);
  expect(containersIn('meshed')).toEqual(['web']);
});

test('a webhook needs a full name', () => {
  const { add } = openStore();
  const made = add({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'short' },
    webhooks: [{ ...WEBHOOK, name: 'short' }],
  });
  expect(made).toBe(
    '422 MutatingWebhookConfiguration.admissionregistration.k8s.io "short" is invalid: webhooks[0].name: Invalid value: "short": should be a domain with at least three segments separated by dots',
  );
});
