import {
  type ClusterRole,
  type ClusterRoleBinding,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  type Subject,
} from '../api/rbac/role.ts';
import type { Status } from '../api/meta/object.ts';
import { describeAttributes, type Attributes } from './request-attributes.ts';
import { forbiddenStatus, statusFailure } from './status.ts';
import type { Store } from './store.ts';
import { accountUsername } from './request-user.ts';
import type { RequestUser } from './rest-types.ts';

/** Whether a request may be, and by what. */
export interface Verdict {
  readonly isAllowed: boolean;
  /** `RBAC: allowed by ClusterRoleBinding "x" of ClusterRole "y" to User "z"`; roles that were not found. */
  readonly reason: string;
}

const has = (list: readonly string[] | undefined, value: string) =>
  list?.some((each) => each === '*' || each === value) ?? false;

/** Whether a rule covers a request (plugin/pkg/auth/authorizer/rbac `RuleAllows`). */
export function covers(rule: PolicyRule, wanted: Attributes): boolean {
  if (!has(rule.verbs, wanted.verb)) return false;
  if (wanted.type === 'path') {
    return (rule.nonResourceURLs ?? []).some(
      (url) =>
        url === '*' ||
        url === wanted.path ||
        (url.endsWith('*') && wanted.path.startsWith(url.slice(0, -1))),
    );
  }
  const { apiGroup, resource, subresource, name } = wanted;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const names = rule.resourceNames ?? [];
  return (
    has(rule.apiGroups, apiGroup) &&
    (has(rule.resources, what) ||
      (subresource !== '' && (rule.resources?.includes(`*/${subresource}`) ?? false))) &&
    (names.length === 0 || names.includes(name))
  );
}

function isSubject(subject: Subject, { name, groups }: RequestUser, namespace: string) {
  switch (subject.kind) {
    case 'User':
      return subject.name === name;
    case 'Group':
      return groups.includes(subject.name);
    case 'ServiceAccount': {
      const home = subject.namespace || namespace;
      return home !== '' && accountUsername(home, subject.name) === name;
    }
    default:
      return false;
  }
}

function describeSubject({ kind, name, namespace }: Subject, home: string): string {
  const full = kind === 'ServiceAccount' ? `${name}/${namespace || home}` : name;
  return `${kind} ${JSON.stringify(full)}`;
}

/** One rule that a user has, and what gave it. */
export interface Grant {
  readonly rule: PolicyRule;
  readonly source: string;
}

interface Binding {
  readonly kind: 'ClusterRoleBinding' | 'RoleBinding';
  readonly name: string;
  readonly namespace: string;
  readonly roleRef: RoleRef;
  readonly subject: Subject;
}

function bindingsOf(store: Store, user: RequestUser, namespace: string): Binding[] {
  const ofKind = (kind: Binding['kind']) => {
    const isCluster = kind === 'ClusterRoleBinding';
    if (!isCluster && namespace === '') return [];
    const home = isCluster ? '' : namespace;
    return store
      .list<RoleBinding | ClusterRoleBinding>(kind, isCluster ? {} : { namespace })
      .flatMap(({ metadata, roleRef, subjects }) => {
        const subject = subjects?.find((each) => isSubject(each, user, home));
        return subject ? [{ kind, name: metadata.name, namespace: home, roleRef, subject }] : [];
      });
  };
  return [...ofKind('ClusterRoleBinding'), ...ofKind('RoleBinding')];
}

/** Every rule that a user has in a namespace, or in the whole cluster, and roles that bindings name in vain. */
export function grantsOf(
  store: Store,
  user: RequestUser,
  namespace: string,
): { readonly grants: readonly Grant[]; readonly missing: readonly string[] } {
  const grants: Grant[] = [];
  const missing: string[] = [];
  for (const binding of bindingsOf(store, user, namespace)) {
    const { kind, name, roleRef, subject } = binding;
    const isCluster = roleRef.kind === 'ClusterRole';
    const role = store.get<Role | ClusterRole>(
      roleRef.kind,
      isCluster ? undefined : binding.namespace,
      roleRef.name,
    );
    if (!role) {
      const resource = `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io`;
      missing.push(`${resource} ${JSON.stringify(roleRef.name)} not found`);
    }
    const full = binding.namespace === '' ? name : `${name}/${binding.namespace}`;
    const source = `${kind} ${JSON.stringify(full)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)} to ${describeSubject(subject, binding.namespace)}`;
    for (const rule of role?.rules ?? []) grants.push({ rule, source });
  }
  return { grants, missing };
}

const MASTERS = 'system:masters';

/** Whether the group of those who may do everything is among a user's. */
export const isMaster = ({ groups }: RequestUser): boolean => groups.includes(MASTERS);

/** RBAC over the roles and bindings in the store; members of system:masters may do everything. */
export function authorize(user: RequestUser, wanted: Attributes, store: Store): Verdict {
  if (isMaster(user)) return { isAllowed: true, reason: '' };
  const namespace = wanted.type === 'resource' ? wanted.namespace : '';
  const { grants, missing } = grantsOf(store, user, namespace);
  const grant = grants.find(({ rule }) => covers(rule, wanted));
  if (grant) return { isAllowed: true, reason: `RBAC: allowed by ${grant.source}` };
  const causes = missing.length > 1 ? `[${missing.join(', ')}]` : missing.join('');
  return { isAllowed: false, reason: missing.length > 0 ? `RBAC: ${causes}` : '' };
}

/** 403 in the API server's words (apiserver pkg/endpoints/handlers/responsewriters). */
export function forbidden(user: RequestUser, wanted: Attributes, reason: string): Status {
  const said = `User ${JSON.stringify(user.name)} ${describeAttributes(wanted)}`;
  const why = reason === '' ? said : `${said}: ${reason}`;
  if (wanted.type === 'path') return statusFailure(403, 'Forbidden', `forbidden: ${why}`, {});
  const { apiGroup, resource, name } = wanted;
  return forbiddenStatus({ group: apiGroup, plural: resource, kind: '' }, name, why);
}
