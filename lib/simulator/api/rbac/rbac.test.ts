import { expect, test } from 'vitest';
import { formatProblem } from '../schema/field-problem.ts';
import { RBAC_GROUP, type RoleBinding } from './role.ts';
import { CLUSTER_ROLE, ROLE } from './role-kind.ts';
import { ROLE_BINDING } from './role-binding-kind.ts';

const meta = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'x' } } as const;

test.each([
  [
    'no verbs, no groups, no resources',
    [{ verbs: [] }],
    [
      'rules[0].verbs: Required value: verbs must contain at least one value',
      'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
      'rules[0].resources: Required value: resource rules must supply at least one resource',
    ],
  ],
  [
    'a path in a namespace',
    [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }],
    [
      'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: namespaced rules cannot apply to non-resource URLs',
    ],
  ],
  ['a rule for pods', [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }], []],
])('a Role with %s', (_, rules, expected) => {
  expect(ROLE.validate({ ...meta, kind: 'Role', rules }).map(formatProblem)).toEqual(expected);
});

test('a ClusterRole may name paths, but not beside resources', () => {
  const rules = [{ verbs: ['get'], nonResourceURLs: ['/metrics'] }];
  expect(CLUSTER_ROLE.validate({ ...meta, kind: 'ClusterRole', rules })).toEqual([]);
  const mixed = [{ ...rules[0]!, resources: ['pods'] }];
  expect(
    CLUSTER_ROLE.validate({ ...meta, kind: 'ClusterRole', rules: mixed }).map(formatProblem),
  ).toEqual([
    'rules[0].nonResourceURLs: Invalid value: ["/metrics"]: rules cannot apply to both regular resources and non-resource URLs',
  ]);
});

const binding = (extra: Partial<RoleBinding> = {}): RoleBinding => ({
  ...meta,
  kind: 'RoleBinding',
  subjects: [
    { kind: 'User', name: 'jane' },
    { kind: 'ServiceAccount', name: 'builder', namespace: 'ci' },
  ],
  roleRef: { kind: 'ClusterRole', name: 'view' },
  ...extra,
});

test('a binding gets its groups, and shows whom it grants what', () => {
  const one = binding();
  ROLE_BINDING.setDefaults(one);
  expect(one.roleRef.apiGroup).toBe(RBAC_GROUP);
  expect(one.subjects?.map(({ apiGroup }) => apiGroup)).toEqual([RBAC_GROUP, undefined]);
  expect(ROLE_BINDING.validate(one)).toEqual([]);
  const cells = Object.fromEntries(ROLE_BINDING.columns.map((c) => [c.name, c.cell(one, 0)]));
  expect(cells).toMatchObject({
    Role: 'ClusterRole/view',
    Users: 'jane',
    Groups: '',
    ServiceAccounts: 'ci/builder',
  });
});

test('a binding keeps its role, and knows three kinds of subjects', () => {
  const one = binding();
  ROLE_BINDING.setDefaults(one);
  const other = { ...one, roleRef: { ...one.roleRef, name: 'edit' } };
  expect(ROLE_BINDING.validateUpdate(other, one).map(formatProblem)).toEqual([
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef',
  ]);
  const odd = { ...one, subjects: [{ kind: 'Robot', name: '' }] };
  expect(ROLE_BINDING.validate(odd).map(formatProblem)).toEqual([
    'subjects[0].name: Required value',
    'subjects[0].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ]);
});
