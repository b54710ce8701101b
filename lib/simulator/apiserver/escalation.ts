import type { ClusterRole, PolicyRule, Role, RoleBinding } from '../api/rbac/role.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import { authorize, covers, grantsOf, isMaster } from './authorize.ts';
import type { Attributes } from './request-attributes.ts';
import type { RequestUser } from './rest-types.ts';
import { forbiddenStatus } from './status.ts';
import type { Store } from './store.ts';

/** A rule taken apart: one verb on one thing. */
interface Right {
  readonly wanted: Attributes;
  readonly rule: PolicyRule;
}

function rightsOf(rule: PolicyRule, namespace: string): Right[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const paths = verbs.flatMap((verb) =>
    nonResourceURLs.map((path): Right => {
      const own = { verbs: [verb], nonResourceURLs: [path] };
      return { wanted: { type: 'path', verb, path }, rule: own };
    }),
  );
  const names = resourceNames.length > 0 ? resourceNames : [''];
  const things = apiGroups.flatMap((apiGroup) =>
    resources.flatMap((what) =>
      names.flatMap((name) =>
        verbs.map((verb): Right => {
          const [resource = '', subresource = ''] = what.split('/');
          return {
            wanted: { type: 'resource', verb, namespace, apiGroup, resource, subresource, name },
            rule: {
              verbs: [verb],
              apiGroups: [apiGroup],
              resources: [what],
              ...(name === '' ? {} : { resourceNames: [name] }),
            },
          };
        }),
      ),
    ),
  );
  return [...things, ...paths];
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
function describeRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts
    .flatMap(([name, list]) => (list?.length ? [`${name}:${formatList(list)}`] : []))
    .join(', ')}}`;
}

const formatList = (list: readonly string[]) =>
  `[${list.map((each) => JSON.stringify(each)).join(' ')}]`;

/** Rules about the same thing as one, with all their verbs. */
function compact(rules: readonly PolicyRule[]): PolicyRule[] {
  const byThing = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const thing = describeRule({ ...rule, verbs: [] });
    const known = byThing.get(thing);
    if (known) known.verbs.push(...rule.verbs);
    else byThing.set(thing, { ...rule, verbs: [...rule.verbs] });
  }
  return [...byThing.values()];
}

interface Granted {
  readonly rules: readonly PolicyRule[];
  /** Whoever may do this to the role may grant more than he has. */
  readonly exemption: Attributes;
}

/** What a role or binding gives to others; undefined for other objects. */
function grantedBy(object: KubeObject, store: Store): Granted | undefined {
  const { namespace = '', name } = object.metadata;
  const exempt = (verb: string, kind: string, of: string): Attributes => ({
    type: 'resource',
    verb,
    namespace,
    apiGroup: 'rbac.authorization.k8s.io',
    resource: `${kind.toLowerCase()}s`,
    subresource: '',
    name: of,
  });
  switch (object.kind) {
    case 'Role':
    case 'ClusterRole':
      return {
        rules: (object as Role | ClusterRole).rules ?? [],
        exemption: exempt('escalate', object.kind, name),
      };
    case 'RoleBinding':
    case 'ClusterRoleBinding': {
      const { kind, name: of } = (object as RoleBinding).roleRef;
      const role = store.get<Role>(kind, kind === 'Role' ? namespace : undefined, of);
      return { rules: role?.rules ?? [], exemption: exempt('bind', kind, of) };
    }
    default:
      return undefined;
  }
}

/**
 * Why somebody may not write a role or binding: it gives rights that he does not have himself
 * (pkg/registry/rbac `ConfirmNoEscalation`).
 */
export function escalationProblem(
  kind: KindDescription,
  object: KubeObject,
  user: RequestUser,
  store: Store,
): Status | undefined {
  const granted = grantedBy(object, store);
  if (!granted || isMaster(user)) return undefined;
  if (authorize(user, granted.exemption, store).isAllowed) return undefined;
  const { namespace = '', name } = object.metadata;
  const held = grantsOf(store, user, namespace).grants;
  const missing = granted.rules
    .flatMap((rule) => rightsOf(rule, namespace))
    .filter(({ wanted }) => !held.some(({ rule }) => covers(rule, wanted)))
    .map(({ rule }) => rule);
  if (missing.length === 0) return undefined;
  const who = `user ${JSON.stringify(user.name)} (groups=${formatList(user.groups)})`;
  const rules = compact(missing).map(describeRule).sort().join('\n');
  return forbiddenStatus(
    kind,
    name,
    `${who} is attempting to grant RBAC permissions not currently held:\n${rules}`,
  );
}
