import { invariant } from '../base/invariant.ts';
import { CONTROLLER_REVISION } from './apps/controller-revision-kind.ts';
import { MUTATING_WEBHOOK_CONFIGURATION } from './admissionregistration/mutating-webhook-configuration-kind.ts';
import { CUSTOM_RESOURCE_DEFINITION } from './apiextensions/custom-resource-definition-kind.ts';
import { DAEMON_SET } from './apps/daemon-set-kind.ts';
import { DEPLOYMENT } from './apps/deployment-kind.ts';
import { REPLICA_SET } from './apps/replica-set-kind.ts';
import { STATEFUL_SET } from './apps/stateful-set-kind.ts';
import { CRON_JOB } from './batch/cron-job-kind.ts';
import { JOB } from './batch/job-kind.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './autoscaling/horizontal-pod-autoscaler-kind.ts';
import { LEASE } from './coordination/lease-kind.ts';
import { CONFIG_MAP } from './core/config-map-kind.ts';
import { ENDPOINTS } from './core/endpoints-kind.ts';
import { EVENT } from './core/event-kind.ts';
import { NAMESPACE } from './core/namespace-kind.ts';
import { NODE } from './core/node-kind.ts';
import { POD } from './core/pod-kind.ts';
import { REPLICATION_CONTROLLER } from './core/replication-controller-kind.ts';
import { SECRET } from './core/secret-kind.ts';
import { SERVICE_ACCOUNT } from './core/service-account-kind.ts';
import { SERVICE } from './core/service-kind.ts';
import { ENDPOINT_SLICE } from './discovery/endpoint-slice-kind.ts';
import type { KubeObject } from './meta/object.ts';
import { INGRESS_CLASS } from './networking/ingress-class-kind.ts';
import { INGRESS } from './networking/ingress-kind.ts';
import { NETWORK_POLICY } from './networking/network-policy-kind.ts';
import { IP_ADDRESS, SERVICE_CIDR } from './networking/service-cidr-kind.ts';
import { ADMIN_NETWORK_POLICY } from './policy-networking/admin-network-policy-kind.ts';
import { BASELINE_ADMIN_NETWORK_POLICY } from './policy-networking/baseline-admin-network-policy-kind.ts';
import { CLUSTER_NETWORK_POLICY } from './policy-networking/cluster-network-policy-kind.ts';
import { POD_DISRUPTION_BUDGET } from './policy/pod-disruption-budget-kind.ts';
import { CLUSTER_ROLE_BINDING, ROLE_BINDING } from './rbac/role-binding-kind.ts';
import { CLUSTER_ROLE, ROLE } from './rbac/role-kind.ts';
import { apiVersionOf, type KindDescription } from './schema/kind-description.ts';

/** Every built-in kind, in the order of `kubectl api-resources`: by group, then by plural name. */
export const KINDS: readonly KindDescription[] = [
  CONFIG_MAP,
  ENDPOINTS,
  EVENT,
  NAMESPACE,
  NODE,
  POD,
  REPLICATION_CONTROLLER,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  CONTROLLER_REVISION,
  DAEMON_SET,
  DEPLOYMENT,
  REPLICA_SET,
  STATEFUL_SET,
  CRON_JOB,
  JOB,
  HORIZONTAL_POD_AUTOSCALER,
  LEASE,
  ENDPOINT_SLICE,
  MUTATING_WEBHOOK_CONFIGURATION,
  CUSTOM_RESOURCE_DEFINITION,
  INGRESS_CLASS,
  INGRESS,
  IP_ADDRESS,
  NETWORK_POLICY,
  SERVICE_CIDR,
  POD_DISRUPTION_BUDGET,
  ADMIN_NETWORK_POLICY,
  BASELINE_ADMIN_NETWORK_POLICY,
  CLUSTER_NETWORK_POLICY,
  CLUSTER_ROLE_BINDING,
  CLUSTER_ROLE,
  ROLE_BINDING,
  ROLE,
];

/** The kinds that one API server serves: the built-in ones, and behind them those that its CustomResourceDefinitions add. */
export interface Kinds {
  /** Every version of every kind, in the order of discovery; the first version of a kind is its preferred one. */
  readonly list: readonly KindDescription[];
  /** One description per kind under the key that the store uses; of several versions the one that is stored. */
  readonly byKey: ReadonlyMap<string, KindDescription>;
}

/** What a store without CustomResourceDefinitions serves. */
export const BUILT_IN_KINDS: Kinds = {
  list: KINDS,
  byKey: new Map(KINDS.map((description) => [description.kind, description])),
};

const builtInGroups = new Set(KINDS.map(({ group }) => group));

/** `gateway.networking.k8s.io` of `gateway.networking.k8s.io/v1`; empty for `v1`. */
export function groupOf(apiVersion: string): string {
  return apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));
}

/** Whether a group is one of the API server's own: no CustomResourceDefinition can add to it. */
export const isBuiltInGroup = (group: string): boolean => builtInGroups.has(group);

/**
 * The key under which the store keeps a kind: `Pod`; of a custom kind with its group, `HTTPRoute.gateway.networking.k8s.io`,
 * because custom kinds may share a name with others (knative's `Service`).
 */
export const kindKey = ({ group, kind }: Pick<KindDescription, 'group' | 'kind'>): string =>
  builtInGroups.has(group) ? kind : `${kind}.${group}`;

/** The key of the kind that an object says it is. */
export const kindKeyOf = ({ apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>): string =>
  kindKey({ group: groupOf(apiVersion), kind });

/** A kind by the store's key (`EndpointSlice`, `HTTPRoute.gateway.networking.k8s.io`) that must exist: another is a bug. */
export function requireKind(key: string, kinds: Kinds = BUILT_IN_KINDS): KindDescription {
  const description = kinds.byKey.get(key);
  invariant(description, `the API serves no kind ${key}`);
  return description;
}

/** A kind by `apiVersion` and `kind`, as manifests name it. */
export function findGroupVersionKind(
  apiVersion: string,
  kind: string,
  kinds: Kinds = BUILT_IN_KINDS,
): KindDescription | undefined {
  return findVersion(kindKeyOf({ apiVersion, kind }), apiVersion, kinds);
}

/** A kind by the store's key, in one of its versions. */
export function findVersion(
  key: string,
  apiVersion: string,
  kinds: Kinds = BUILT_IN_KINDS,
): KindDescription | undefined {
  const stored = kinds.byKey.get(key);
  if (!stored || apiVersionOf(stored) === apiVersion) return stored;
  return kinds.list.find((each) => apiVersionOf(each) === apiVersion && kindKey(each) === key);
}

/** A kind by what people type: plural, singular, short name, kind, or `deployments.apps`, `deploy.v1.apps`. */
export function findResource(
  text: string,
  kinds: Kinds = BUILT_IN_KINDS,
): KindDescription | undefined {
  const [name = '', ...group] = text.toLowerCase().split('.');
  const suffix = group.join('.');
  return kinds.list.find(
    (description) =>
      [
        description.plural,
        description.singular,
        description.kind.toLowerCase(),
        ...description.shortNames,
      ].includes(name) &&
      (suffix === '' ||
        suffix === description.group ||
        suffix === `${description.version}.${description.group}`),
  );
}
