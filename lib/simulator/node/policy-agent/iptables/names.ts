import type { IpVersion } from '../../../base/ip.ts';
import { hashText } from '../../kube-proxy/chain-names.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import type { PolicyPod } from '../../../policy/policy-world.ts';
import type { AddressSet } from '../address-set.ts';
import type { PlannedPolicy } from '../rule-plan.ts';

/** Chain by the hook that jumps to it. */
export const TOP_CHAINS = {
  INPUT: 'KUBE-ROUTER-INPUT',
  FORWARD: 'KUBE-ROUTER-FORWARD',
  OUTPUT: 'KUBE-ROUTER-OUTPUT',
} as const;

export type TopHook = keyof typeof TOP_CHAINS;

export const HOOKS: readonly TopHook[] = ['INPUT', 'FORWARD', 'OUTPUT'];

/** What every packet of a pod meets first. */
export const COMMON_CHAIN = 'KUBE-NWPLCY-COMMON';

const POLICY_PREFIX = {
  admin: 'KUBE-ADMPLC-',
  network: 'KUBE-NWPLCY-',
  baseline: 'KUBE-BSPLCY-',
} as const;

const POD_PREFIX = 'KUBE-POD-FW-';

const FAMILY = { 4: 'IPv4', 6: 'IPv6' } as const;

type Names = Partial<Record<IpVersion, string>>;

/** Hashes cost more than all else that a round does; pods and planned policies never change. */
const chains = new WeakMap<PolicyPod | PlannedPolicy, Names>();

function remember(of: PolicyPod | PlannedPolicy, version: IpVersion, make: () => string): string {
  const names = chains.get(of) ?? {};
  chains.set(of, names);
  return (names[version] ??= make());
}

/**
 * `podFirewallChainName` of kube-router's pod.go, without the time of the round that it puts into the name. It has nothing
 * between namespace and name, so that pods `ab/c` and `a/bc` of one node get one chain, and one of them no policies.
 */
export const podChain = (pod: PolicyPod, version: IpVersion) =>
  remember(pod, version, () => POD_PREFIX + hashText(pod.key + FAMILY[version], 16));

/**
 * `networkPolicyChainName` of kube-router's policy.go. It has one chain for both directions of a policy, so that a rule for
 * ingress also admits egress between pods of the policy; here each direction has its own.
 */
export const policyChain = (planned: PlannedPolicy, version: IpVersion) =>
  remember(planned, version, () => {
    const { policy, tier, direction } = planned;
    const { kind, namespace = kind, name } = policy.ref;
    return POLICY_PREFIX[tier] + hashText(`${namespace}/${name}${FAMILY[version]}${direction}`, 16);
  });

const OWN_CHAIN = /^KUBE-(?:ROUTER-(?:INPUT|FORWARD|OUTPUT)$|POD-FW-|NWPLCY-|ADMPLC-|BSPLCY-)/;

/** Whether a chain of the filter table is the agent's. */
export const isOwnChain = (chain: string) => OWN_CHAIN.test(chain);

/** Peers of ingress rules are sources; all else is looked up among destinations. */
type SetUse = Direction | 'target';

/** Sets of IPv6 have their family before their names, as kube-router's have. At most 31 characters. */
export const setName = ({ name }: AddressSet, use: SetUse, version: IpVersion) =>
  `${version === 6 ? 'inet6:' : ''}KUBE-${use === 'ingress' ? 'SRC' : 'DST'}-${name}`;

const OWN_SET = /^(?:inet6:)?KUBE-(?:SRC|DST)-/;

/** Whether a set is the agent's. */
export const isOwnSet = (name: string) => OWN_SET.test(name);

/**
 * The comment of the jump from a built-in chain: with a hash of the rule, by which kube-router finds it again
 * (`addUUIDForRuleSpec`).
 */
export const topComment = (hook: TopHook) =>
  `kube-router netpol - ${hashText(
    `${hook}-mcomment--commentkube-router netpol-j${TOP_CHAINS[hook]}`,
    16,
  )}`;
