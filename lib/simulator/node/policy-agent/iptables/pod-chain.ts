import type { IpVersion } from '../../../base/ip.ts';
import { normalizeRule } from '../../../linux/netfilter/normalize-rule.ts';
import type { Match, Rule, Target } from '../../../linux/netfilter/rule.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import type { PolicyPod } from '../../../policy/policy-world.ts';
import { versionOfElement } from '../address-set.ts';
import { isolationBecause, podBecause, selectionBecause } from '../because.ts';
import { type PlannedPod, type PlannedPolicy, type PodDirection } from '../rule-plan.ts';
import { comment } from './comment.ts';
import { ADMITTED, clearMarks, isNotAdmitted, isUndecided, setMark } from './marks.ts';
import { COMMON_CHAIN, podChain, policyChain } from './names.ts';

const jump = (chain: string): Target => ({ target: 'JUMP', chain });
const ACCEPT: Target = { target: 'ACCEPT' };

/** The pod's end of the packet. */
const end = (direction: Direction, cidr: string): Match => ({
  match: direction === 'ingress' ? 'destination' : 'source',
  cidr,
});

const local = (side: 'src' | 'dst'): Match => ({ match: 'address-type', side, type: 'LOCAL' });

function policyJump(
  planned: PlannedPolicy,
  when: readonly Match[],
  cidr: string,
  version: IpVersion,
): Rule {
  return {
    matches: [
      end(planned.direction, cidr),
      comment(`run through nw policy ${planned.policy.ref.name}`),
      ...when,
    ],
    target: jump(policyChain(planned, version)),
    because: selectionBecause(planned.policy),
  };
}

/** A path in the pod's own node is no matter of NetworkPolicies (NetworkPolicySpec: traffic of the node is always allowed). */
const admitOwnNode = (cidr: string): Rule => ({
  matches: [
    end('egress', cidr),
    comment("rule to permit traffic from pods when destination is the pod's local node"),
    local('dst'),
  ],
  target: setMark(ADMITTED),
});

function drop(first: PlannedPolicy, { namespace, name }: PolicyPod, cidr: string): Rule {
  const way = first.direction === 'ingress' ? 'destined for' : 'from';
  return {
    matches: [
      end(first.direction, cidr),
      comment(`rule to DROP traffic ${way} POD name:${name} namespace: ${namespace}`),
      isNotAdmitted,
    ],
    target: { target: 'DROP' },
    because: isolationBecause(first.policy, first.direction),
  };
}

/** The tiers of one direction, in order (rule-plan.ts). */
function directionRules(
  direction: Direction,
  { admin, network, baseline }: PodDirection,
  pod: PolicyPod,
  at: { readonly cidr: string; readonly version: IpVersion },
): Rule[] {
  const { cidr, version } = at;
  const jumps = (policies: readonly PlannedPolicy[], when: readonly Match[]) =>
    policies.map((planned) => policyJump(planned, when, cidr, version));
  const [firstOfNetwork] = network;
  const notYet = admin.length > 0 ? [isNotAdmitted] : [];
  const below = firstOfNetwork
    ? [
        ...(direction === 'egress' ? [admitOwnNode(cidr)] : []),
        ...jumps(network, notYet),
        drop(firstOfNetwork, pod, cidr),
      ]
    : jumps(baseline, [isNotAdmitted]);
  return [...jumps(admin, [isUndecided]), ...below];
}

function chainOfPod(
  { pod, ingress, egress }: PlannedPod,
  address: string,
  version: IpVersion,
): Rule[] {
  const cidr = `${address}/${version === 4 ? 32 : 128}`;
  const at = { cidr, version };
  return [
    { matches: [comment('run through common network policy chain')], target: jump(COMMON_CHAIN) },
    {
      matches: [
        end('egress', cidr),
        end('ingress', cidr),
        comment('rule to permit traffic of a pod to itself'),
      ],
      target: { target: 'RETURN' },
    },
    {
      matches: [
        end('ingress', cidr),
        comment("rule to permit traffic to pods when source is the pod's local node"),
        local('src'),
      ],
      target: ACCEPT,
    },
    ...(ingress ? directionRules('ingress', ingress, pod, at) : []),
    ...(egress ? directionRules('egress', egress, pod, at) : []),
    { matches: [comment('rule to reset the marks of network policies')], target: clearMarks },
  ];
}

function jumpsOfPod({ pod }: PlannedPod, address: string, version: IpVersion) {
  const chain = podChain(pod, version);
  const cidr = `${address}/${version === 4 ? 32 : 128}`;
  const jumpOf = (direction: Direction, way: string): Rule => ({
    matches: [
      end(direction, cidr),
      comment(
        `rule to jump traffic ${way} POD name:${pod.name} namespace: ${pod.namespace} to chain ${chain}`,
      ),
    ],
    target: jump(chain),
    because: podBecause(pod),
  });
  return { to: jumpOf('ingress', 'destined to'), from: jumpOf('egress', 'from') };
}

/** What one pod has among the rules of one family, as the kernel keeps it. */
interface PodRules {
  /** All packets of the pod go through it, whichever way. */
  readonly chain: readonly Rule[];
  /** The jumps into it: of what goes to the pod, and of what it sends. */
  readonly to: Rule;
  readonly from: Rule;
}

type Written = Partial<Record<IpVersion, PodRules>>;

/** Planned pods never change. */
const written = new WeakMap<PlannedPod, Written>();

/** Undefined for a pod without an address of the family. */
export function podRules(planned: PlannedPod, version: IpVersion): PodRules | undefined {
  const { addresses } = planned.pod;
  const address = addresses.find((each) => versionOfElement(each) === version);
  if (address === undefined) return undefined;
  const families = written.get(planned) ?? {};
  written.set(planned, families);
  const known = families[version];
  if (known) return known;
  const { to, from } = jumpsOfPod(planned, address, version);
  const made: PodRules = {
    chain: chainOfPod(planned, address, version).map(normalizeRule),
    to: normalizeRule(to),
    from: normalizeRule(from),
  };
  families[version] = made;
  return made;
}
