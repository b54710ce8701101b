import type { DaemonSet } from '../../../api/apps/daemon-set.ts';
import type { StatefulSet } from '../../../api/apps/stateful-set.ts';
import type { HorizontalPodAutoscaler } from '../../../api/autoscaling/horizontal-pod-autoscaler.ts';
import type { CronJob } from '../../../api/batch/cron-job.ts';
import type { Job } from '../../../api/batch/job.ts';
import { NODE_LEASE_NAMESPACE, type Lease } from '../../../api/coordination/lease.ts';
import type { ReplicationController } from '../../../api/core/replication-controller.ts';
import type { Secret } from '../../../api/core/secret.ts';
import type { Ingress, IngressClass } from '../../../api/networking/ingress.ts';
import type { NetworkPolicy } from '../../../api/networking/network-policy.ts';
import type { IPAddress, ServiceCIDR } from '../../../api/networking/service-cidr.ts';
import type { PodDisruptionBudget } from '../../../api/policy/pod-disruption-budget.ts';
import type { Deployment } from '../../../api/apps/deployment.ts';
import type { ReplicaSet } from '../../../api/apps/replica-set.ts';
import type { ConfigMap } from '../../../api/core/config-map.ts';
import type { Endpoints } from '../../../api/core/endpoints.ts';
import type { Event } from '../../../api/core/event.ts';
import type { Namespace } from '../../../api/core/namespace.ts';
import type { Node } from '../../../api/core/node.ts';
import type { Pod } from '../../../api/core/pod.ts';
import type { Service } from '../../../api/core/service.ts';
import type { ServiceAccount } from '../../../api/core/service-account.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../../api/discovery/endpoint-slice.ts';
import { requireKind } from '../../../api/kinds.ts';
import { formatLabelSelector, type LabelSelector } from '../../../api/meta/label-selector.ts';
import { ask, fail, isSet, queryOf, urlOf, valueOf, type Call } from '../call.ts';
import { flag, type FlagSpec } from '../flags.ts';
import { alignTabs, WIDE_TABS } from '../print/tab-writer.ts';
import { fetchTarget, parseTargets, readManifests, type Found } from '../resources.ts';
import {
  describeCronJob,
  describeDaemonSet,
  describeJob,
  describeStatefulSet,
} from './describe-batch.ts';
import {
  describeIngress,
  describeIngressClass,
  describeIpAddress,
  describeNetworkPolicy,
  describeServiceCidr,
  type BackendText,
} from './describe-networking.ts';
import { describeNode } from './describe-node.ts';
import {
  describeAny,
  describeConfigMap,
  describeNamespace,
  describeServiceAccount,
} from './describe-plain.ts';
import { describePod } from './describe-pod.ts';
import {
  describeAutoscaler,
  describeBinding,
  describeBudget,
  describeRole,
  describeSecret,
} from './describe-policy.ts';
import {
  describeEndpoints,
  describeEndpointSlice,
  describeService,
  endpointsText,
} from './describe-service.ts';
import { describeDeployment, describeReplicaSet } from './describe-workload.ts';
import { eventLines, type Lines } from './lines.ts';

