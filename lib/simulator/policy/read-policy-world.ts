import type { Namespace } from '../api/core/namespace.ts';
import type { Node } from '../api/core/node.ts';
import { hasEnded, type Pod } from '../api/core/pod.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { ipVersion } from '../base/ip.ts';
import { comparePolicies, normalizePolicy, POLICY_KINDS } from './normalize-policies.ts';
import type { PolicyObject } from './normalize-policies.ts';
import type { NamedPort, PolicyNode, PolicyPod, PolicyWorld } from './policy-world.ts';

/** Whoever has the objects of a cluster: the API server's store, or a list of manifests. */
export interface ObjectReader {
  list<T extends KubeObject = KubeObject>(kind: string): readonly T[];
}

const pods = new WeakMap<Pod, PolicyPod>();
const nodes = new WeakMap<Node, PolicyNode>();

/** Of containers and sidecars, as `FindPort` of pkg/api/v1/pod looks a port name up. */
function namedPortsOf({ containers, initContainers = [] }: Pod['spec']): readonly NamedPort[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, protocol = 'TCP', containerPort: port }) =>
      name ? [{ name, protocol, port }] : [],
    ),
  );
}

function podOf(pod: Pod): PolicyPod {
  const { metadata, spec, status } = pod;
  const namespace = metadata.namespace ?? 'default';
  const first = status?.podIP ? [status.podIP] : [];
  return {
    key: `${namespace}/${metadata.name}`,
    namespace,
    name: metadata.name,
    labels: metadata.labels ?? {},
    node: spec.nodeName ?? '',
    isOnHostNetwork: spec.hostNetwork ?? false,
    addresses: status?.podIPs?.map(({ ip }) => ip) ?? first,
    namedPorts: namedPortsOf(spec),
  };
}

/** Every address of its status that is one, as a `nodes` peer finds it (v1alpha2 `ClusterNetworkPolicyEgressPeer`). */
const nodeOf = ({ metadata, status }: Node): PolicyNode => ({
  name: metadata.name,
  labels: metadata.labels ?? {},
  addresses: (status?.addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => ipVersion(address) !== undefined),
});

function once<K extends object, V>(cache: WeakMap<K, V>, make: (key: K) => V) {
  return (key: K): V => {
    const hit = cache.get(key);
    if (hit) return hit;
    const value = make(key);
    cache.set(key, value);
    return value;
  };
}

/**
 * All that decides who may talk to whom, of the objects as they are. What has not changed between two readings is the same
 * value again, so that engines can keep what they made of it.
 */
export function readPolicyWorld(reader: ObjectReader): PolicyWorld {
  return {
    pods: reader
      .list<Pod>('Pod')
      .filter((pod) => !hasEnded(pod))
      .map(once(pods, podOf)),
    namespaces: new Map(
      reader
        .list<Namespace>('Namespace')
        .map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
    ),
    nodes: reader.list<Node>('Node').map(once(nodes, nodeOf)),
    policies: POLICY_KINDS.flatMap((kind) => reader.list<PolicyObject>(kind))
      .map(normalizePolicy)
      .sort(comparePolicies),
  };
}
