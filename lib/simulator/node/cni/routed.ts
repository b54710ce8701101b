import { nodeAddresses, podCidrsOf, type Node } from '../../api/core/node.ts';
import { networkOf, parseCidr } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Route } from '../../linux/network.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';

const UPLINK = 'eth0';
/** What the kernel gives an IPv6 route that names no metric. */
const METRIC6 = 1024;

/** A route to the pods of every other node, through that node's address: the node with the prefix is the reason. */
function podRoutes(node: string, nodes: readonly Node[]): readonly Route[] {
  return nodes.flatMap((other) => {
    const { name } = other.metadata;
    if (name === node) return [];
    return podCidrsOf(other).flatMap((cidr, index) => {
      const version = parseCidr(cidr)?.version;
      const via = nodeAddresses(other, 'InternalIP').find((ip) => ipVersion(ip) === version);
      const destination = networkOf(cidr);
      if (via === undefined || destination === undefined) return [];
      const detail = index === 0 ? '.spec.podCIDR' : `.spec.podCIDRs[${index}]`;
      const route: Route = {
        destination,
        via,
        device: UPLINK,
        ...(version === 6 ? { metric: METRIC6 } : {}),
        because: { kind: 'Node', name, detail },
      };
      return [route];
    });
  });
}

/** A route that this agent wrote: it has a Node for a reason. */
const isOurs = ({ because, device }: Route) => because?.kind === 'Node' && device === UPLINK;

type RoutesByDestination = ReadonlyMap<string, readonly Route[]>;

function groupRoutes(routes: readonly Route[]): RoutesByDestination {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const group = groups.get(route.destination);
    if (group) group.push(route);
    else groups.set(route.destination, [route]);
  }
  return groups;
}

const isAmong = (route: Route, groups: RoutesByDestination) =>
  groups.get(route.destination)?.some((other) => isSameJson(other, route)) === true;

function reconcile(_key: string, { node, network, store }: AgentContext): void {
  const namespace = network.namespaces[node];
  if (!namespace?.links[UPLINK]) return;
  const wanted = podRoutes(node, store.list<Node>('Node'));
  const byDestination = groupRoutes(wanted);
  for (const route of namespace.routes.filter(isOurs)) {
    if (!isAmong(route, byDestination)) deleteRoute(namespace, route);
  }
  const present = groupRoutes(namespace.routes);
  for (const route of wanted) if (!isAmong(route, present)) addRoute(namespace, route);
}

/**
 * Keeps the routes between the pod ranges of the nodes, as flannel's host-gw backend and kindnet do: no tunnel, the
 * nodes share one network.
 */
export const routedCni: NodeAgent = {
  name: 'routed-cni',
  nodesOf: ({ object }) => (object.kind === 'Node' ? 'all' : []),
  keysOf: ({ object }) => (object.kind === 'Node' ? ['routes'] : []),
  reconcile,
};
