import { cidrContains, parseCidr } from '../base/cidr.ts';
import type { NetworkNamespace, Route } from './network.ts';
import { MAIN_TABLE } from './policy-rules.ts';
import { numberOf4, prefix4Of } from './prefix4.ts';

export const tableOf = (route: Route): number => route.table ?? MAIN_TABLE;

/** Length of a route's prefix. */
export const prefixOf = ({ destination }: Route): number =>
  prefix4Of(destination)?.length ?? parseCidr(destination)?.prefix ?? 0;

/** IPv4 routes with prefixes of one length, by network; those with one prefix in the order of their metrics. */
interface Length4 {
  readonly mask: number;
  readonly byNetwork: ReadonlyMap<number, readonly Route[]>;
}

/** One routing table. */
interface FibTable {
  /** The longest prefixes first. */
  readonly lengths4: readonly Length4[];
  /** The longest prefix first, then the lowest metric. */
  readonly routes6: readonly Route[];
}

interface Fib {
  /** The routes of which this was made. */
  readonly made: readonly Route[];
  readonly tables: ReadonlyMap<number, FibTable>;
}

const byPreference = (a: Route, b: Route) =>
  prefixOf(b) - prefixOf(a) || (a.metric ?? 0) - (b.metric ?? 0);

function makeTable(routes: readonly Route[]): FibTable {
  const ordered = [...routes].sort(byPreference);
  const lengths = new Map<number, Map<number, Route[]>>();
  for (const route of ordered) {
    const prefix = prefix4Of(route.destination);
    if (!prefix) continue;
    const byNetwork = lengths.get(prefix.mask) ?? new Map<number, Route[]>();
    lengths.set(prefix.mask, byNetwork);
    const same = byNetwork.get(prefix.network);
    if (same) same.push(route);
    else byNetwork.set(prefix.network, [route]);
  }
  return {
    lengths4: [...lengths].map(([mask, byNetwork]) => ({ mask, byNetwork })),
    routes6: ordered.filter(({ destination }) => destination.includes(':')),
  };
}

function makeFib(routes: readonly Route[]): Fib {
  const byTable = new Map<number, Route[]>();
  for (const route of routes) {
    const table = byTable.get(tableOf(route));
    if (table) table.push(route);
    else byTable.set(tableOf(route), [route]);
  }
  const tables = new Map([...byTable].map(([number, its]) => [number, makeTable(its)]));
  return { made: [...routes], tables };
}

/** What the kernel's trie is: made from the routes, which are the state, and made again when they are others. */
const fibs = new WeakMap<readonly Route[], Fib>();

/** Routes are never changed, only taken out and put in: the same ones in the same order are the same table. */
function isMadeOf({ made }: Fib, routes: readonly Route[]): boolean {
  if (made.length !== routes.length) return false;
  for (let i = 0; i < made.length; i++) if (made[i] !== routes[i]) return false;
  return true;
}

function fibOf(routes: readonly Route[]): Fib {
  const known = fibs.get(routes);
  if (known && isMadeOf(known, routes)) return known;
  const made = makeFib(routes);
  fibs.set(routes, made);
  return made;
}

/** A route without a device is usable always; one with a device while that is up (and, if asked for, is that one). */
function isUsable({ links }: NetworkNamespace, route: Route, outDevice: string | undefined) {
  if (route.device === '') return true;
  if (links[route.device]?.isUp !== true) return false;
  return outDevice === undefined || route.device === outDevice;
}

/**
 * fib_table_lookup: the longest prefix, then the lowest metric, of the routes that are usable.
 *
 * @param outDevice the one device that the route may lead over
 */
export function findInTable(
  namespace: NetworkNamespace,
  table: number,
  destination: string,
  outDevice: string | undefined,
): Route | undefined {
  const fib = fibOf(namespace.routes).tables.get(table);
  if (!fib) return undefined;
  const value = numberOf4(destination);
  if (value === undefined) {
    return fib.routes6.find(
      (route) =>
        cidrContains(route.destination, destination) && isUsable(namespace, route, outDevice),
    );
  }
  for (const { mask, byNetwork } of fib.lengths4) {
    for (const route of byNetwork.get(value & mask) ?? []) {
      if (isUsable(namespace, route, outDevice)) return route;
    }
  }
  return undefined;
}
