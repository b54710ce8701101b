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

/** xt_tcpudp.c and xt_sctp.c: a packet of another protocol never matches. */
export function matchesTransport(match: TransportMatch, { skb }: MatchSubject): boolean {
  const { transport } = skb.packet;
  if (transport.protocol !== 'tcp' && transport.protocol !== 'udp') return false;
  return (
    transport.protocol === match.module &&
    portMatches(match.source, transport.sourcePort, match.notSource) &&
    portMatches(match.destination, transport.destinationPort, match.notDestination) &&
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
    match.syn && `${match.syn === 'not' ? '! ' : ''}--tcp-flags FIN,SYN,RST,ACK SYN`,
  ]
    .filter(Boolean)
    .join(' ');
}
