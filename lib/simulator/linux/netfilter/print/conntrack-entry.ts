import { SECOND, type Micros } from '../../../base/clock.ts';
import type { Flow } from '../../../base/flow.ts';
import type { ConntrackEntry } from '../../conntrack.ts';

const PROTOCOL_NUMBERS: Readonly<Record<Flow['protocol'], number>> = {
  icmp: 1,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  sctp: 132,
};

function formatTuple(
  { protocol, source, destination }: Flow,
  type: { v4: number; v6: number },
): string {
  const addresses = `src=${source.address} dst=${destination.address}`;
  if (protocol === 'icmp') return `${addresses} type=${type.v4} code=0 id=${source.port}`;
  if (protocol === 'icmpv6') return `${addresses} type=${type.v6} code=0 id=${source.port}`;
  return `${addresses} sport=${source.port} dport=${destination.port}`;
}

/**
 * A connection as `conntrack -L` (1.4.7) prints it, with the seconds that it has left at `now`. An entry that is not
 * confirmed yet, as a new packet's, prints like one without an answer.
 */
export function formatConntrackEntry(entry: ConntrackEntry, now: Micros): string {
  const { protocol } = entry.original;
  const seconds = Math.max(0, Math.floor((entry.expiresAt - now) / SECOND));
  return [
    `${protocol.padEnd(8)} ${PROTOCOL_NUMBERS[protocol]} ${seconds}`,
    entry.tcpState ?? entry.sctpState,
    formatTuple(entry.original, { v4: 8, v6: 128 }),
    !entry.isReplied && '[UNREPLIED]',
    formatTuple(entry.reply, { v4: 0, v6: 129 }),
    entry.isAssured && '[ASSURED]',
    `mark=${entry.mark} use=1`,
  ]
    .filter(Boolean)
    .join(' ');
}
