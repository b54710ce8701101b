import type { IpVersion } from '../../../base/ip.ts';
import type { NftRuleBody } from '../../../linux/netfilter/nft/model.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import { drop, isLocal, jump, rule, verdict } from '../../kube-proxy/nftables/words.ts';
import { isolationBecause, selectionBecause, type PodDirection } from '../rule-plan.ts';
import type { DesiredTable } from './desired-table.ts';
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
    ...network.map((policy) =>
      rule([jump(policyChain(policy))], { because: selectionBecause(policy) }),
    ),
    deciding([], drop, isolationBecause(isolating), `isolated for ${direction}`),
  ];
}

/** Adds the chains of one direction of a pod, each once for all pods that share it. */
export function addPodsChains(
  { chains }: DesiredTable,
  of: PodDirection,
  direction: Direction,
  version: IpVersion,
): void {
  const name = podsChain(direction, of);
  if (chains.has(name)) return;
  chains.set(name, { rules: podsRules(of, direction) });
  for (const policy of of.network)
    chains.set(policyChain(policy), { rules: policyRules(policy, version) });
  for (const tier of ['admin', 'baseline'] as const) {
    if (of[tier].length === 0) continue;
    const rules = of[tier].flatMap((policy) => policyRules(policy, version));
    chains.set(tierChain(tier, direction, of[tier]), { rules });
  }
}
