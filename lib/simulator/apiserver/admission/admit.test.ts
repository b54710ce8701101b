import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { seedRandom } from '../../base/random.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { Ingress } from '../../api/networking/ingress.ts';
import { createStore, createStoreState } from '../create-store.ts';

function openStore() {
  let now = 1_700_000_000 * SECOND;
  const store = createStore({
    state: createStoreState(),
    now: () => now,
    random: seedRandom('admit'),
  });
  const add = (object: object) => store.create(object as KubeObject);
  add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const wait = () => (now += SECOND);
  return { store, add, wait };
}

const aPod = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'web', image: 'nginx' }], ...spec },
});

const messageOf = (result: ReturnType<ReturnType<typeof openStore>['add']>) =>
  result.ok ? undefined : `${result.status.code} ${result.status.message}`;

test('content of a namespace that is not there is refused', () => {
  const { add } = openStore();
  const refused = add(aPod({}, { namespace: 'nowhere' }));
  expect(messageOf(refused)).toBe('404 namespaces "nowhere" not found');
});

test('content of a namespace that is going away is refused', () => {
  const { add, store } = openStore();
  add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
  store.delete('Namespace', undefined, 'team');
  expect(messageOf(add(aPod({}, { namespace: 'team' })))).toBe(
    '403 pods "web" is forbidden: unable to create new content in namespace team because it is being terminated',
  );
});

test('the namespace default stays', () => {
  const { store } = openStore();
  expect(messageOf(store.delete('Namespace', undefined, 'default'))).toBe(
    '403 namespaces "default" is forbidden: this namespace may not be deleted',
  );
});

test('a pod of a service account that is not there is refused', () => {
  const { add } = openStore();
  expect(messageOf(add(aPod({ serviceAccountName: 'robot' })))).toBe(
    '403 pods "web" is forbidden: error looking up service account default/robot: serviceaccount "robot" not found',
  );
});

const PATH = '/var/run/secrets/kubernetes.io/serviceaccount';

function podOf(account: object, spec: object = {}): Pod {
  const { add } = openStore();
  add({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
    ...account,
  });
  const made = add(aPod({ serviceAccountName: 'robot', ...spec }));
  if (!made.ok) throw new Error(made.status.message);
  return made.value as unknown as Pod;
}

test('a pod gets a token of its service account, and its secrets for pulling images', () => {
  const { spec } = podOf({ imagePullSecrets: [{ name: 'registry' }] });
  expect(spec.imagePullSecrets).toEqual([{ name: 'registry' }]);
  expect(spec.volumes?.[0]?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
  expect(spec.containers[0]?.volumeMounts).toEqual([
    { name: spec.volumes?.[0]?.name, mountPath: PATH, readOnly: true },
  ]);
});

test.each([
  ['the account says no', { automountServiceAccountToken: false }, {}, 0],
  ['the pod says no', {}, { automountServiceAccountToken: false }, 0],
  [
    'the pod says yes',
    { automountServiceAccountToken: false },
    { automountServiceAccountToken: true },
    1,
  ],
  [
    'something else is mounted there',
    {},
    {
      containers: [
        { name: 'web', image: 'nginx', volumeMounts: [{ name: 'own', mountPath: PATH }] },
      ],
      volumes: [{ name: 'own', emptyDir: {} }],
    },
    0,
  ],
])('the token is mounted or not: %s', (_, account, spec, count) => {
  const volumes = podOf(account, spec).spec.volumes ?? [];
  expect(volumes.filter(({ name }) => name.startsWith('kube-api-access-'))).toHaveLength(count);
});

test('an Ingress without a class gets the newest default class', () => {
  const { add, wait } = openStore();
  for (const name of ['zebra', 'alpha', 'middle']) {
    add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: {
        name,
        annotations:
          name === 'middle' ? {} : { 'ingressclass.kubernetes.io/is-default-class': 'true' },
      },
      spec: { controller: 'example.com/ingress' },
    });
    wait();
  }
  const classOf = (name: string, metadata: object, spec: object = {}) => {
    const made = add({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace: 'default', ...metadata },
      spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec },
    });
    return made.ok ? (made.value as Ingress).spec.ingressClassName : made.status.message;
  };
  expect(classOf('plain', {})).toBe('alpha');
  expect(classOf('named', {}, { ingressClassName: 'zebra' })).toBe('zebra');
  expect(
    classOf('old', { annotations: { 'kubernetes.io/ingress.class': 'nginx' } }),
  ).toBeUndefined();
});
