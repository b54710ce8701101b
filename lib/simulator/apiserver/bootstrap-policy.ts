import type { KubeObject } from '../api/meta/object.ts';
import {
  RBAC_GROUP,
  type ClusterRole,
  type ClusterRoleBinding,
  type PolicyRule,
  type Subject,
} from '../api/rbac/role.ts';

const READ = 'get,list,watch';
const WRITE = 'create,delete,deletecollection,patch,update';
const ALL = 'create,delete,deletecollection,get,list,patch,update,watch';
const WORKLOADS = 'daemonsets,deployments,deployments/scale';
const SETS = 'replicasets,replicasets/scale';
const CHECKS = [
  'create authentication.k8s.io tokenreviews',
  'create authorization.k8s.io subjectaccessreviews',
];
const EVENTS = 'create,patch,update core,events.k8s.io events';

/** A rule in a line: `verbs groups resources [names]`, `core` for the group without a name; or `get` and paths. */
type RuleText = string;

/**
 * The ClusterRoles that an API server makes when it starts (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go), and
 * the one of the CoreDNS add-on. Simplified: the roles of single controllers, of certificates and of storage are left out.
 */
const RULES: Readonly<Record<string, readonly RuleText[]>> = {
  'cluster-admin': ['* * *', '* *'],
  'system:aggregate-to-admin': [
    'create authorization.k8s.io localsubjectaccessreviews',
    `${ALL} rbac.authorization.k8s.io rolebindings,roles`,
  ],
  'system:aggregate-to-edit': [
    `${READ} core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy`,
    'impersonate core serviceaccounts',
    `${WRITE} core pods,pods/attach,pods/exec,pods/portforward,pods/proxy`,
    'create core pods/eviction',
    `${WRITE} core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy`,
    'create core serviceaccounts/token',
    `${WRITE} apps ${WORKLOADS.replace('deployments/', 'deployments/rollback,deployments/')},${SETS},statefulsets,statefulsets/scale`,
    `${WRITE} autoscaling horizontalpodautoscalers`,
    `${WRITE} batch cronjobs,jobs`,
    `${WRITE} extensions ${WORKLOADS.replace('deployments/', 'deployments/rollback,deployments/')},ingresses,networkpolicies,${SETS},replicationcontrollers/scale`,
    `${WRITE} policy poddisruptionbudgets`,
    `${WRITE} networking.k8s.io ingresses,networkpolicies`,
    `${ALL} coordination.k8s.io leases`,
  ],
  'system:aggregate-to-view': [
    `${READ} core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status`,
    `${READ} core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status`,
    `${READ} core namespaces`,
    `${READ} discovery.k8s.io endpointslices`,
    `${READ} apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,${SETS},replicasets/status,statefulsets,statefulsets/scale,statefulsets/status`,
    `${READ} autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status`,
    `${READ} batch cronjobs,cronjobs/status,jobs,jobs/status`,
    `${READ} extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,${SETS},replicasets/status,replicationcontrollers/scale`,
    `${READ} policy poddisruptionbudgets,poddisruptionbudgets/status`,
    `${READ} networking.k8s.io ingresses,ingresses/status,networkpolicies`,
  ],
  'system:auth-delegator': CHECKS,
  'system:basic-user': [
    'create authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews',
    'create authentication.k8s.io selfsubjectreviews',
  ],
  'system:coredns': [
    'list,watch core endpoints,services,pods,namespaces',
    'list,watch discovery.k8s.io endpointslices',
  ],
  'system:discovery': [
    'get /api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/',
  ],
  'system:kube-controller-manager': [
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-controller-manager',
    'create core secrets,serviceaccounts',
    'delete core secrets',
    'get core configmaps,namespaces,secrets,serviceaccounts',
    'update core secrets,serviceaccounts',
    ...CHECKS,
    'list,watch * *',
    'create core serviceaccounts/token',
  ],
  'system:kube-dns': ['list,watch core endpoints,services'],
  'system:kube-scheduler': [
    EVENTS,
    'create coordination.k8s.io leases',
    'get,update coordination.k8s.io leases kube-scheduler',
    `${READ} core nodes`,
    `delete,${READ} core pods`,
    'create core bindings,pods/binding',
    'patch,update core pods/status',
    `${READ} core replicationcontrollers,services`,
    `${READ} apps,extensions replicasets`,
    `${READ} apps statefulsets`,
    `${READ} policy poddisruptionbudgets`,
    `${READ} core persistentvolumeclaims,persistentvolumes`,
    ...CHECKS,
  ],
  'system:monitoring': [
    'get /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*',
  ],
  'system:node': [
    CHECKS[0] ?? '',
    'create authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews',
    `${READ} core services`,
    `create,${READ} core nodes`,
    'patch,update core nodes/status',
    'patch,update core nodes',
    'create,patch,update core events',
    `${READ} core pods`,
    'create,delete core pods',
    'patch,update core pods/status',
    'create core pods/eviction',
    `${READ} core configmaps,secrets`,
    'get core persistentvolumeclaims,persistentvolumes',
    'get core endpoints',
    'create,delete,get,patch,update coordination.k8s.io leases',
    'create core serviceaccounts/token',
  ],
  'system:node-proxier': [
    'list,watch core endpoints,services',
    `${READ} core nodes`,
    EVENTS,
    'list,watch discovery.k8s.io endpointslices',
    'list,watch networking.k8s.io servicecidrs',
  ],
  'system:public-info-viewer': ['get /healthz /livez /readyz /version /version/'],
  'system:service-account-issuer-discovery': [
    'get /.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/',
  ],
};

