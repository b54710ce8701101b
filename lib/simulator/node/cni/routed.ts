import { nodeAddress, type Node } from '../../api/core/node.ts';
import { networkOf } from '../../base/cidr.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Route } from '../../linux/network.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';

const UPLINK = 'eth0';

/** A route to the pods of every other node, through that node's address: the node with the prefix is the reason. */
function podRoutes(node: string, nodes: readonly Node[]): readonly Route[] {
  return nodes.flatMap((other) => {
    const { name } = other.metadata;
    const via = nodeAddress(other, 'InternalIP');
    const destination = networkOf(other.spec.podCIDR ?? '');
    if (name === node || via === undefined || destination === undefined) return [];
    const because = { kind: 'Node', name, detail: '.spec.podCIDR' };
    return [{ destination, via, device: UPLINK, because }];
  });
}

/** A route that this agent wrote: it has a Node for a reason. */
const isOurs = ({ because, device }: Route) => because?.kind === 'Node' && device === UPLINK;

function reconcile(_key: string, { node, network, store }: AgentContext): void {
  const namespace = network.namespaces[node];
  if (!namespace?.links[UPLINK]) return;
  const wanted = podRoutes(node, store.list<Node>('Node'));
  for (const route of namespace.routes.filter(isOurs)) {
    if (!wanted.some((other) => isSameJson(other, route))) deleteRoute(namespace, route);
  }
  for (const route of wanted) {
    if (!namespace.routes.some((other) => isSameJson(other, route))) addRoute(namespace, route);
  }
}

/**
 * Keeps the routes between the pod ranges of the nodes, as flannel's host-gw backend and kindnet do: no tunnel, the
 * nodes share one network.
 */
export const routedCni: NodeAgent = {
  name: 'routed-cni',
  keysOf: ({ object }) => (object.kind === 'Node' ? ['routes'] : []),
  reconcile,
};
