import { formatIcmp6, ICMP6_TYPES } from '../../linux/netfilter/match/icmp6.ts';
import { physdevOptions } from '../../linux/netfilter/match/packet-facts.ts';
import { formatPortRange } from '../../linux/netfilter/match/transport.ts';
import type {
  Icmp6Match,
  IpRangeMatch,
  Match,
  OwnerMatch,
  Target,
} from '../../linux/netfilter/rule.ts';

/** Whether ports and types are listed as numbers (`-n`). */
interface Numeric {
  readonly numeric: boolean;
}

type MoreMatch = Extract<
  Match,
  {
    match:
      | 'nth'
      | 'limit'
      | 'owner'
      | 'length'
      | 'mac'
      | 'ip-range'
      | 'connmark'
      | 'physdev'
      | 'set'
      | 'icmp6';
  }
>;

const hex = (value: number) => `0x${value.toString(16)}`;
const masked = (value: number, mask: number) =>
  mask === 0xffff_ffff ? hex(value) : `${hex(value)}/${hex(mask)}`;

function ownerText({ of, range: [first, last], not }: OwnerMatch): string {
  const ids = first === last ? String(first) : `${first}-${last}`;
  return `${not ? '! ' : ''}owner ${of.toUpperCase()} match ${ids}`;
}

function rangeText(match: IpRangeMatch): string {
  return [
    match.source && `source IP range ${match.notSource ? '! ' : ''}${match.source.join('-')}`,
    match.destination &&
      `destination IP range ${match.notDestination ? '! ' : ''}${match.destination.join('-')}`,
  ]
    .filter(Boolean)
    .join(' ');
}

function icmp6Text(match: Icmp6Match, { numeric }: Numeric): string {
  const not = match.not ? '!' : '';
  if (numeric)
    return `ipv6-icmptype ${not}${match.type}${match.code === undefined ? '' : ` code ${match.code}`}`;
  const name = Object.keys(ICMP6_TYPES).find((each) => ICMP6_TYPES[each] === match.type);
  return `ipv6-icmp ${not}${match.code === undefined && name ? name : formatIcmp6(match)}`;
}

/** What `iptables -L` says of the matches that Services do without. */
export function moreMatchText(match: MoreMatch, options: Numeric): string {
  switch (match.match) {
    case 'nth':
      return `statistic mode nth ${match.not ? '! ' : ''}every ${match.every}${match.packet === 0 ? '' : ` packet ${match.packet}`}`;
    case 'limit':
      return `limit: avg ${match.rate}/${match.per} burst ${match.burst}`;
    case 'owner':
      return ownerText(match);
    case 'length':
      return `length ${match.not ? '!' : ''}${formatPortRange(match.range)}`;
    case 'mac':
      return `MAC ${match.not ? '! ' : ''}${match.mac}`;
    case 'ip-range':
      return rangeText(match);
    case 'connmark':
      return `connmark match ${match.not ? '!' : ''} ${masked(match.value, match.mask)}`;
    case 'physdev':
      return `PHYSDEV match ${physdevOptions(match)}`;
    case 'set':
      return `${match.not ? '! ' : ''}match-set ${match.set} ${match.sides.join(',')}`;
    case 'icmp6':
      return icmp6Text(match, options);
  }
}

type MoreTarget = Extract<Target, { target: 'LOG' | 'NFLOG' | 'CONNMARK' | 'SET' }>;

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'];

function connmarkText({ operation, value, mask }: Extract<Target, { target: 'CONNMARK' }>): string {
  if (operation === 'set')
    return mask === 0xffff_ffff
      ? `CONNMARK set ${hex(value)}`
      : `CONNMARK xset ${hex(value)}/${hex(mask)}`;
  return `CONNMARK ${operation}${mask === 0xffff_ffff ? '' : ` mask ${hex(mask)}`}`;
}

/** The same for targets. */
export function moreTargetText(target: MoreTarget, { numeric }: Numeric): string {
  switch (target.target) {
    case 'LOG': {
      const level = target.level ?? 4;
      const head = numeric ? `LOG flags 0 level ${level}` : `LOG level ${LEVELS[level]}`;
      return `${head}${target.prefix === undefined ? '' : ` prefix "${target.prefix}"`}`;
    }
    case 'NFLOG':
      return [
        target.prefix !== undefined && `nflog-prefix ${target.prefix}`,
        target.group !== undefined && `nflog-group ${target.group}`,
      ]
        .filter(Boolean)
        .join(' ');
    case 'CONNMARK':
      return connmarkText(target);
    case 'SET':
      return [
        `${target.operation}-set ${target.set} ${target.sides.join(',')}`,
        target.exist && 'exist',
        target.timeout !== undefined && `timeout ${target.timeout}`,
      ]
        .filter(Boolean)
        .join(' ');
  }
}
