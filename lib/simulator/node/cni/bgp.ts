import { nodeAddress, type Node } from '../../api/core/node.ts';
import { networkOf } from '../../base/cidr.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Route } from '../../linux/network.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';

const UPLINK = 'eth0';
const KEY = 'routes';

/** What a peer announces: its part of the pod range, through its own address. */
function announcedBy(peer: Node): Route[] {
  const destination = networkOf(peer.spec.podCIDR ?? '');
  const via = nodeAddress(peer, 'InternalIP');
  if (destination === undefined || via === undefined) return [];
  const because = { kind: 'Node', name: peer.metadata.name, detail: '.spec.podCIDR' };
  return [{ destination, via, device: UPLINK, protocol: 'bird', because }];
}

/** The node's own part: what no pod has there goes nowhere, instead of back to the default gateway. */
function ownBlock(node: Node): Route[] {
  const destination = networkOf(node.spec.podCIDR ?? '');
  if (destination === undefined) return [];
  const because = { kind: 'Node', name: node.metadata.name, detail: '.spec.podCIDR' };
  return [{ destination, device: '', type: 'blackhole', protocol: 'bird', because }];
}

const isLearned = ({ protocol }: Route) => protocol === 'bird';

function reconcile(_key: string, { node, network, store, isPeerRunning }: AgentContext): void {
  const namespace = network.namespaces[node];
  if (!namespace?.links[UPLINK]) return;
  const wanted = store
    .list<Node>('Node')
    .flatMap((each) =>
      each.metadata.name === node
        ? ownBlock(each)
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
 * BIRD on every node, as calico-node runs it: each announces its part of the pod range to all others, which keep a route
 * `proto bird` as long as the session lasts. When a node's BIRD stops, the others withdraw its routes at once; what it
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
