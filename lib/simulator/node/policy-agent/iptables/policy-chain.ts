import type { IpVersion } from '../../../base/ip.ts';
import type { Match, Rule, Target } from '../../../linux/netfilter/rule.ts';
import { normalizeRule } from '../../../linux/netfilter/normalize-rule.ts';
import { mayHoldFamily } from '../address-set.ts';
import type { PlannedPolicy, PlannedPort, PlannedRule } from '../rule-plan.ts';
import { comment } from './comment.ts';
import { ADMITTED, hasMark, PASSED_ON, setMark } from './marks.ts';
import { setName } from './names.ts';

const RETURN: Target = { target: 'RETURN' };
const LAST_PORT = 65_535;

function portMatches(port: PlannedPort, version: IpVersion): Match[] {
  if (port.port === 'named') {
    const set = setName(port.targets, 'target', version);
    return [{ match: 'set', set, sides: ['dst', 'dst'] }];
  }
  const protocol = ({ TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const)[port.protocol];
  const { first, last } = port;
  const isEvery = first <= 1 && last === LAST_PORT;
  return [
    { match: 'protocol', protocol },
    ...(isEvery
      ? []
      : [{ match: 'transport' as const, module: protocol, destination: [first, last] as const }]),
  ];
}

function matchesOf(
  { peer, port, because }: PlannedRule,
  { policy, direction }: PlannedPolicy,
  version: IpVersion,
): Match[] {
  const { namespace, name } = policy.ref;
  const owner = namespace === undefined ? name : `${name} namespace ${namespace}`;
  const side = direction === 'ingress' ? 'src' : 'dst';
  return [
    comment(`policy name ${owner} ${because.detail ?? ''}`),
    ...(peer
      ? [{ match: 'set' as const, set: setName(peer, direction, version), sides: [side] as const }]
      : []),
    ...(port ? portMatches(port, version) : []),
  ];
}

/** What is marked leaves the chain: the first rule that matches has the word. */
const markAndReturn = (matches: Match[], because: Rule['because'], value: number): Rule[] => [
  { matches, target: setMark(value), ...(because && { because }) },
  { matches: [hasMark(value)], target: RETURN },
];

function rulesOf(rule: PlannedRule, planned: PlannedPolicy, version: IpVersion): Rule[] {
  if (rule.peer && !mayHoldFamily(rule.peer, version)) return [];
  const matches = matchesOf(rule, planned, version);
  const { because } = rule;
  switch (rule.action) {
    case 'accept':
      return markAndReturn(matches, because, ADMITTED);
    case 'deny':
      return [{ matches, target: { target: 'DROP' }, because }];
    case 'pass':
      // Behind the baseline tier there is nobody to pass it on to.
      return markAndReturn(matches, because, planned.tier === 'admin' ? PASSED_ON : ADMITTED);
  }
}

type Chains = Partial<Record<IpVersion, readonly Rule[]>>;

/** Planned policies never change, and all nodes write the same. */
const written = new WeakMap<PlannedPolicy, Chains>();

/** The chain of a policy in one direction, as the kernel keeps it. */
export function policyRules(planned: PlannedPolicy, version: IpVersion): readonly Rule[] {
  const chains = written.get(planned) ?? {};
  written.set(planned, chains);
  return (chains[version] ??= planned.rules
    .flatMap((rule) => rulesOf(rule, planned, version))
    .map(normalizeRule));
}
