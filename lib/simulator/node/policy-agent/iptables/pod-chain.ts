import type { IpVersion } from '../../../base/ip.ts';
import type { Match, Rule, Target } from '../../../linux/netfilter/rule.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import type { PolicyPod } from '../../../policy/policy-world.ts';
import {
  isolationBecause,
  podBecause,
  selectionBecause,
  type PlannedPod,
  type PlannedPolicy,
  type PodDirection,
} from '../rule-plan.ts';
import { ADMITTED, clearMarks, isNotAdmitted, isUndecided, setMark } from './marks.ts';
import { COMMON_CHAIN, podChain, policyChain } from './names.ts';

const comment = (text: string): Match => ({ match: 'comment', text });
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
    because: selectionBecause(planned),
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
    because: isolationBecause(first),
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

/** The chain that all packets of a pod go through, whichever way, that are not known yet. */
export function podRules(
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

/** The jumps into a pod's chain: of what goes to it, and of what it sends. */
export function podJumps({ pod }: PlannedPod, address: string, version: IpVersion) {
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
