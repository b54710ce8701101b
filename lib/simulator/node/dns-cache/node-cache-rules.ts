import type { ObjectRef } from '../../base/object-ref.ts';
import type { Match, NetfilterTable, Rule, Ruleset } from '../../linux/netfilter/rule.ts';
import { deleteRule, ensureRuleFirst } from '../../linux/netfilter/ruleset.ts';

const DNS_PORT = 53;
const HEALTH_PORT = 8080;

type Side = 'source' | 'destination';
type Draft = readonly [
  table: NetfilterTable,
  chain: string,
  protocols: readonly ('tcp' | 'udp')[],
  side: Side,
  port: number,
];

const BOTH = ['tcp', 'udp'] as const;

/** For each address, in the order in which the program checks them. */
const DRAFTS: readonly Draft[] = [
  ['raw', 'PREROUTING', BOTH, 'destination', DNS_PORT],
  // What is not tracked has no state that another rule could accept.
  ['filter', 'INPUT', BOTH, 'destination', DNS_PORT],
  ['raw', 'OUTPUT', BOTH, 'source', DNS_PORT],
  ['filter', 'OUTPUT', BOTH, 'source', DNS_PORT],
  // Pods on the host network ask from here; so does the kubelet that probes.
  ['raw', 'OUTPUT', BOTH, 'destination', DNS_PORT],
  ['raw', 'OUTPUT', ['tcp'], 'destination', HEALTH_PORT],
  ['raw', 'OUTPUT', ['tcp'], 'source', HEALTH_PORT],
];

interface PlacedRule {
  readonly table: NetfilterTable;
  readonly chain: string;
  readonly rule: Rule;
}

function rulesFor(address: string, because: ObjectRef): PlacedRule[] {
  return DRAFTS.flatMap(([table, chain, protocols, side, port]) =>
    protocols.map((protocol): PlacedRule => {
      const matches: Match[] = [
        { match: side, cidr: `${address}/32` },
        { match: 'protocol', protocol },
        { match: 'transport', module: protocol, [side]: [port, port] },
      ];
      const target = table === 'raw' ? 'NOTRACK' : 'ACCEPT';
      return { table, chain, rule: { matches, target: { target }, because } };
    }),
  );
}

/**
 * The rules that keep questions to the cache away from connection tracking, and with it from kube-proxy's nat rules. Each is
 * put first where it is missing. Source: kubernetes/dns cmd/node-cache/app/cache_app.go, `initIptables`.
 */
export function ensureNodeCacheRules(
  ruleset: Ruleset,
  addresses: readonly string[],
  because: ObjectRef,
): void {
  for (const address of addresses)
    for (const { table, chain, rule } of rulesFor(address, because))
      ensureRuleFirst(ruleset, table, chain, rule);
}

/** Takes every copy of the rules away. Source: the same, `TeardownNetworking`. */
export function removeNodeCacheRules(
  ruleset: Ruleset,
  addresses: readonly string[],
  because: ObjectRef,
): void {
  for (const address of addresses)
    for (const { table, chain, rule } of rulesFor(address, because))
      while (deleteRule(ruleset, table, chain, rule) === 'deleted');
}
