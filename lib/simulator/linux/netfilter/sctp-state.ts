import type { SctpChunk, SctpChunkType, SctpPacket } from '../../packet/sctp.ts';
import type { ConntrackDirection, ConntrackEntry, ConntrackSctpState } from '../conntrack.ts';

/** Columns of the tables below; the first is "no connection yet". */
const STATES: readonly (ConntrackSctpState | undefined)[] = [
  undefined,
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
];

const CODES: Readonly<Record<string, ConntrackSctpState>> = {
  CL: 'CLOSED',
  CW: 'COOKIE_WAIT',
  CE: 'COOKIE_ECHOED',
  ES: 'ESTABLISHED',
  SS: 'SHUTDOWN_SENT',
  SR: 'SHUTDOWN_RECD',
  SA: 'SHUTDOWN_ACK_SENT',
  HS: 'HEARTBEAT_SENT',
};

type TellingChunk = Exclude<SctpChunkType, 'DATA' | 'SACK'>;

/**
 * sctp_conntracks of nf_conntrack_proto_sctp.c, as Linux 6.18 was seen to go for each chunk in each state.
 * IV: the packet belongs to no connection.
 */
const ROWS: Readonly<Record<ConntrackDirection, Readonly<Record<TellingChunk, string>>>> = {
  original: {
    //                   none CL CW CE ES SS SR SA HS
    INIT: '              CL CL CW CE ES CL CL SA CW',
    'INIT ACK': '        IV CL CW CE ES SS SR SA CL',
    ABORT: '             IV CL CL CL CL CL CL CL CL',
    SHUTDOWN: '          IV CL CW CE SS SS SR SA CL',
    'SHUTDOWN ACK': '    SA CL CW CE ES SA SA SA SA',
    ERROR: '             IV CL CW CE ES SS SR SA CL',
    'COOKIE ECHO': '     IV CL CE CE ES SS SR SA CL',
    'COOKIE ACK': '      IV CL CW ES ES SS SR SA CL',
    'SHUTDOWN COMPLETE': 'IV CL CW CE ES SS SR CL CL',
    HEARTBEAT: '         HS CL CW CE ES SS SR SA HS',
    'HEARTBEAT ACK': '   CL CL CW CE ES SS SR SA HS',
  },
  reply: {
    INIT: '              IV CL CW CE ES SS SR SA IV',
    'INIT ACK': '        IV CW CW CE ES SS SR SA IV',
    ABORT: '             IV CL CL CL CL CL CL CL IV',
    SHUTDOWN: '          IV CL CW CE SR SS SR SA IV',
    'SHUTDOWN ACK': '    IV CL CW CE ES SA SA SA IV',
    ERROR: '             IV CL CW CL ES SS SR SA IV',
    'COOKIE ECHO': '     IV CL CE CE ES SS SR SA IV',
    'COOKIE ACK': '      IV CL CW ES ES SS SR SA IV',
    'SHUTDOWN COMPLETE': 'IV CL CW CE ES SS SR CL IV',
    HEARTBEAT: '         IV CL CW CE ES SS SR SA HS',
    'HEARTBEAT ACK': '   IV CL CW CE ES SS SR SA ES',
  },
};

/**
 * The state that a chunk leads to; undefined when the packet belongs to no connection. `state` is undefined for a connection
 * that is not there yet. DATA and SACK change nothing.
 */
export function nextSctpState(
  state: ConntrackSctpState | undefined,
  direction: ConntrackDirection,
  chunk: SctpChunkType,
): ConntrackSctpState | undefined {
  if (chunk === 'DATA' || chunk === 'SACK') return state;
  const codes = ROWS[direction][chunk].trim().split(/ +/);
  return CODES[codes[STATES.indexOf(state)] ?? 'IV'];
}

const opposite = (direction: ConntrackDirection): ConntrackDirection =>
  direction === 'original' ? 'reply' : 'original';

/** The tags that each side's packets carry, as far as they are known: what INIT and INIT ACK say, or a first HEARTBEAT has. */
export type SctpTags = Partial<Record<ConntrackDirection, number>>;

/** Whether the packet carries the tag that the connection's packets in this direction do (sctp_packet). */
function hasKnownTag(
  { verificationTag, chunk }: SctpPacket,
  tags: SctpTags,
  direction: ConntrackDirection,
): boolean {
  switch (chunk.type) {
    case 'INIT':
      return verificationTag === 0;
    case 'ABORT':
    case 'SHUTDOWN COMPLETE':
      return verificationTag === tags[direction] || verificationTag === tags[opposite(direction)];
    case 'HEARTBEAT':
    case 'HEARTBEAT ACK':
    case 'SHUTDOWN ACK':
      return tags[direction] === undefined || verificationTag === tags[direction];
    case 'INIT ACK':
    case 'COOKIE ECHO':
    case 'COOKIE ACK':
    case 'DATA':
    case 'SACK':
    case 'SHUTDOWN':
    case 'ERROR':
      return verificationTag === tags[direction];
  }
}

const announcedTag = (chunk: SctpChunk) =>
  chunk.type === 'INIT' || chunk.type === 'INIT ACK' ? chunk.tag : undefined;

/**
 * sctp_packet: takes a packet into a connection; `invalid` when it does not belong there. The caller sets the time-out.
 * Simplified: the kernel lets one HEARTBEAT with a wrong tag pass (SCTP_FLAG_HEARTBEAT_VTAG_FAILED).
 */
export function updateSctp(
  entry: ConntrackEntry,
  direction: ConntrackDirection,
  packet: SctpPacket,
): 'ok' | 'invalid' {
  const tags = (entry.sctpTags ??= {});
  const isFirst = entry.sctpState === undefined;
  if (!isFirst && !hasKnownTag(packet, tags, direction)) return 'invalid';
  const next = nextSctpState(entry.sctpState, direction, packet.chunk.type);
  if (next === undefined) return 'invalid';
  const announced = announcedTag(packet.chunk);
  if (announced !== undefined) tags[opposite(direction)] = announced;
  else if (tags[direction] === undefined) tags[direction] = packet.verificationTag;
  if (next === 'ESTABLISHED' && entry.sctpState !== 'ESTABLISHED') entry.isAssured = true;
  entry.sctpState = next;
  return 'ok';
}
