import { cidrContains, parseCidr } from '../base/cidr.ts';
import { parseIp, type IpVersion } from '../base/ip.ts';
import { isLinkLocal6 } from '../base/ipv6-address.ts';
import { automaticAddress, chooseSource6, isOwnAddress } from './addresses.ts';
import { findWayOut, type RouteQuery } from './fib.ts';
import { tableOf } from './fib-table.ts';
import type { NetworkNamespace, Route } from './network.ts';
import { MAIN_TABLE } from './policy-rules.ts';

/** What a look-up gives: every route of the table in print order, and which was taken. */
export interface RouteLookup {
  readonly routes: readonly Route[];
  /** Index into `routes`; -1 when none leads there. */
  readonly chosen: number;
}

/** Loopback and every address of an interface (the kernel's local table). */
export const isLocalAddress = (namespace: NetworkNamespace, address: string): boolean =>
  isOwnAddress(namespace, address);

const prefixOf = (route: Route) => parseCidr(route.destination)?.prefix ?? 0;

const networkValue = (route: Route) => {
  const cidr = parseCidr(route.destination);
  return cidr ? (cidr.value >> hostBits(cidr)) << hostBits(cidr) : 0n;
};

const hostBits = ({ version, prefix }: { version: IpVersion; prefix: number }) =>
  BigInt((version === 6 ? 128 : 32) - prefix);

function compareRoutes(a: Route, b: Route): number {
  const [x, y] = [networkValue(a), networkValue(b)];
  if (x !== y) return x < y ? -1 : 1;
  // fib_trie: of the prefixes with one beginning, the longest comes first.
  return prefixOf(b) - prefixOf(a) || (a.metric ?? 0) - (b.metric ?? 0);
}

/** fib6_walk leaves a node behind what it contains, so that the default route comes last. */
function compareRoutes6(a: Route, b: Route): number {
  if (prefixOf(a) < prefixOf(b) && cidrContains(a.destination, addressOf(b))) return 1;
  if (prefixOf(b) < prefixOf(a) && cidrContains(b.destination, addressOf(a))) return -1;
  return compareRoutes(a, b);
}

const addressOf = ({ destination }: Route) => destination.split('/', 1)[0] ?? '';
const versionOf = ({ destination }: Route): IpVersion => (destination.includes(':') ? 6 : 4);

/**
 * The routes to fe80::/64 that the kernel keeps for devices with a link-local address. A look-up does not choose among
 * them: who sends to such an address names the device.
 */
const automaticRoutes = (namespace: NetworkNamespace): Route[] =>
  Object.values(namespace.links)
    .filter((link) => link.kind !== 'loopback' && automaticAddress(namespace, link))
    .map((link) => linkLocalRoute(link.name));

/** `fe80::/64 dev DEVICE`. */
export const linkLocalRoute = (device: string): Route => ({
  destination: 'fe80::/64',
  device,
  protocol: 'kernel',
  metric: 256,
});

const ofTable = (routes: readonly Route[], version: IpVersion, table: number) =>
  routes.filter((route) => versionOf(route) === version && tableOf(route) === table);

/** IPv4 tables in print order, and the routes of which they were made. */
interface Printed {
  readonly made: readonly Route[];
  readonly tables: Map<number, readonly Route[]>;
}

const printed = new WeakMap<readonly Route[], Printed>();

/** A node has a route to each other one, and every traced packet asks for all of them: sorted once, until they are others. */
function sortedTable(routes: readonly Route[], table: number): readonly Route[] {
  const known = printed.get(routes);
  const isMade =
    known?.made.length === routes.length && known.made.every((route, at) => route === routes[at]);
  const current: Printed = isMade ? known : { made: [...routes], tables: new Map() };
  printed.set(routes, current);
  const sorted = current.tables.get(table) ?? ofTable(routes, 4, table).sort(compareRoutes);
  current.tables.set(table, sorted);
  return sorted;
}

