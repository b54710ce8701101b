import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { PolicyRule } from '../api/rbac/role.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { authenticate } from './authenticate.ts';
import { createStore, createStoreState } from './create-store.ts';
import { handleRequest } from './rest.ts';
import type { RequestUser, RestRequest } from './rest-types.ts';

const NOW = 1_700_000_000 * SECOND;
const RBAC = 'rbac.authorization.k8s.io/v1';

const ALICE: RequestUser = { name: 'alice', groups: ['devs', 'system:authenticated'] };

function openServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('authorize'),
  });
  const add = (object: object) => {
    const made = store.create(object as KubeObject);
    if (!made.ok) throw new Error(made.status.message);
    return made.value;
  };
  for (const name of ['default', 'kube-system', 'other']) {
    add({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  const server = { store, options: { kubernetesVersion: '1.35' as const }, now: NOW };
  const ask = (
    user: RequestUser | undefined,
    method: RestRequest['method'],
    path: string,
    more: Partial<RestRequest> = {},
  ) => {
    const response = handleRequest({ method, path, ...(user ? { user } : {}), ...more }, server);
    if (!('body' in response)) throw new Error('a stream');
    return { code: response.status, body: JSON.parse(response.body) as Status & KubeObject };
  };
  const role = (kind: 'Role' | 'ClusterRole', name: string, rules: PolicyRule[]) =>
    add({
      apiVersion: RBAC,
      kind,
      metadata: { name, ...(kind === 'Role' ? { namespace: 'default' } : {}) },
      rules,
    } satisfies object);
  const bind = (
    kind: 'RoleBinding' | 'ClusterRoleBinding',
    roleKind: 'Role' | 'ClusterRole',
    name: string,
    subject: object,
  ) =>
    add({
      apiVersion: RBAC,
      kind,
      metadata: { name, ...(kind === 'RoleBinding' ? { namespace: 'default' } : {}) },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: roleKind, name },
      subjects: [subject],
    });
  const may = (verb: string, resource: string, namespace = 'default', name?: string) => {
    const review = {
      spec: {
        user: 'alice',
        groups: ['devs'],
        resourceAttributes: { verb, resource, namespace, name },
      },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { body } = ask(undefined, 'POST', path, { body: JSON.stringify(review) });
    return (body as unknown as { status: { allowed: boolean } }).status.allowed;
  };
  return { store, server, add, ask, role, bind, may };
}

const USER = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' };
const PODS = '/api/v1/namespaces/default/pods';

test.each<[string, RestRequest['method'], string, string]>([
  [
    'a list',
    'GET',
    PODS,
    'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default"',
  ],
  [
    'an object',
    'GET',
    `${PODS}/web`,
    'pods "web" is forbidden: User "alice" cannot get resource "pods" in API group "" in the namespace "default"',
  ],
  [
    'a watch',
    'GET',
    `${PODS}?watch=true`,
    'pods is forbidden: User "alice" cannot watch resource "pods" in API group "" in the namespace "default"',
  ],
  [
    'a subresource',
    'GET',
    `${PODS}/web/log`,
    'pods "web" is forbidden: User "alice" cannot get resource "pods/log" in API group "" in the namespace "default"',
  ],
  [
    'a collection that is deleted',
    'DELETE',
    '/apis/apps/v1/namespaces/default/deployments',
    'deployments.apps is forbidden: User "alice" cannot deletecollection resource "deployments" in API group "apps" in the namespace "default"',
  ],
  [
    'a kind without a namespace',
    'GET',
    '/api/v1/nodes',
    'nodes is forbidden: User "alice" cannot list resource "nodes" in API group "" at the cluster scope',
  ],
  [
    'a namespace',
    'GET',
    '/api/v1/namespaces/default',
    'namespaces "default" is forbidden: User "alice" cannot get resource "namespaces" in API group "" in the namespace "default"',
  ],
  ['a path', 'GET', '/metrics', 'forbidden: User "alice" cannot get path "/metrics"'],
])(
  '%s that a user may not have is refused in the words of the API server',
  (_, method, path, message) => {
    const { ask } = openServer();
    const { code, body } = ask(ALICE, method, path);
    expect(code).toBe(403);
    expect(body).toMatchObject({ reason: 'Forbidden', message });
  },
);

test('a role counts in the namespace of its binding alone', () => {
  const { role, bind, ask, may } = openServer();
  role('Role', 'reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]);
  bind('RoleBinding', 'Role', 'reader', USER);
  expect(ask(ALICE, 'GET', PODS).code).toBe(200);
  expect(ask(ALICE, 'GET', '/api/v1/namespaces/other/pods').code).toBe(403);
  expect(ask(ALICE, 'GET', '/api/v1/pods').code).toBe(403);
  expect(ask(ALICE, 'POST', PODS, { body: '{}' }).code).toBe(403);
  expect([may('list', 'pods'), may('list', 'pods', 'other'), may('delete', 'pods')]).toEqual([
    true,
    false,
    false,
  ]);
});

test('a cluster role of a role binding counts in its namespace, of a cluster role binding everywhere', () => {
  const { role, bind, may } = openServer();
  role('ClusterRole', 'inside', [{ verbs: ['*'], apiGroups: [''], resources: ['secrets'] }]);
  role('ClusterRole', 'outside', [{ verbs: ['get'], apiGroups: ['*'], resources: ['*'] }]);
  bind('RoleBinding', 'ClusterRole', 'inside', USER);
  bind('ClusterRoleBinding', 'ClusterRole', 'outside', { ...USER, kind: 'Group', name: 'devs' });
  expect([may('create', 'secrets'), may('create', 'secrets', 'other')]).toEqual([true, false]);
  expect([may('get', 'pods', ''), may('list', 'pods', '')]).toEqual([true, false]);
});

test('names in a rule leave lists and creations out', () => {
  const { role, bind, may } = openServer();
  role('Role', 'one', [
    { verbs: ['*'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['app'] },
  ]);
  bind('RoleBinding', 'Role', 'one', USER);
  expect(may('get', 'configmaps', 'default', 'app')).toBe(true);
  expect(may('get', 'configmaps', 'default', 'else')).toBe(false);
  expect(may('list', 'configmaps')).toBe(false);
});

test('a binding to a role that is not there is told of', () => {
  const { bind, ask } = openServer();
  bind('RoleBinding', 'Role', 'gone', USER);
  expect(ask(ALICE, 'GET', PODS).body.message).toBe(
    'pods is forbidden: User "alice" cannot list resource "pods" in API group "" in the namespace "default": RBAC: role.rbac.authorization.k8s.io "gone" not found',
  );
});

test('members of system:masters and requests without a user may do everything', () => {
  const { ask } = openServer();
  expect(ask({ name: 'root', groups: ['system:masters'] }, 'GET', '/api/v1/nodes').code).toBe(200);
  expect(ask(undefined, 'GET', '/api/v1/nodes').code).toBe(200);
});

test('a token of a service account stands for it until it ends or the account goes', () => {
  const { add, ask, store } = openServer();
  add({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'default' },
  });
  const path = '/api/v1/namespaces/default/serviceaccounts/robot/token';
  const asked = (spec: object) => ask(undefined, 'POST', path, { body: JSON.stringify({ spec }) });
  expect(asked({ expirationSeconds: 10 }).body.message).toBe(
    'TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes',
  );
  const { body } = asked({ expirationSeconds: 600 });
  const { token } = (body as unknown as { status: { token: string } }).status;
  const who = (now: number, text = token) => authenticate(text, new Map(), store, now);
  expect(who(NOW)).toMatchObject({
    ok: true,
    value: {
      name: 'system:serviceaccount:default:robot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    },
  });
  expect(who(NOW + 600 * SECOND)).toMatchObject({ ok: false, status: { code: 401 } });
  expect(who(NOW, `${token}x`).ok).toBe(false);
  store.delete('ServiceAccount', 'default', 'robot');
  expect(who(NOW).ok).toBe(false);
});

test('whoever may impersonate is taken for the other', () => {
  const { ask, role, bind } = openServer();
  const headers = { 'impersonate-user': 'bob', 'impersonate-group': 'ops, devs' };
  const whoami = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
  expect(ask(ALICE, 'POST', whoami, { body: '{}', headers }).body.message).toBe(
    'users "bob" is forbidden: User "alice" cannot impersonate resource "users" in API group "" at the cluster scope',
  );
  role('ClusterRole', 'mimic', [
    { verbs: ['impersonate'], apiGroups: [''], resources: ['users', 'groups'] },
  ]);
  bind('ClusterRoleBinding', 'ClusterRole', 'mimic', USER);
  role('ClusterRole', 'basic', [
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]);
  bind('ClusterRoleBinding', 'ClusterRole', 'basic', {
    ...USER,
    kind: 'Group',
    name: 'system:authenticated',
  });
  expect(ask(ALICE, 'POST', whoami, { body: '{}', headers }).body).toMatchObject({
    kind: 'SelfSubjectReview',
    status: { userInfo: { username: 'bob', groups: ['ops', 'devs', 'system:authenticated'] } },
  });
  const account = { 'impersonate-user': 'system:serviceaccount:default:robot' };
  expect(ask(undefined, 'GET', PODS, { headers: account }).body.message).toContain(
    'User "system:serviceaccount:default:robot" cannot list resource "pods"',
  );
});

test('rules of oneself are those of all bindings', () => {
  const { role, bind, ask } = openServer();
  role('Role', 'reader', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }]);
  bind('RoleBinding', 'Role', 'reader', USER);
  role('ClusterRole', 'rules', [
    {
      verbs: ['create'],
      apiGroups: ['authorization.k8s.io'],
      resources: ['selfsubjectrulesreviews'],
    },
    { verbs: ['get'], nonResourceURLs: ['/healthz'] },
  ]);
  bind('ClusterRoleBinding', 'ClusterRole', 'rules', USER);
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const { body } = ask(ALICE, 'POST', path, { body: '{"spec":{"namespace":"default"}}' });
  expect((body as unknown as { status: unknown }).status).toEqual({
    resourceRules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectrulesreviews'],
      },
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
    ],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }],
    incomplete: false,
  });
});

