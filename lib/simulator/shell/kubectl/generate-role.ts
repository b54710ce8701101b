import { fail, valueOf, valuesOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { pairsOf } from './key-values.ts';
import type { Making } from './make.ts';
import { resourceOf } from './resources.ts';

const RBAC = 'rbac.authorization.k8s.io';

export const ROLE_FLAGS: readonly FlagSpec[] = [
  flag('verb', 'list'),
  flag('resource', 'list'),
  flag('resource-name', 'list'),
];

export const CLUSTER_ROLE_FLAGS: readonly FlagSpec[] = [
  ...ROLE_FLAGS,
  flag('non-resource-url', 'list'),
  flag('aggregation-rule', 'list'),
];

export const BINDING_FLAGS: readonly FlagSpec[] = [
  flag('role', 'string'),
  flag('clusterrole', 'string'),
  flag('user', 'list'),
  flag('group', 'list'),
  flag('serviceaccount', 'list'),
];

const USUAL_VERBS =
  '* get delete list create update patch watch proxy deletecollection use bind escalate impersonate'.split(
    ' ',
  );

/** Verbs for a few resources alone. */
const SPECIAL_VERBS: Readonly<Record<string, readonly string[]>> = {
  bind: [`roles.${RBAC}`, `clusterroles.${RBAC}`],
  escalate: [`roles.${RBAC}`, `clusterroles.${RBAC}`],
  impersonate: ['users.', 'serviceaccounts.', 'groups.', 'userextras.authentication.k8s.io'],
};

const unique = (words: readonly string[]) => [...new Set(words)];

/** `deployments.apps/scale`, resolved by what the server serves; undefined after it printed why not. */
function resolve(call: Call, text: string, verbs: readonly string[]) {
  const [main = '', subresource] = text.split(/\/(.*)/s);
  const [word = '', group = ''] = main.split(/\.(.*)/s);
  const tail = subresource ? `/${subresource}` : '';
  if (word === '*') return { group, resource: `*${tail}` };
  const kind = resourceOf(call, main);
  const resource = kind?.plural ?? word;
  const apiGroup = kind?.group ?? group;
  for (const verb of verbs) {
    const allowed = SPECIAL_VERBS[verb];
    if (!allowed) continue;
    if (allowed.includes(`${resource}.${apiGroup}`)) return { group: apiGroup, resource };
    fail(call, `can not perform '${verb}' on '${resource}' in group '${apiGroup}'`);
    return undefined;
  }
  if (!kind) {
    call.stderr += `the server doesn't have a resource type ${JSON.stringify(main)}\n`;
    call.exitCode = 1;
    return undefined;
  }
  return { group: apiGroup, resource: resource + tail };
}

function rulesOf(call: Call, verbs: readonly string[]): unknown[] | undefined {
  const groups = new Map<string, string[]>();
  for (const text of valuesOf(call, 'resource')) {
    const found = resolve(call, text, verbs);
    if (!found) return undefined;
    groups.set(found.group, unique([...(groups.get(found.group) ?? []), found.resource]));
  }
  const names = unique(call.flags.values.get('resource-name') ?? []);
  const urls = valuesOf(call, 'non-resource-url');
  return [
    ...[...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([group, resources]) => ({
        apiGroups: [group],
        ...(names.length > 0 ? { resourceNames: names } : {}),
        resources,
        verbs,
      })),
    ...(urls.length > 0 ? [{ nonResourceURLs: urls, verbs }] : []),
  ];
}

/** `kubectl create role` and `clusterrole`. */
export const generateRole =
  (kind: 'Role' | 'ClusterRole') =>
  (call: Call, name: string): Making | undefined => {
    const apiVersion = `${RBAC}/v1`;
    const aggregation = valuesOf(call, 'aggregation-rule');
    if (aggregation.length > 0) {
      const matchLabels = pairsOf(aggregation);
      const aggregationRule = { clusterRoleSelectors: [{ matchLabels }] };
      return { object: { aggregationRule, apiVersion, kind, metadata: { name }, rules: null } };
    }
    const asked = unique(valuesOf(call, 'verb'));
    const verbs = asked.includes('*') ? ['*'] : asked;
    if (verbs.length === 0) {
      fail(call, 'at least one verb must be specified');
      return undefined;
    }
    for (const verb of verbs.filter((word) => !USUAL_VERBS.includes(word))) {
      call.stderr += `Warning: '${verb}' is not a standard resource verb\n`;
    }
    const hasUrls = valuesOf(call, 'non-resource-url').length > 0;
    if (valuesOf(call, 'resource').length === 0 && !hasUrls) {
      fail(
        call,
        kind === 'Role'
          ? 'at least one resource must be specified'
          : 'one of resource or nonResourceURL must be specified',
      );
      return undefined;
    }
    const rules = rulesOf(call, verbs);
    return rules && { object: { apiVersion, kind, metadata: { name }, rules } };
  };

function subjectsOf(call: Call): unknown[] | undefined {
  const subjects: unknown[] = [];
  for (const [word, kind] of [
    ['user', 'User'],
    ['group', 'Group'],
  ] as const) {
    for (const name of valuesOf(call, word)) subjects.push({ apiGroup: RBAC, kind, name });
  }
  for (const account of valuesOf(call, 'serviceaccount')) {
    const [namespace, name, ...more] = account.split(':');
    if (!namespace || !name || more.length > 0) {
      fail(call, 'serviceaccount must be <namespace>:<name>');
      return undefined;
    }
    subjects.push({ kind: 'ServiceAccount', name, namespace });
  }
  return subjects;
}

/** `kubectl create rolebinding` and `clusterrolebinding`. */
export const generateBinding =
  (kind: 'RoleBinding' | 'ClusterRoleBinding') =>
  (call: Call, name: string): Making | undefined => {
    const role = valueOf(call, 'role');
    const clusterRole = valueOf(call, 'clusterrole');
    if (kind === 'ClusterRoleBinding' && !clusterRole) {
      fail(call, 'required flag(s) "clusterrole" not set');
      return undefined;
    }
    if ((role === undefined) === (clusterRole === undefined)) {
      fail(call, 'exactly one of clusterrole or role must be specified');
      return undefined;
    }
    const subjects = subjectsOf(call);
    if (!subjects) return undefined;
    const object = {
      apiVersion: `${RBAC}/v1`,
      kind,
      metadata: { name },
      roleRef: {
        apiGroup: RBAC,
        kind: clusterRole === undefined ? 'Role' : 'ClusterRole',
        name: clusterRole ?? role,
      },
      ...(subjects.length > 0 ? { subjects } : {}),
    };
    return { object, refused: `failed to create ${kind.toLowerCase()}: ` };
  };
