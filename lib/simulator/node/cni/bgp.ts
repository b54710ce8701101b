import { nodeAddresses, podCidrsOf, type Node } from '../../api/core/node.ts';
import { networkOf, parseCidr } from '../../base/cidr.ts';
import { ipVersion, type IpVersion } from '../../base/ip.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Route } from '../../linux/network.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';

const UPLINK = 'eth0';
const KEY = 'routes';

/** What the kernel gives an IPv6 route that names no metric. */
const METRIC6 = 1024;

/** A node's part of the pod range of one family. */
interface Block {
  readonly version: IpVersion;
  readonly destination: string;
  readonly because: ObjectRef;
}

const blocksOf = (node: Node): Block[] =>
  podCidrsOf(node).flatMap((cidr, index) => {
    const version = parseCidr(cidr)?.version;
    const destination = networkOf(cidr);
    if (version === undefined || destination === undefined) return [];
    const detail = index === 0 ? '.spec.podCIDR' : `.spec.podCIDRs[${index}]`;
    return [{ version, destination, because: { kind: 'Node', name: node.metadata.name, detail } }];
  });

const metricOf = (version: IpVersion) => (version === 6 ? { metric: METRIC6 } : {});

/**
 * What a peer announces: its parts of the pod ranges, each through its own address of the family. The sessions are of many
 * hops (`multihop` in the template), so that an IPv6 gateway is no link-local address.
 */
const announcedBy = (peer: Node): Route[] =>
  blocksOf(peer).flatMap(({ version, destination, because }): Route[] => {
    const via = nodeAddresses(peer, 'InternalIP').find((ip) => ipVersion(ip) === version);
    if (via === undefined) return [];
    return [{ destination, via, device: UPLINK, protocol: 'bird', ...metricOf(version), because }];
  });

/** The node's own parts: what no pod has there goes nowhere, instead of back to the default gateway. */
const ownBlocks = (node: Node): Route[] =>
  blocksOf(node).map(({ version, destination, because }) => ({
    destination,
    device: '',
    type: 'blackhole',
    protocol: 'bird',
    ...metricOf(version),
    because,
  }));

const isLearned = ({ protocol }: Route) => protocol === 'bird';

function reconcile(_key: string, { node, network, store, isPeerRunning }: AgentContext): void {
  const namespace = network.namespaces[node];
  if (!namespace?.links[UPLINK]) return;
  const wanted = store
    .list<Node>('Node')
    .flatMap((each) =>
      each.metadata.name === node
        ? ownBlocks(each)
        : isPeerRunning(each.metadata.name)
          ? announcedBy(each)
          : [],
    );
  for (const route of namespace.routes.filter(isLearned)) {
    if (!wanted.some((other) => isSameJson(other, route))) deleteRoute(namespace, route);
  }
  for (const route of wanted) {
    if (!namespace.routes.some((other) => isSameJson(other, route))) addRoute(namespace, route);
  }
}

/**
 * BIRD on every node, as calico-node runs it (one for each family): each announces its part of the pod range to all others,
 * which keep a route `proto bird` as long as the session lasts. When a node's BIRD stops, the others withdraw its routes at once; what it
 * has learned itself stays in its kernel (`persist`). Source: projectcalico/calico confd/etc/calico/confd/templates.
 *
 * Simplified: the sessions are no TCP connections, there are no hold timers and there is no graceful restart.
 */
export const bird: NodeAgent = {
  name: 'bird',
  keysOf: ({ object }) => (object.kind === 'Node' ? [KEY] : []),
  keysOfSession: [KEY],
  reconcile,
};
