import { cidrContains, parseCidr } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';
import { isOwnAddress } from './addresses.ts';
import type { NetworkNamespace, PolicyRule, Route } from './network.ts';
import { LOCAL_TABLE, MAIN_TABLE, matchesRule, type RuleSubject } from './policy-rules.ts';

/** What a look-up knows of a packet besides its destination. */
export type RouteQuery = Omit<RuleSubject, 'version' | 'destination'>;

/**
 * What the rules and tables say. `table` is the number of the one that decided, `rule` what led to it: both absent when no
 * rule led anywhere.
 */
export type RouteDecision =
  | {
      readonly type: 'unicast';
      readonly route: Route;
      readonly table: number;
      readonly rule: PolicyRule;
    }
  | { readonly type: 'local'; readonly rule: PolicyRule }
  | {
      readonly type: 'blackhole' | 'unreachable' | 'prohibit';
      readonly rule: PolicyRule;
      /** The route that says so; absent when the rule itself does. */
      readonly route?: Route;
      readonly table?: number;
    }
  | { readonly type: 'none' };

export const tableOf = (route: Route): number => route.table ?? MAIN_TABLE;

const prefixOf = (route: Route) => parseCidr(route.destination)?.prefix ?? 0;

/** A route without a device is usable always; one with a device while that is up (and, if asked for, is that one). */
function isUsable({ links }: NetworkNamespace, route: Route, outDevice: string | undefined) {
  if (route.device === '') return true;
  if (links[route.device]?.isUp !== true) return false;
  return outDevice === undefined || route.device === outDevice;
}

/** An IPv4 prefix as two numbers of 32 bits. */
interface Prefix4 {
  readonly network: number;
  readonly mask: number;
}

const CACHE_LIMIT = 50_000;
const prefixes = new Map<string, Prefix4 | undefined>();

function readPrefix4(text: string): Prefix4 | undefined {
  const cidr = parseCidr(text);
  if (cidr?.version !== 4) return undefined;
  const mask = cidr.prefix === 0 ? 0 : (-1 << (32 - cidr.prefix)) | 0;
  return { network: Number(cidr.value) & mask, mask };
}

/** A node has a route to each other one: prefixes are read once, and compared as numbers. */
function prefix4Of(text: string): Prefix4 | undefined {
  const known = prefixes.get(text);
  if (known || prefixes.has(text)) return known;
  const prefix = readPrefix4(text);
  if (prefixes.size >= CACHE_LIMIT) prefixes.clear();
  prefixes.set(text, prefix);
  return prefix;
}

/** Whether a prefix contains the address, asked of many prefixes. */
function containmentOf(address: string): (prefix: string) => boolean {
  const ip = parseIp(address);
  if (ip?.version !== 4) return (prefix) => cidrContains(prefix, address);
  const value = Number(ip.value) | 0;
  return (prefix) => {
    const range = prefix4Of(prefix);
    return range !== undefined && ((value ^ range.network) & range.mask) === 0;
  };
}

/** fib_table_lookup: the longest prefix, then the lowest metric. */
function findInTable(
  namespace: NetworkNamespace,
  table: number,
  { destination, outDevice }: RuleSubject,
): Route | undefined {
  const contains = containmentOf(destination);
  let best: Route | undefined;
  for (const route of namespace.routes) {
    if (tableOf(route) !== table || !contains(route.destination)) continue;
    if (!isUsable(namespace, route, outDevice)) continue;
    const longer = best ? prefixOf(route) - prefixOf(best) : 1;
    if (longer > 0 || (longer === 0 && (route.metric ?? 0) < (best?.metric ?? 0))) best = route;
  }
  return best;
}

function decideByRoute(route: Route, rule: PolicyRule, table: number): RouteDecision | undefined {
  switch (route.type) {
    case undefined:
      return { type: 'unicast', route, table, rule };
    case 'local':
      return { type: 'local', rule };
    case 'blackhole':
    case 'unreachable':
    case 'prohibit':
      return { type: route.type, route, table, rule };
    case 'throw':
      return undefined;
  }
}

/** What one rule says; undefined: the next one is asked. */
function askRule(
  namespace: NetworkNamespace,
  rule: PolicyRule,
  subject: RuleSubject,
): RouteDecision | undefined {
  const { action } = rule;
  if (action.type !== 'lookup') return { type: action.type, rule };
  const isOwn =
    action.table === LOCAL_TABLE &&
    isOwnAddress(namespace, subject.destination, subject.inDevice ?? subject.outDevice);
  if (isOwn) return { type: 'local', rule };
  const route = findInTable(namespace, action.table, subject);
  if (!route) return undefined;
  const isSuppressed =
    action.suppressPrefix !== undefined && prefixOf(route) <= action.suppressPrefix;
  return isSuppressed ? undefined : decideByRoute(route, rule, action.table);
}

/** A socket bound to a device that no route leads to takes its destination for a neighbour (ip_route_output_key_hash_rcu). */
function assumeOnLink(
  namespace: NetworkNamespace,
  { destination, outDevice, version }: RuleSubject,
): RouteDecision {
  const rule = namespace.rules[0];
  if (outDevice === undefined || namespace.links[outDevice]?.isUp !== true || !rule) {
    return { type: 'none' };
  }
  const route: Route = {
    destination: `${destination}/${version === 4 ? '32' : '128'}`,
    device: outDevice,
    scope: 'link',
  };
  return { type: 'unicast', route, table: MAIN_TABLE, rule };
}

/**
 * fib_lookup: asks the rules in the order of their priority, each with its table, until one decides (net/core/fib_rules.c).
 * Own addresses are what the local table holds by itself.
 */
export function lookUpFib(
  namespace: NetworkNamespace,
  destination: string,
  query: RouteQuery = {},
): RouteDecision {
  const subject: RuleSubject = {
    ...query,
    destination,
    version: destination.includes(':') ? 6 : 4,
  };
  for (const rule of namespace.rules) {
    if (rule.version !== subject.version || !matchesRule(rule, subject)) continue;
    const decision = askRule(namespace, rule, subject);
    if (decision) return decision;
  }
  return assumeOnLink(namespace, subject);
}

/** As `lookUpFib` for whoever asks for a way out alone: own addresses are not looked for. */
export function findWayOut(
  namespace: NetworkNamespace,
  destination: string,
  query: RouteQuery = {},
): Route | undefined {
  const subject: RuleSubject = {
    ...query,
    destination,
    version: destination.includes(':') ? 6 : 4,
  };
  for (const rule of namespace.rules) {
    const { action } = rule;
    if (rule.version !== subject.version || !matchesRule(rule, subject)) continue;
    if (action.type !== 'lookup') return undefined;
    if (action.table === LOCAL_TABLE) continue;
    const decision = askRule(namespace, rule, subject);
    if (decision) return decision.type === 'unicast' ? decision.route : undefined;
  }
  return undefined;
}
