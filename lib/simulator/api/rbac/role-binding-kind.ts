import { isSameJson } from '../../base/same-json.ts';
import { dnsSubdomainProblems, pathSegmentProblems } from '../meta/names.ts';
import { AGE_COLUMN, column, NAME_COLUMN, wideColumn } from '../schema/columns.ts';
import { invalid, notSupported, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { RBAC_GROUP, type ClusterRoleBinding, type RoleBinding, type Subject } from './role.ts';

type Binding = RoleBinding | ClusterRoleBinding;

/** pkg/apis/rbac/v1 `SetDefaults_Subject`: users and groups belong to the group of RBAC, service accounts to core. */
function setBindingDefaults({ roleRef, subjects }: Binding): void {
  if (roleRef) roleRef.apiGroup ||= RBAC_GROUP;
  for (const subject of subjects ?? []) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= RBAC_GROUP;
  }
}

/** pkg/apis/rbac/validation `ValidateRoleBindingSubject`. */
function validateSubject(
  { kind, name = '', apiGroup = '', namespace = '' }: Subject,
  isNamespaced: boolean,
  field: string,
): FieldProblem[] {
  const problems = name === '' ? [required(`${field}.name`)] : [];
  const needGroup = (group: string) => {
    if (apiGroup !== group) problems.push(notSupported(`${field}.apiGroup`, apiGroup, [group]));
  };
  switch (kind) {
    case 'ServiceAccount':
      if (name !== '') {
        problems.push(...dnsSubdomainProblems(name).map((p) => invalid(`${field}.name`, name, p)));
      }
      needGroup('');
      if (!isNamespaced && namespace === '') problems.push(required(`${field}.namespace`));
      return problems;
    case 'User':
    case 'Group':
      if (name === '') {
        problems.push(invalid(`${field}.name`, name, `${kind.toLowerCase()} name cannot be empty`));
      }
      needGroup(RBAC_GROUP);
      return problems;
    default:
      return [
        ...problems,
        notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']),
      ];
  }
}

function validateBinding({ kind, roleRef, subjects }: Binding): FieldProblem[] {
  const kinds = kind === 'RoleBinding' ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  const { apiGroup = '', name = '', kind: roleKind = '' } = roleRef ?? {};
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP])]),
    ...(kinds.includes(roleKind) ? [] : [notSupported('roleRef.kind', roleKind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : []),
    ...pathSegmentProblems(name).map((problem) => invalid('roleRef.name', name, problem)),
    ...(subjects ?? []).flatMap((subject, index) =>
      validateSubject(subject, kind === 'RoleBinding', `subjects[${index}]`),
    ),
  ];
}

function validateBindingUpdate({ roleRef }: Binding, previous: Binding): FieldProblem[] {
  if (isSameJson(roleRef, previous.roleRef)) return [];
  const { apiGroup: APIGroup, kind: Kind, name: Name } = roleRef;
  return [invalid('roleRef', { APIGroup, Kind, Name }, 'cannot change roleRef')];
}

const namesOf = (kind: string) => (binding: Binding) =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ');

const BINDING = {
  ...PLAIN_KIND,
  group: RBAC_GROUP,
  columns: [
    NAME_COLUMN,
    column('Role', 'What is granted.', ({ roleRef }: Binding) => `${roleRef.kind}/${roleRef.name}`),
    AGE_COLUMN,
    wideColumn('Users', 'Users it is granted to.', namesOf('User')),
    wideColumn('Groups', 'Groups it is granted to.', namesOf('Group')),
    wideColumn('ServiceAccounts', 'Service accounts it is granted to.', namesOf('ServiceAccount')),
  ],
  nameProblems: pathSegmentProblems,
  setDefaults: setBindingDefaults,
  validate: validateBinding,
  validateUpdate: validateBindingUpdate,
};

export const ROLE_BINDING: KindDescription<RoleBinding> = {
  ...BINDING,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  type: 'rbac.RoleBinding',
  description: 'A RoleBinding grants a role within its namespace.',
};

export const CLUSTER_ROLE_BINDING: KindDescription<ClusterRoleBinding> = {
  ...BINDING,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  isNamespaced: false,
  type: 'rbac.ClusterRoleBinding',
  description: 'A ClusterRoleBinding grants a ClusterRole everywhere.',
};