export const DESCRIBE_FLAGS: readonly FlagSpec[] = [
  flag('selector', 'string', 'l'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('show-events', 'boolean'),
  flag('filename', 'list', 'f'),
  flag('chunk-size', 'int'),
];

/** Objects of a kind by selectors; none when the API refuses. */
function list<T>(
  call: Call,
  kind: string,
  namespace: string | undefined,
  query: Readonly<Record<string, string | undefined>>,
): T[] {
  const path = urlOf(requireKind(kind), namespace) + queryOf(query);
  const answer = ask<{ items: T[] }>(call, { method: 'GET', path });
  return answer.ok ? answer.value.items : [];
}

function eventsOf(call: Call, { kind, object }: Found): Event[] {
  if (valueOf(call, 'show-events') === 'false') return [];
  const { name, namespace = 'default', uid = '' } = object.metadata;
  const fields = [
    `involvedObject.name=${name}`,
    ...(kind.isNamespaced ? [`involvedObject.namespace=${namespace}`] : []),
  ];
  // The kubelet writes its node's events with the name as uid.
  const uids = kind.kind === 'Node' ? [uid, name] : [uid];
  return uids.flatMap((one) =>
    list<Event>(call, 'Event', kind.isNamespaced ? namespace : undefined, {
      fieldSelector: [...fields, `involvedObject.uid=${one}`].join(','),
    }),
  );
}

const isControlledBy = (uid: string | undefined) => (object: { metadata: Pod['metadata'] }) =>
  object.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ?? false;

/** Pods that a selector picks and the object controls. */
function podsOf(call: Call, { object }: Found, selector: LabelSelector): Pod[] {
  const labelSelector = formatLabelSelector(selector);
  const { namespace, uid } = object.metadata;
  return list<Pod>(call, 'Pod', namespace, { labelSelector }).filter(isControlledBy(uid));
}

/** What an Ingress's backend leads to, by the Service's slices. */
const backendOf =
  (call: Call, namespace: string | undefined): BackendText =>
  (name, port) => {
    const labelSelector = `${SERVICE_NAME_LABEL}=${name}`;
    const slices = list<EndpointSlice>(call, 'EndpointSlice', namespace, { labelSelector });
    const answer = ask<Service>(call, {
      method: 'GET',
      path: urlOf(requireKind('Service'), namespace, name),
    });
    if (!answer.ok) return `(<error: ${answer.status.message ?? ''}>)`;
    const own = answer.value.spec.ports?.find((each) =>
      port.number ? each.port === port.number : each.name === port.name,
    );
    return `(${endpointsText(slices, own?.name === undefined ? {} : { name: own.name })})`;
  };

/** Kinds whose description ends without their events. */
const WITHOUT_EVENTS: readonly string[] = [
  'NetworkPolicy',
  'Secret',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
];

/** Kinds with a description of their own that needs at most their pods; undefined for all others. */
function describeTabled(call: Call, found: Found): Lines | undefined {
  const { kind, object } = found;
  if (kind.custom) return undefined;
  switch (kind.kind) {
    case 'StatefulSet': {
      const set = object as StatefulSet;
      return describeStatefulSet(set, podsOf(call, found, set.spec.selector));
    }
    case 'DaemonSet': {
      const set = object as DaemonSet;
      return describeDaemonSet(set, podsOf(call, found, set.spec.selector));
    }
    case 'Job':
      return describeJob(object as Job);
    case 'CronJob':
      return describeCronJob(object as CronJob);
    case 'NetworkPolicy':
      return describeNetworkPolicy(object as NetworkPolicy);
    case 'Ingress':
      return describeIngress(object as Ingress, backendOf(call, object.metadata.namespace));
    case 'IngressClass':
      return describeIngressClass(object as IngressClass);
    case 'ServiceCIDR':
      return describeServiceCidr(object as ServiceCIDR);
    case 'IPAddress':
      return describeIpAddress(object as IPAddress);
    case 'Secret':
      return describeSecret(object as Secret);
    case 'PodDisruptionBudget':
      return describeBudget(object as PodDisruptionBudget);
    case 'HorizontalPodAutoscaler':
      return describeAutoscaler(object as HorizontalPodAutoscaler);
    case 'Role':
    case 'ClusterRole':
      return describeRole(object);
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return describeBinding(object);
    default:
      return undefined;
  }
}

function describeOne(call: Call, found: Found): string {
  const { object } = found;
  const { namespace, name, uid } = object.metadata;
  const { now } = call.server;
  const events = eventsOf(call, found);
  switch (found.kind.kind) {
    case 'Pod':
      return describePod(object as Pod, events, now);
    case 'Service': {
      const labelSelector = `${SERVICE_NAME_LABEL}=${name}`;
      const slices = list<EndpointSlice>(call, 'EndpointSlice', namespace, { labelSelector });
      return describeService(object as Service, slices, events, now);
    }
    case 'EndpointSlice':
      return describeEndpointSlice(object as EndpointSlice, events, now);
    case 'Endpoints':
      return describeEndpoints(object as Endpoints, events, now);
    case 'Deployment': {
      const labelSelector = formatLabelSelector((object as Deployment).spec.selector);
      const sets = list<ReplicaSet>(call, 'ReplicaSet', namespace, { labelSelector });
      return describeDeployment(
        object as Deployment,
        sets.filter(isControlledBy(uid)),
        events,
        now,
      );
    }
    case 'ReplicaSet': {
      const pods = podsOf(call, found, (object as ReplicaSet).spec.selector);
      return describeReplicaSet(object as ReplicaSet, pods, events, now);
    }
    case 'ReplicationController':
      return describeReplicaSet(
        object as ReplicationController,
        podsOf(call, found, { matchLabels: (object as ReplicationController).spec.selector ?? {} }),
        events,
        now,
      );
    case 'Node': {
      const fieldSelector = `spec.nodeName=${name},status.phase!=Failed,status.phase!=Succeeded`;
      const pods = list<Pod>(call, 'Pod', undefined, { fieldSelector });
      const lease = ask<Lease>(call, {
        method: 'GET',
        path: urlOf(requireKind('Lease'), NODE_LEASE_NAMESPACE, name),
      });
      return describeNode(
        object as Node,
        pods,
        events,
        lease.ok ? lease.value : (lease.status.message ?? ''),
        now,
      );
    }
    case 'Namespace':
      return describeNamespace(object as Namespace);
    case 'ConfigMap':
      return describeConfigMap(object as ConfigMap, events, now);
    case 'ServiceAccount':
      return describeServiceAccount(object as ServiceAccount, events, now);
    default: {
      const lines = describeTabled(call, found);
      if (!lines) return describeAny(object, events, now);
      if (!WITHOUT_EVENTS.includes(found.kind.kind)) eventLines(lines, events, now);
      return lines.text;
    }
  }
}

/** Objects whose names begin with a text that is no name itself: `describe pod web`. */
function byPrefix(call: Call, word: string, found: Found): boolean {
  return found.object.metadata.name.startsWith(word) && call.exitCode === 0;
}

/** Objects to describe; those that were found by the beginning of their name stand closer together. */
interface Described {
  readonly found: readonly Found[];
  readonly separator: '\n' | '\n\n';
}

function findDescribed(call: Call): Described | undefined {
  if (valueOf(call, 'filename') !== undefined) {
    const found = readManifests(call).flatMap(({ kind, object }) =>
      fetchTarget(call, { kind, name: object.metadata.name }),
    );
    return { found, separator: '\n\n' };
  }
  if (call.flags.words.length === 0) {
    fail(
      call,
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    );
    return undefined;
  }
  const targets = parseTargets(call, call.flags.words);
  if (!targets) return undefined;
  let separator: Described['separator'] = '\n\n';
  const all = targets.flatMap((target) => {
    const before = call.stderr;
    const exact = fetchTarget(call, target);
    if (exact.length > 0 || target.name === undefined) return exact;
    const complaint = call.stderr;
    call.stderr = before;
    call.exitCode = 0;
    const word = target.name;
    const similar = fetchTarget(call, { kind: target.kind }).filter((found) =>
      byPrefix(call, word, found),
    );
    if (similar.length === 0) {
      call.stderr = complaint;
      call.exitCode = 1;
    } else separator = '\n';
    return similar;
  });
  return { found: all, separator };
}

/** `kubectl describe`. */
export function describe(call: Call): void {
  const described = findDescribed(call);
  if (!described) return;
  const { found, separator } = described;
  if (found.length === 0 && call.exitCode === 0) {
    call.stderr += isSet(call, 'all-namespaces')
      ? 'No resources found\n'
      : `No resources found in ${call.namespace} namespace.\n`;
  }
  call.stdout += found.map((one) => alignTabs(describeOne(call, one), WIDE_TABS)).join(separator);
}
