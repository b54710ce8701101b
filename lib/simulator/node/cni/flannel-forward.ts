import type { ObjectRef } from '../../base/object-ref.ts';
import type { Match, Rule, Ruleset, Target } from '../../linux/netfilter/rule.ts';
import { appendRule, replaceChain } from '../../linux/netfilter/ruleset.ts';

const CHAIN = 'FLANNEL-FWD';
const COMMENT: Match = { match: 'comment', text: 'flanneld forward' };
const ACCEPT: Target = { target: 'ACCEPT' };

/**
 * flanneld's rules that let pods' packets pass where FORWARD drops by default, as Docker sets it. Written once.
 * Source: flannel pkg/trafficmngr/iptables/iptables.go, `forwardRules`.
 */
export function ensureFlannelForwarding(
  ruleset: Ruleset,
  podRange: string,
  because: ObjectRef,
): void {
  if (ruleset.tables.filter?.chains[CHAIN]) return;
  const rule = (target: Target, ...matches: Match[]): Rule => ({
    matches: [...matches, COMMENT],
    target,
    because,
  });
  replaceChain(ruleset, 'filter', CHAIN, [
    rule(ACCEPT, { match: 'source', cidr: podRange }),
    rule(ACCEPT, { match: 'destination', cidr: podRange }),
  ]);
  appendRule(ruleset, 'filter', 'FORWARD', rule({ target: 'JUMP', chain: CHAIN }));
}
