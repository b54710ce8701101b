import { nodeAddresses, podCidrsOf, type Node } from '../../api/core/node.ts';
import { networkOf, parseCidr } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { Route } from '../../linux/network.ts';
import { addRoutes, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';

const UPLINK = 'eth0';
/** What the kernel gives an IPv6 route that names no metric. */
const METRIC6 = 1024;

/** Made once for a Node as it is, and shared by all the others: a thousand nodes have a million routes. */
const routesToPods = new WeakMap<Node, readonly Route[]>();

/** The routes to the pods of a node, through its address: the node with the prefix is the reason. */
function routesTo(node: Node): readonly Route[] {
  const known = routesToPods.get(node);
  if (known) return known;
  const routes = podCidrsOf(node).flatMap((cidr, index) => routeTo(node, cidr, index));
  routesToPods.set(node, routes);
  return routes;
}

function routeTo(node: Node, cidr: string, index: number): readonly Route[] {
  const version = parseCidr(cidr)?.version;
  const via = nodeAddresses(node, 'InternalIP').find((ip) => ipVersion(ip) === version);
  const destination = networkOf(cidr);
  if (via === undefined || destination === undefined) return [];
  const detail = index === 0 ? '.spec.podCIDR' : `.spec.podCIDRs[${index}]`;
  const because = { kind: 'Node', name: node.metadata.name, detail };
  const metric = version === 6 ? { metric: METRIC6 } : {};
  return [{ destination, via, device: UPLINK, ...metric, because }];
}

const routesToAll = new WeakMap<readonly Node[], readonly Route[]>();

/** The routes to the pods of all nodes. A list of nodes is the same one until a node changes. */
function routesToEach(nodes: readonly Node[]): readonly Route[] {
  const known = routesToAll.get(nodes);
  if (known) return known;
  const routes = nodes.flatMap(routesTo);
  routesToAll.set(nodes, routes);
  return routes;
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

/** Those of `routes` that are not among `others`. */
function without(routes: readonly Route[], others: readonly Route[]): readonly Route[] {
  // Most are the very same object on both sides.
  const same = new Set(others);
  const rest = routes.filter((route) => !same.has(route));
  if (rest.length === 0) return rest;
  const groups = groupRoutes(others);
  return rest.filter((route) => !isAmong(route, groups));
}

function reconcile(_key: string, { node, network, store }: AgentContext): void {
  const namespace = network.namespaces[node];
  if (!namespace?.links[UPLINK]) return;
  const wanted = routesToEach(store.list<Node>('Node')).filter(
    ({ because }) => because?.name !== node,
  );
  for (const route of without(namespace.routes.filter(isOurs), wanted)) {
    deleteRoute(namespace, route);
  }
  addRoutes(namespace, without(wanted, namespace.routes));
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
