import type { IpVersion } from '../../../base/ip.ts';
import { normalizeRule } from '../../../linux/netfilter/normalize-rule.ts';
import type { Match, Rule } from '../../../linux/netfilter/rule.ts';
import { policiesOfPlan, type NodePlan } from '../plan-node.ts';
import { comment } from './comment.ts';
import { COMMON_CHAIN, podChain, policyChain, TOP_CHAINS } from './names.ts';
import { podRules } from './pod-chain.ts';
import { policyRules } from './policy-chain.ts';

/** Messages of neighbour discovery: without them nobody reaches anybody. They are not tracked (nf_conntrack_proto_icmpv6.c). */
const NEIGHBOUR_DISCOVERY = [135, 136] as const;

/**
 * `ensureCommonPolicyChain` of kube-router, but for its rules that admit pings and errors of ICMP from everywhere: those that
 * belong to a connection pass as RELATED, and of the others an isolated pod gets what its policies admit.
 */
function commonRules(version: IpVersion): Rule[] {
  const inState = (...states: ('INVALID' | 'RELATED' | 'ESTABLISHED')[]): Match => ({
    match: 'conntrack-state',
    states,
  });
  const discovery = NEIGHBOUR_DISCOVERY.map((type): Rule => ({
    matches: [
      { match: 'protocol', protocol: 'ipv6-icmp' },
      comment('allow neighbor discovery'),
      { match: 'icmp6', type },
    ],
    target: { target: 'ACCEPT' },
  }));
  return [
    {
      matches: [comment('rule to drop invalid state for pod'), inState('INVALID')],
      target: { target: 'DROP' },
    },
    {
      matches: [comment('rule for stateful firewall for pod'), inState('RELATED', 'ESTABLISHED')],
      target: { target: 'ACCEPT' },
    },
    ...(version === 6 ? discovery : []),
  ];
}

const common = {
  4: commonRules(4).map(normalizeRule),
  6: commonRules(6).map(normalizeRule),
} as const;

/** The agent's chains of the filter table, by their names. */
export type PolicyChains = ReadonlyMap<string, readonly Rule[]>;

/** Plans never change. */
const built = new WeakMap<NodePlan, Partial<Record<IpVersion, PolicyChains>>>();

/**
 * What the agent writes for one family: chains that the built-in ones jump to, one for each pod, one for each policy in each
 * direction. Empty without pods that policies select.
 * Source: kube-router 2.x, pkg/controllers/netpol (pod.go, policy.go, npc_iptables.go). It writes every policy on every node
 * and every local pod, selected or not; and it has the rules of bridged packets twice, though the first of the two matches
 * them, too. It marks what nobody isolates in a chain of its own, and refuses (REJECT) what is not admitted. Simplified: what is
 * dropped is not logged (NFLOG).
 */
export function buildChains(plan: NodePlan, version: IpVersion): PolicyChains {
  const families = built.get(plan) ?? {};
  built.set(plan, families);
  return (families[version] ??= chainsOf(plan, version));
}

function chainsOf(plan: NodePlan, version: IpVersion): PolicyChains {
  const pods = plan.flatMap((planned) => {
    const rules = podRules(planned, version);
    return rules ? [{ planned, rules }] : [];
  });
  const chains = new Map<string, readonly Rule[]>();
  if (pods.length === 0) return chains;
  const to = pods.map(({ rules }) => rules.to);
  const from = pods.map(({ rules }) => rules.from);
  chains.set(TOP_CHAINS.INPUT, from);
  chains.set(TOP_CHAINS.FORWARD, [...to, ...from]);
  chains.set(TOP_CHAINS.OUTPUT, to);
  chains.set(COMMON_CHAIN, common[version]);
  for (const { planned, rules } of pods) chains.set(podChain(planned.pod, version), rules.chain);
  for (const planned of policiesOfPlan(plan))
    chains.set(policyChain(planned, version), policyRules(planned, version));
  return chains;
}