/**
 * The routes of a table in the order of `ip route show table N` (the default first, then by network) and of `ip -6 route`.
 * As long as the IPv4 routes are the same, so is the list.
 */
export function routesOfTable(
  namespace: NetworkNamespace,
  version: IpVersion,
  table: number,
): readonly Route[] {
  const { routes } = namespace;
  if (version === 4) return sortedTable(routes, table);
  const automatic = table === MAIN_TABLE ? automaticRoutes(namespace) : [];
  return [...ofTable(routes, version, table), ...automatic].sort(compareRoutes6);
}

/**
 * The route by which a packet leaves for `destination`: policy rules, the longest prefix, the lowest metric, over devices
 * that are up. Own addresses are not looked for, and a route that forbids is no route.
 */
export const findRoute = (
  namespace: NetworkNamespace,
  destination: string,
  query: RouteQuery = {},
): Route | undefined => findWayOut(namespace, destination, query);

/** As `findRoute`, with all routes of the family in the table that decided (the main table when none did). */
export function lookUpRoute(
  namespace: NetworkNamespace,
  destination: string,
  query: RouteQuery = {},
): RouteLookup {
  const best = findRoute(namespace, destination, query);
  const version = destination.includes(':') ? 6 : 4;
  const routes = routesOfTable(namespace, version, best ? tableOf(best) : MAIN_TABLE);
  return { routes, chosen: best ? routes.indexOf(best) : -1 };
}

/** The source address for packets that take this route: its preferred one, else one of the device that reaches the next hop. */
export function sourceAddressFor(
  namespace: NetworkNamespace,
  route: Route,
  destination: string,
): string | undefined {
  if (route.source !== undefined) return route.source;
  if (destination.includes(':')) return chooseSource6(namespace, destination, route.device);
  const nextHop = route.via ?? destination;
  const addresses = (namespace.links[route.device]?.addresses ?? []).filter(
    ({ address }) => parseIp(address)?.version === 4,
  );
  const onLink = addresses.find(({ address, prefix }) =>
    cidrContains(`${address}/${prefix}`, nextHop),
  );
  return (onLink ?? addresses[0])?.address ?? addressOfAnyDevice(namespace);
}

/** inet_select_addr: a device without an address lends one of another, in the order of their indexes. */
function addressOfAnyDevice({ links }: NetworkNamespace): string | undefined {
  const others = Object.values(links)
    .filter(({ kind, isUp }) => kind !== 'loopback' && isUp)
    .sort((a, b) => a.index - b.index)
    .flatMap(({ addresses }) => addresses);
  return others.find(({ address }) => parseIp(address)?.version === 4)?.address;
}

/** One route as `ip route` prints it, without the blank that iproute2 leaves at the end. */
export function formatRoute(route: Route): string {
  const parts = [
    ...(route.type === undefined ? [] : [route.type]),
    route.destination === '0.0.0.0/0' || route.destination === '::/0'
      ? 'default'
      : hostless(route.destination),
  ];
  if (route.via !== undefined) parts.push('via', route.via);
  // A route of IPv6 that leads nowhere has a device all the same (ip6_route_info_create).
  const device = route.device === '' && versionOf(route) === 6 ? 'lo' : route.device;
  if (device !== '') parts.push('dev', device);
  if (route.protocol !== undefined && route.protocol !== 'boot')
    parts.push('proto', route.protocol);
  if (route.scope !== undefined && route.scope !== 'global') parts.push('scope', route.scope);
  if (route.source !== undefined) parts.push('src', route.source);
  if (route.metric !== undefined) parts.push('metric', String(route.metric));
  if (route.onlink) parts.push('onlink');
  if (versionOf(route) === 6) parts.push('pref', 'medium');
  return parts.join(' ');
}

const hostless = (cidr: string) => cidr.replace(cidr.includes(':') ? /\/128$/ : /\/32$/, '');

export type RouteError =
  | 'RTNETLINK answers: File exists'
  | 'RTNETLINK answers: No such process'
  | 'RTNETLINK answers: No route to host'
  | 'Error: Gateway can not be a local address.'
  | 'Error: Nexthop has invalid gateway.'
  | 'Error: Device for nexthop is not up.'
  | `Cannot find device "${string}"`;

