import type { Match, Rule, Target } from '../../linux/netfilter/rule.ts';
import { appendRule, replaceChain } from '../../linux/netfilter/ruleset.ts';
import type { CniHost } from './cni-host.ts';

const FLANNEL_CHAIN = 'FLANNEL-POSTRTG';
const COMMENT: Match = { match: 'comment', text: 'flanneld masq' };
/** What kube-proxy marks is masqueraded by kube-proxy. */
const KUBE_PROXY_MARK = 0x4000;
const multicastOf = (podRange: string) => (podRange.includes(':') ? 'ff00::/8' : '224.0.0.0/4');

const from = (cidr: string): Match => ({ match: 'source', cidr });
const notFrom = (cidr: string): Match => ({ match: 'source', cidr, not: true });
const to = (cidr: string): Match => ({ match: 'destination', cidr });
const notTo = (cidr: string): Match => ({ match: 'destination', cidr, not: true });
const rule = (target: Target, ...matches: Match[]): Rule => ({
  matches: [...matches, COMMENT],
  target,
});

const RETURN: Target = { target: 'RETURN' };
const MASQUERADE: Target = { target: 'MASQUERADE', randomFully: true };

/**
 * flanneld's rules on a node: pods keep their addresses among one another, and take the node's on the way out; so does
 * a node that calls a pod elsewhere. Source: flannel pkg/trafficmngr/iptables/iptables.go, `masqRules`.
 *
 * @param nodeRange the node's part of the pod range: `10.244.1.0/24`
 * @param podRange the pod range of the cluster: `10.244.0.0/16`
 */
export function flannelMasqueradeRules(nodeRange: string, podRange: string): readonly Rule[] {
  return [
    rule(RETURN, { match: 'mark', value: KUBE_PROXY_MARK, mask: KUBE_PROXY_MARK }),
    rule(RETURN, from(nodeRange), to(podRange)),
    rule(RETURN, from(podRange), to(nodeRange)),
    rule(RETURN, notFrom(podRange), to(nodeRange)),
    rule(MASQUERADE, from(podRange), notTo(multicastOf(podRange))),
    rule(MASQUERADE, notFrom(podRange), to(podRange)),
  ];
}

/** Writes flanneld's rules into a node once. */
export function ensureFlannelMasquerade(
  nodeRange: string,
  podRange: string,
  { network, namespace, because }: CniHost,
): void {
  const own = network.namespaces[namespace];
  const ruleset = podRange.includes(':') ? own?.ruleset6 : own?.ruleset;
  if (!ruleset || ruleset.tables.nat?.chains[FLANNEL_CHAIN]) return;
  const reason = because ? { because } : {};
  const rules = flannelMasqueradeRules(nodeRange, podRange);
  replaceChain(
    ruleset,
    'nat',
    FLANNEL_CHAIN,
    rules.map((each) => ({ ...each, ...reason })),
  );
  const jump = rule({ target: 'JUMP', chain: FLANNEL_CHAIN });
  appendRule(ruleset, 'nat', 'POSTROUTING', { ...jump, ...reason });
}