test('the body of auth can-i may be protobuf', () => {
  const { ask } = openServer();
  const field = (number: number, text: string) =>
    String.fromCharCode(number * 8 + 2, text.length) + text;
  const attributes = field(1, 'default') + field(2, 'list') + field(5, 'pods');
  const type = field(1, 'authorization.k8s.io/v1') + field(2, 'SelfSubjectAccessReview');
  const body = `k8s\0${field(1, type)}${field(2, field(2, field(1, attributes)))}`;
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  expect(ask(undefined, 'POST', path, { body }).body).toMatchObject({
    spec: { resourceAttributes: { namespace: 'default', verb: 'list', resource: 'pods' } },
    status: { allowed: true },
  });
});

test('nobody gives rights that he does not have, unless he may escalate or bind', () => {
  const { role, bind, ask } = openServer();
  role('ClusterRole', 'roles', [
    {
      verbs: ['create'],
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles', 'rolebindings'],
    },
    { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
  ]);
  role('ClusterRole', 'strong', [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]);
  bind('ClusterRoleBinding', 'ClusterRole', 'roles', USER);
  const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
  const made = (kind: string, rest: object) =>
    ask(ALICE, 'POST', `${path}/${kind.toLowerCase()}s`, {
      body: JSON.stringify({ apiVersion: RBAC, kind, metadata: { name: 'mine' }, ...rest }),
    });
  const rules = (verbs: string[]) => ({ rules: [{ verbs, apiGroups: [''], resources: ['pods'] }] });
  expect(made('Role', rules(['get', 'list', 'delete'])).body.message).toBe(
    'roles.rbac.authorization.k8s.io "mine" is forbidden: user "alice" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["list" "delete"]}',
  );
  expect(made('Role', rules(['get'])).code).toBe(201);
  const strong = {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'strong' },
    subjects: [USER],
  };
  expect(made('RoleBinding', strong).body.message).toContain(
    '{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
  );
  role('ClusterRole', 'binder', [
    {
      verbs: ['bind'],
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['strong'],
    },
  ]);
  bind('ClusterRoleBinding', 'ClusterRole', 'binder', USER);
  expect(made('RoleBinding', strong).code).toBe(201);
});