const isSame = (a: Route, b: Route) =>
  a.destination === b.destination &&
  (a.metric ?? 0) === (b.metric ?? 0) &&
  tableOf(a) === tableOf(b);

/** Whether there is a route to the same prefix, of the same metric and in the same table. */
type IsThere = (route: Route) => boolean;

/** `ip route add`. The error in ip(8)'s words, or undefined. */
export const addRoute = (namespace: NetworkNamespace, route: Route): RouteError | undefined =>
  putRoute(namespace, route, (wanted) => namespace.routes.some((other) => isSame(other, wanted)));

/** `ip -batch`, of `route add` alone: as one call of `addRoute` after the other, without looking through all for each. */
export function addRoutes(
  namespace: NetworkNamespace,
  routes: readonly Route[],
): readonly (RouteError | undefined)[] {
  const prefixes = new Set(namespace.routes.map(({ destination }) => destination));
  const isThere: IsThere = (wanted) =>
    prefixes.has(wanted.destination) && namespace.routes.some((other) => isSame(other, wanted));
  return routes.map((route) => {
    const problem = putRoute(namespace, route, isThere);
    if (problem === undefined) prefixes.add(route.destination);
    return problem;
  });
}

function putRoute(
  namespace: NetworkNamespace,
  route: Route,
  isThere: IsThere,
): RouteError | undefined {
  const link = namespace.links[route.device];
  if (!link && route.device !== '') return `Cannot find device "${route.device}"`;
  if (link && !link.isUp) return 'Error: Device for nexthop is not up.';
  if (versionOf(route) === 6) {
    return putRoute6(namespace, { metric: USER_METRIC6, ...route }, isThere);
  }
  if (isThere(route)) return 'RTNETLINK answers: File exists';
  if (route.via !== undefined && !route.onlink && !isReachableOnLink(namespace, route.via)) {
    return 'Error: Nexthop has invalid gateway.';
  }
  namespace.routes.push(route);
  return undefined;
}

/** IP6_RT_PRIO_USER, of a route that names no metric. */
const USER_METRIC6 = 1024;

/** ip6_route_add: as for IPv4, but the gateway is looked at first, and one on the link by its own nature may be any. */
function putRoute6(
  namespace: NetworkNamespace,
  route: Route,
  isThere: IsThere,
): RouteError | undefined {
  const { via } = route;
  if (via !== undefined && isLocalAddress(namespace, via)) {
    return 'Error: Gateway can not be a local address.';
  }
  if (via !== undefined && !route.onlink && !isLinkLocal6(via)) {
    const onLink = findRoute(namespace, via);
    if (!onLink || onLink.via !== undefined) return 'RTNETLINK answers: No route to host';
  }
  if (isThere(route)) return 'RTNETLINK answers: File exists';
  namespace.routes.push(route);
  return undefined;
}

const isReachableOnLink = (namespace: NetworkNamespace, address: string) =>
  namespace.routes.some(
    (route) => route.scope === 'link' && cidrContains(route.destination, address),
  );

/** `ip route del DESTINATION [table N]`. The error in ip(8)'s words, or undefined. */
export function deleteRoute(
  namespace: NetworkNamespace,
  wanted: Pick<Route, 'destination'> & Partial<Pick<Route, 'via' | 'device' | 'metric' | 'table'>>,
): RouteError | undefined {
  const index = namespace.routes.findIndex(
    (route) =>
      route.destination === wanted.destination &&
      tableOf(route) === (wanted.table ?? MAIN_TABLE) &&
      (wanted.metric === undefined || route.metric === wanted.metric) &&
      (wanted.via === undefined || route.via === wanted.via) &&
      (wanted.device === undefined || route.device === wanted.device),
  );
  if (index < 0) return 'RTNETLINK answers: No such process';
  namespace.routes.splice(index, 1);
  return undefined;
}
