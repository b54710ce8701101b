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
import { formatLabelSelector } from '../../../api/meta/label-selector.ts';
import { ask, fail, isSet, queryOf, urlOf, valueOf, type Call } from '../call.ts';
import { flag, type FlagSpec } from '../flags.ts';
import { alignTabs, WIDE_TABS } from '../print/tab-writer.ts';
import { fetchTarget, parseTargets, readManifests, type Found } from '../resources.ts';
import { describeNode } from './describe-node.ts';
import {
  describeAny,
  describeConfigMap,
  describeNamespace,
  describeServiceAccount,
} from './describe-plain.ts';
import { describePod } from './describe-pod.ts';
import { describeEndpoints, describeEndpointSlice, describeService } from './describe-service.ts';
import { describeDeployment, describeReplicaSet } from './describe-workload.ts';

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
      const labelSelector = formatLabelSelector((object as ReplicaSet).spec.selector);
      const pods = list<Pod>(call, 'Pod', namespace, { labelSelector });
      return describeReplicaSet(
        object as ReplicaSet,
        pods.filter(isControlledBy(uid)),
        events,
        now,
      );
    }
    case 'Node': {
      const fieldSelector = `spec.nodeName=${name},status.phase!=Failed,status.phase!=Succeeded`;
      const pods = list<Pod>(call, 'Pod', undefined, { fieldSelector });
      return describeNode(
        object as Node,
        pods,
        events,
        'the server could not find the requested resource',
        now,
      );
    }
    case 'Namespace':
      return describeNamespace(object as Namespace);
    case 'ConfigMap':
      return describeConfigMap(object as ConfigMap, events, now);
    case 'ServiceAccount':
      return describeServiceAccount(object as ServiceAccount, events, now);
    default:
      return describeAny(object, events, now);
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
