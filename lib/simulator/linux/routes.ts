import { cidrContains, parseCidr } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import type { NetworkNamespace, Route } from './network.ts';

/** What a look-up gives: every route of the table in print order, and which was taken. */
export interface RouteLookup {
  readonly routes: readonly Route[];
  /** Index into `routes`; -1 when none leads there. */
  readonly chosen: number;
}

/** 127.0.0.0/8 and every address of an interface (the kernel's local table). */
export function isLocalAddress(namespace: NetworkNamespace, address: string): boolean {
  if (address.startsWith('127.')) return namespace.links['lo']?.isUp === true;
  return Object.values(namespace.links).some((link) =>
    link.addresses.some((entry) => entry.address === address),
  );
}

const prefixOf = (route: Route) => parseCidr(route.destination)?.prefix ?? 0;

/** Default first, then by network: the order of `ip route`. */
function inPrintOrder(routes: readonly Route[]): Route[] {
  const valueOf = (route: Route) => parseCidr(route.destination)?.value ?? 0n;
  return [...routes].sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x !== y) return x < y ? -1 : 1;
    // fib_trie: of the prefixes with one beginning, the longest comes first.
    return prefixOf(b) - prefixOf(a) || (a.metric ?? 0) - (b.metric ?? 0);
  });
}

/** The main table's route to `destination`: the longest prefix, then the lowest metric, over devices that are up. */
export function findRoute(namespace: NetworkNamespace, destination: string): Route | undefined {
  let best: Route | undefined;
  for (const route of namespace.routes) {
    if (!cidrContains(route.destination, destination)) continue;
    if (namespace.links[route.device]?.isUp !== true) continue;
    const longer = best ? prefixOf(route) - prefixOf(best) : 1;
    if (longer > 0 || (longer === 0 && (route.metric ?? 0) < (best?.metric ?? 0))) best = route;
  }
  return best;
}

/** As `findRoute`, with all that was considered. */
export function lookUpRoute(namespace: NetworkNamespace, destination: string): RouteLookup {
  const routes = inPrintOrder(namespace.routes);
  const best = findRoute(namespace, destination);
  return { routes, chosen: best ? routes.indexOf(best) : -1 };
}

/** The source address for packets that take this route: its preferred one, else one of the device that reaches the next hop. */
export function sourceAddressFor(
  namespace: NetworkNamespace,
  route: Route,
  destination: string,
): string | undefined {
  if (route.source !== undefined) return route.source;
  const nextHop = route.via ?? destination;
  const version = parseIp(destination)?.version;
  const addresses = (namespace.links[route.device]?.addresses ?? []).filter(
    ({ address }) => parseIp(address)?.version === version,
  );
  const onLink = addresses.find(({ address, prefix }) =>
    cidrContains(`${address}/${prefix}`, nextHop),
  );
  return (onLink ?? addresses[0])?.address;
}

/** One route as `ip route` prints it, without the blank that iproute2 leaves at the end. */
export function formatRoute(route: Route): string {
  const parts = [
    route.destination === '0.0.0.0/0' || route.destination === '::/0'
      ? 'default'
      : hostless(route.destination),
  ];
  if (route.via !== undefined) parts.push('via', route.via);
  parts.push('dev', route.device);
  if (route.protocol !== undefined && route.protocol !== 'boot')
    parts.push('proto', route.protocol);
  if (route.scope !== undefined && route.scope !== 'global') parts.push('scope', route.scope);
  if (route.source !== undefined) parts.push('src', route.source);
  if (route.metric !== undefined) parts.push('metric', String(route.metric));
  return parts.join(' ');
}

const hostless = (cidr: string) => cidr.replace(/\/32$/, '');

export type RouteError =
  | 'RTNETLINK answers: File exists'
  | 'RTNETLINK answers: No such process'
  | 'Error: Nexthop has invalid gateway.'
  | 'Error: Device for nexthop is not up.'
  | `Cannot find device "${string}"`;

const isSame = (a: Route, b: Route) =>
  a.destination === b.destination && (a.metric ?? 0) === (b.metric ?? 0);

/** `ip route add`. The error in ip(8)'s words, or undefined. */
export function addRoute(namespace: NetworkNamespace, route: Route): RouteError | undefined {
  const link = namespace.links[route.device];
  if (!link) return `Cannot find device "${route.device}"`;
  if (!link.isUp) return 'Error: Device for nexthop is not up.';
  if (namespace.routes.some((other) => isSame(other, route))) {
    return 'RTNETLINK answers: File exists';
  }
  if (route.via !== undefined && !isReachableOnLink(namespace, route.via)) {
    return 'Error: Nexthop has invalid gateway.';
  }
  namespace.routes.push(route);
  return undefined;
}

const isReachableOnLink = (namespace: NetworkNamespace, address: string) =>
  namespace.routes.some(
    (route) => route.scope === 'link' && cidrContains(route.destination, address),
  );

/** `ip route del DESTINATION`. The error in ip(8)'s words, or undefined. */
export function deleteRoute(
  namespace: NetworkNamespace,
  wanted: Pick<Route, 'destination'> & Partial<Pick<Route, 'via' | 'device'>>,
): RouteError | undefined {
  const index = namespace.routes.findIndex(
    (route) =>
      route.destination === wanted.destination &&
      (wanted.via === undefined || route.via === wanted.via) &&
      (wanted.device === undefined || route.device === wanted.device),
  );
  if (index < 0) return 'RTNETLINK answers: No such process';
  namespace.routes.splice(index, 1);
  return undefined;
}
