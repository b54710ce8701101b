import type { IpVersion } from '../../../base/ip.ts';
import type { NftRuleBody } from '../../../linux/netfilter/nft/model.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import { drop, isLocal, jump, rule, verdict } from '../../kube-proxy/nftables/words.ts';
import { isolationBecause, selectionBecause } from '../because.ts';
import type { PodDirection } from '../rule-plan.ts';
import { podsChain, policyChain, tierChain } from './names.ts';
import { deciding, policyRules } from './policy-rules.ts';

/** NetworkPolicies never come between a pod and its own node. */
const OWN_NODE = rule([isLocal('daddr'), verdict({ verdict: 'accept' })], {
  comment: 'to the node itself',
});

function podsRules(of: PodDirection, direction: Direction): NftRuleBody[] {
  const { network } = of;
  const [isolating] = network;
  const tier = (name: 'admin' | 'baseline') =>
    of[name].length > 0 ? [rule([jump(tierChain(name, direction, of[name]))])] : [];
  if (!isolating) return [...tier('admin'), ...tier('baseline')];
  return [
    ...tier('admin'),
    ...(direction === 'egress' ? [OWN_NODE] : []),
    ...network.map((planned) =>
      rule([jump(policyChain(planned))], { because: selectionBecause(planned.policy) }),
    ),
    deciding([], drop, isolationBecause(isolating.policy, direction), `isolated for ${direction}`),
  ];
}

/** The chains that a pod's packets of one direction go through, by name. */
type PodsChains = ReadonlyMap<string, readonly NftRuleBody[]>;

function printChains(of: PodDirection, direction: Direction, version: IpVersion): PodsChains {
  const chains = new Map<string, readonly NftRuleBody[]>();
  chains.set(podsChain(direction, of), podsRules(of, direction));
  for (const policy of of.network) chains.set(policyChain(policy), policyRules(policy, version));
  for (const tier of ['admin', 'baseline'] as const) {
    if (of[tier].length === 0) continue;
    const rules = of[tier].flatMap((policy) => policyRules(policy, version));
    chains.set(tierChain(tier, direction, of[tier]), rules);
  }
  return chains;
}

/** A direction of a pod stays the same object while the same policies select it. */
const printed = new WeakMap<PodDirection, Partial<Record<IpVersion, PodsChains>>>();

/** The chains of one direction of a pod; pods that the same policies select have the same ones. */
export function podsChains(of: PodDirection, direction: Direction, version: IpVersion): PodsChains {
  const known = printed.get(of) ?? {};
  printed.set(of, known);
  return (known[version] ??= printChains(of, direction, version));
}
