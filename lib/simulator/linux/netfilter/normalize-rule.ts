import { networkOf } from '../../base/cidr.ts';
import type { ConntrackCondition, Match, PortRange, Rule, Target, TransportMatch } from './rule.ts';

/** The order in which iptables prints what it compares in the headers, and the kernel compares it. */
const HEADER_ORDER: readonly Match['match'][] = [
  'source',
  'destination',
  'in-interface',
  'out-interface',
  'protocol',
];

/** The order in which libxt_conntrack prints states. */
const STATE_ORDER: readonly ConntrackCondition[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
];

/** xt_statistic keeps a probability as a fraction of 2^31. */
const PROBABILITY_UNIT = 0x8000_0000;

const headerRank = (match: Match) => HEADER_ORDER.indexOf(match.match);

/** The kernel's 31-bit form of a probability in [0, 1]. */
export const probabilityThreshold = (probability: number) =>
  Math.round(probability * PROBABILITY_UNIT);

const LAST_PORT = 65_535;

/** "Not 0 to n" is kept as "above n" (iptables-nft makes a comparison of it). */
const isLowRange = (range: PortRange | undefined): range is PortRange =>
  range !== undefined && range[0] === 0 && range[1] > 0 && range[1] < LAST_PORT;

function normalizePorts({ notSource, notDestination, ...match }: TransportMatch): TransportMatch {
  const { source, destination } = match;
  const flipsSource = notSource && isLowRange(source);
  const flipsDestination = notDestination && isLowRange(destination);
  return {
    ...match,
    ...(flipsSource ? { source: [source[1] + 1, LAST_PORT] as const } : notSource && { notSource }),
    ...(flipsDestination
      ? { destination: [destination[1] + 1, LAST_PORT] as const }
      : notDestination && { notDestination }),
  };
}

// eslint-disable-next-line complexity -- one line a kind.
function normalizeMatch(match: Match): Match {
  switch (match.match) {
    case 'source':
    case 'destination':
      return { ...match, cidr: networkOf(match.cidr) ?? match.cidr };
    case 'conntrack-state':
      return { ...match, states: STATE_ORDER.filter((state) => match.states.includes(state)) };
    case 'statistic':
      return { ...match, probability: probabilityThreshold(match.probability) / PROBABILITY_UNIT };
    case 'transport':
      return normalizePorts(match);
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
    case 'comment':
    case 'multiport':
    case 'icmp':
    case 'address-type':
    case 'mark':
    case 'recent':
    case 'nth':
    case 'limit':
    case 'owner':
    case 'length':
    case 'mac':
    case 'ip-range':
    case 'connmark':
    case 'physdev':
    case 'set':
    case 'icmp6':
      return match;
  }
}

/** The value and mask of `--set-xmark` that a MARK target amounts to (libxt_MARK). */
export function xmarkOf(target: Extract<Target, { target: 'MARK' }>): {
  value: number;
  mask: number;
} {
  switch (target.operation) {
    case 'set':
      return { value: target.value, mask: target.mask ?? 0xffff_ffff };
    case 'or':
      return { value: target.value, mask: target.value };
    case 'xor':
      return { value: target.value, mask: 0 };
    case 'and':
      return { value: 0, mask: ~target.value >>> 0 };
  }
}

function normalizeTarget(target: Target): Target {
  if (target.target === 'MARK') return { target: 'MARK', operation: 'set', ...xmarkOf(target) };
  if (target.target === 'REJECT')
    return { target: 'REJECT', with: target.with ?? 'icmp-port-unreachable' };
  return target;
}

/** `0.0.0.0/0` compares nothing, and iptables does not print it. */
const comparesNothing = (match: Match) =>
  (match.match === 'source' || match.match === 'destination') &&
  (match.cidr === '0.0.0.0/0' || match.cidr === '::/0') &&
  match.not === undefined;

/** Rules never change, and one may stand on many nodes. */
const normalized = new WeakMap<Rule, Rule>();

function makeNormal(rule: Rule): Rule {
  const matches = rule.matches.map(normalizeMatch).filter((match) => !comparesNothing(match));
  const headers = matches.filter((match) => headerRank(match) >= 0);
  headers.sort((a, b) => headerRank(a) - headerRank(b));
  return {
    matches: [...headers, ...matches.filter((match) => headerRank(match) < 0)],
    target: normalizeTarget(rule.target),
    ...(rule.because && { because: rule.because }),
  };
}

/** The rule as the kernel keeps it: what `iptables-save` prints after the author's spelling was lost. */
export function normalizeRule(rule: Rule): Rule {
  const known = normalized.get(rule);
  if (known) return known;
  const made = makeNormal(rule);
  normalized.set(rule, made);
  normalized.set(made, made);
  return made;
}
