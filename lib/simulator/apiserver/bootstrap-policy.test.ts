import { expect, test } from 'vitest';
import type { ConfigMap } from '../api/core/config-map.ts';
import type { ClusterRole } from '../api/rbac/role.ts';
import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { handleRequest } from './rest.ts';
import type { RestRequest } from './rest-types.ts';

const cluster = startCluster(DEFAULT_CLUSTER, 'policy', 0);

const rulesOf = (name: string) =>
  cluster.store.get<ClusterRole>('ClusterRole', undefined, name)?.rules ?? [];

test('the roles for people are gathered from one another', () => {
  const [view, edit, admin] = ['view', 'edit', 'admin'].map(rulesOf);
  expect(view).toEqual(rulesOf('system:aggregate-to-view'));
  expect(edit).toEqual([...rulesOf('system:aggregate-to-edit'), ...view!]);
  expect(admin).toEqual([...edit!, ...rulesOf('system:aggregate-to-admin')]);
});

test('a role with the label of an aggregate gives it its rules', () => {
  const rule = { verbs: ['get'], apiGroups: ['example.com'], resources: ['widgets'] };
  cluster.store.create<ClusterRole>({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'widgets',
      labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' },
    },
    rules: [rule],
  });
  cluster.settle();
  for (const name of ['view', 'edit', 'admin']) expect(rulesOf(name)).toContainEqual(rule);
  cluster.store.delete('ClusterRole', undefined, 'widgets');
  cluster.settle();
  expect(rulesOf('admin')).not.toContainEqual(rule);
});

const ask = (user: NonNullable<RestRequest['user']>, path: string) => {
  const response = handleRequest({ method: 'GET', path, user }, cluster.apiServer);
  return 'status' in response ? response.status : 0;
};

test.each([
  ['a stranger', ['system:unauthenticated'], '/version', 200],
  ['a stranger', ['system:unauthenticated'], '/apis', 403],
  ['somebody', ['system:authenticated'], '/apis', 200],
  ['somebody', ['system:authenticated'], '/api/v1/pods', 403],
  ['a master', ['system:masters', 'system:authenticated'], '/api/v1/pods', 200],
  ['an administrator', ['kubeadm:cluster-admins', 'system:authenticated'], '/api/v1/pods', 200],
])('%s of %j gets %s: %d', (name, groups, path, status) => {
  expect(ask({ name, groups }, path)).toBe(status);
});

test('every namespace has the certificate of the authority, and gets it back', () => {
  const read = (namespace: string) =>
    cluster.store.get<ConfigMap>('ConfigMap', namespace, 'kube-root-ca.crt')?.data?.['ca.crt'];
  const certificate = read('kube-public');
  expect(certificate).toMatch(
    /^-----BEGIN CERTIFICATE-----\n(.{1,64}\n)+-----END CERTIFICATE-----\n$/,
  );
  cluster.store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  cluster.settle();
  expect(read('shop')).toBe(certificate);
  cluster.store.delete('ConfigMap', 'shop', 'kube-root-ca.crt');
  cluster.settle();
  expect(read('shop')).toBe(certificate);
});
