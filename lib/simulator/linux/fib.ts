import { isOwnAddress } from './addresses.ts';
import { findInTable, prefixOf } from './fib-table.ts';
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
  const route = findInTable(namespace, action.table, subject.destination, subject.outDevice);
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

const subjectOf = (destination: string, query: RouteQuery): RuleSubject => ({
  version: destination.includes(':') ? 6 : 4,
  destination,
  source: query.source,
  mark: query.mark,
  inDevice: query.inDevice,
  outDevice: query.outDevice,
});

const NO_QUERY: RouteQuery = {};

/**
 * fib_lookup: asks the rules in the order of their priority, each with its table, until one decides (net/core/fib_rules.c).
 * Own addresses are what the local table holds by itself.
 */
export function lookUpFib(
  namespace: NetworkNamespace,
  destination: string,
  query: RouteQuery = NO_QUERY,
): RouteDecision {
  const subject = subjectOf(destination, query);
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
  query: RouteQuery = NO_QUERY,
): Route | undefined {
  const subject = subjectOf(destination, query);
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
