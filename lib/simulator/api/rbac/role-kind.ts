import { pathSegmentProblems } from '../meta/names.ts';
import { validateLabelSelector } from '../apps/validate-workload.ts';
import { CREATED_AT_COLUMN, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, required, type FieldProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import { RBAC_GROUP, type ClusterRole, type PolicyRule, type Role } from './role.ts';

/** pkg/apis/rbac/validation `validatePolicyRule`. */
function validateRule(
  { verbs, nonResourceURLs = [], apiGroups = [], resources = [], resourceNames = [] }: PolicyRule,
  scope: 'namespace' | 'cluster',
  field: string,
): FieldProblem[] {
  const problems =
    (verbs ?? []).length === 0
      ? [required(`${field}.verbs`, 'verbs must contain at least one value')]
      : [];
  if (nonResourceURLs.length > 0) {
    const refuse = (detail: string) =>
      problems.push(invalid(`${field}.nonResourceURLs`, nonResourceURLs, detail));
    if (scope === 'namespace') refuse('namespaced rules cannot apply to non-resource URLs');
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      refuse('rules cannot apply to both regular resources and non-resource URLs');
    }
    return problems;
  }
  if (apiGroups.length === 0) {
    const detail = 'resource rules must supply at least one api group';
    problems.push(required(`${field}.apiGroups`, detail));
  }
  if (resources.length === 0) {
    const detail = 'resource rules must supply at least one resource';
    problems.push(required(`${field}.resources`, detail));
  }
  return problems;
}

const validateRules = ({ rules }: Role | ClusterRole, scope: 'namespace' | 'cluster') =>
  (rules ?? []).flatMap((rule, index) => validateRule(rule, scope, `rules[${index}]`));

function validateAggregation({ aggregationRule }: ClusterRole): FieldProblem[] {
  if (!aggregationRule) return [];
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    const detail = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    return [required(field, detail)];
  }
  return selectors.flatMap((selector, i) => validateLabelSelector(selector, `${field}[${i}]`));
}

/** A role without rules says so: Go writes the empty list as null. */
function setRoleDefaults(role: Role | ClusterRole): void {
  role.rules ??= null;
}

export const ROLE: KindDescription<Role> = {
  ...PLAIN_KIND,
  kind: 'Role',
  group: RBAC_GROUP,
  plural: 'roles',
  singular: 'role',
  type: 'rbac.Role',
  description: 'A Role says what may be done with the objects of its namespace.',
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  nameProblems: pathSegmentProblems,
  setDefaults: setRoleDefaults,
  validate: (role) => validateRules(role, 'namespace'),
};

export const CLUSTER_ROLE: KindDescription<ClusterRole> = {
  ...PLAIN_KIND,
  kind: 'ClusterRole',
  group: RBAC_GROUP,
  plural: 'clusterroles',
  singular: 'clusterrole',
  isNamespaced: false,
  type: 'rbac.ClusterRole',
  description: 'A ClusterRole says what may be done, in every namespace and outside of them.',
  columns: [NAME_COLUMN, CREATED_AT_COLUMN],
  nameProblems: pathSegmentProblems,
  setDefaults: setRoleDefaults,
  validate: (role) => [...validateRules(role, 'cluster'), ...validateAggregation(role)],
};