/** Which role gives its rules to which: `view` to `edit`, `edit` to `admin`. */
const AGGREGATES: Readonly<Record<string, string>> = {
  'system:aggregate-to-admin': 'admin',
  'system:aggregate-to-edit': 'edit',
  'system:aggregate-to-view': 'view',
  edit: 'admin',
  view: 'edit',
};

/** `role: kind name`, the binding named as the role is. */
const BINDINGS: readonly (readonly [role: string, subject: string, name?: string])[] = [
  ['cluster-admin', 'Group system:masters'],
  ['cluster-admin', 'Group kubeadm:cluster-admins', 'kubeadm:cluster-admins'],
  ['system:basic-user', 'Group system:authenticated'],
  ['system:coredns', 'ServiceAccount coredns'],
  ['system:discovery', 'Group system:authenticated'],
  ['system:kube-controller-manager', 'User system:kube-controller-manager'],
  ['system:kube-dns', 'ServiceAccount kube-dns'],
  ['system:kube-scheduler', 'User system:kube-scheduler'],
  ['system:monitoring', 'Group system:monitoring'],
  ['system:node', ''],
  ['system:node-proxier', 'User system:kube-proxy'],
  ['system:public-info-viewer', 'Group system:authenticated,Group system:unauthenticated'],
  ['system:service-account-issuer-discovery', 'Group system:serviceaccounts'],
];

/** What an add-on or the installer brings is not the API server's own. */
const NOT_BUILT_IN: readonly string[] = ['system:coredns', 'kubeadm:cluster-admins'];

function ruleOf(text: RuleText): PolicyRule {
  const [verbs = '', first = '', ...rest] = text.split(' ');
  const [resources, names] = rest;
  const isPath = first.startsWith('/') || resources === undefined;
  if (isPath) return { verbs: verbs.split(','), nonResourceURLs: [first, ...rest] };
  return {
    verbs: verbs.split(','),
    apiGroups: first.split(',').map((group) => (group === 'core' ? '' : group)),
    resources: resources.split(','),
    ...(names !== undefined && { resourceNames: names.split(',') }),
  };
}

function metadataOf(name: string) {
  const to = AGGREGATES[name];
  if (NOT_BUILT_IN.includes(name)) {
    return name.startsWith('system:')
      ? { name, labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' } }
      : { name };
  }
  return {
    name,
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
    labels: {
      'kubernetes.io/bootstrapping': 'rbac-defaults',
      ...(to !== undefined && { [`${RBAC_GROUP}/aggregate-to-${to}`]: 'true' }),
    },
  };
}

const ROLE = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' } as const;

/** A role whose rules are gathered from others. */
const gathered = (name: string): ClusterRole => ({
  ...ROLE,
  metadata: metadataOf(name),
  aggregationRule: {
    clusterRoleSelectors: [{ matchLabels: { [`${RBAC_GROUP}/aggregate-to-${name}`]: 'true' } }],
  },
});

function subjectOf(text: string): Subject {
  const [kind = '', name = ''] = text.split(' ');
  return kind === 'ServiceAccount'
    ? { kind, name, namespace: 'kube-system' }
    : { kind, apiGroup: RBAC_GROUP, name };
}

const bindingOf = ([
  role,
  subjects,
  name = role,
]: (typeof BINDINGS)[number]): ClusterRoleBinding => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: metadataOf(name),
  ...(subjects !== '' && { subjects: subjects.split(',').map(subjectOf) }),
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: role },
});

/** What a fresh cluster lets whom do: default ClusterRoles and their bindings. */
export function bootstrapPolicy(): KubeObject[] {
  const roles = Object.entries(RULES).map(([name, rules]): ClusterRole => ({
    ...ROLE,
    metadata: metadataOf(name),
    rules: rules.map(ruleOf),
  }));
  return [...roles, ...['view', 'edit', 'admin'].map(gathered), ...BINDINGS.map(bindingOf)];
}
