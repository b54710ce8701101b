import type { TcpFlags } from '../../../packet/packet.ts';
import type { PortRange, TransportMatch } from '../rule.ts';
import type { MatchSubject } from './subject.ts';

const contains = ([first, last]: PortRange, port: number) => port >= first && port <= last;

/** `80`, or `1024:65535`. */
export const formatPortRange = ([first, last]: PortRange) =>
  first === last ? String(first) : `${first}:${last}`;

const portMatches = (range: PortRange | undefined, port: number, not: true | undefined) =>
  range === undefined || contains(range, port) !== (not ?? false);

function isSynAlone({ syn, ack, rst, fin }: TcpFlags): boolean {
  return syn === true && !ack && !rst && !fin;
}

/** The flags of TCP by the names of iptables. */
export const TCP_FLAG_BITS: Readonly<Record<string, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
};

/** Names of bits, lowest first. */
export function tcpFlagNames(bits: number): string {
  const names = Object.keys(TCP_FLAG_BITS).filter(
    (name) => (bits & (TCP_FLAG_BITS[name] ?? 0)) !== 0,
  );
  return names.length === 0 ? 'NONE' : names.join(',');
}

function flagsMatch({ flags }: TransportMatch, { fin, syn, rst, psh, ack }: TcpFlags): boolean {
  if (!flags) return true;
  const bits = (fin ? 1 : 0) | (syn ? 2 : 0) | (rst ? 4 : 0) | (psh ? 8 : 0) | (ack ? 16 : 0);
  return ((bits & flags.mask) === flags.set) !== (flags.not ?? false);
}

/** xt_tcpudp.c and xt_sctp.c: a packet of another protocol never matches. */
export function matchesTransport(match: TransportMatch, { skb }: MatchSubject): boolean {
  const { transport } = skb.packet;
  if (!('sourcePort' in transport)) return false;
  return (
    transport.protocol === match.module &&
    portMatches(match.source, transport.sourcePort, match.notSource) &&
    portMatches(match.destination, transport.destinationPort, match.notDestination) &&
    (transport.protocol !== 'tcp' || flagsMatch(match, transport.flags)) &&
    (!match.syn ||
      (transport.protocol === 'tcp' && isSynAlone(transport.flags) === (match.syn === 'only')))
  );
}

export function printTransport(match: TransportMatch): string {
  return [
    `-m ${match.module}`,
    match.source && `${match.notSource ? '! ' : ''}--sport ${formatPortRange(match.source)}`,
    match.destination &&
      `${match.notDestination ? '! ' : ''}--dport ${formatPortRange(match.destination)}`,
    match.flags &&
      `${match.flags.not ? '! ' : ''}--tcp-flags ${tcpFlagNames(match.flags.mask)} ${tcpFlagNames(match.flags.set)}`,
    match.syn && `${match.syn === 'not' ? '! ' : ''}--tcp-flags FIN,SYN,RST,ACK SYN`,
  ]
    .filter(Boolean)
    .join(' ');
}
