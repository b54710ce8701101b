import type { ConntrackDirection, ConntrackTcpState } from '../conntrack.ts';
import type { TcpFlags } from '../../packet/packet.ts';

/** What a segment does to a connection: a new state, nothing (`ignore`), or it does not belong (`invalid`). */
type Transition = ConntrackTcpState | 'ignore' | 'invalid';
type SegmentKind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none';

/** Columns of the tables below, as nf_conntrack_proto_tcp.c orders them; the first is "no connection yet". */
const STATES: readonly (ConntrackTcpState | undefined)[] = [
  undefined,
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
];

const CODES: Readonly<Record<string, Transition>> = {
  IV: 'invalid',
  IG: 'ignore',
  SS: 'SYN_SENT',
  SR: 'SYN_RECV',
  ES: 'ESTABLISHED',
  FW: 'FIN_WAIT',
  CW: 'CLOSE_WAIT',
  LA: 'LAST_ACK',
  TW: 'TIME_WAIT',
  CL: 'CLOSE',
  S2: 'SYN_SENT2',
};

/** tcp_conntracks[][][] of the kernel, one row a kind of segment. */
const ROWS: Readonly<Record<ConntrackDirection, Readonly<Record<SegmentKind, string>>>> = {
  original: {
    //       none SS SR ES FW CW LA TW CL S2
    syn: '   SS SS IG IG IG IG IG SS SS S2',
    synack: 'IV IV SR IV IV IV IV IV IV SR',
    fin: '   IV IV FW FW LA LA LA TW CL IV',
    ack: '   ES IV ES ES CW CW TW TW CL IV',
    rst: '   IV CL CL CL CL CL CL CL CL CL',
    none: '  IV IV IV IV IV IV IV IV IV IV',
  },
  reply: {
    syn: '   IV S2 IV IV IV IV IV SS IV S2',
    synack: 'IV SR IG IG IG IG IG IG IG SR',
    fin: '   IV IV FW FW LA LA LA TW CL IV',
    ack: '   IV IG SR ES CW CW TW TW CL IG',
    rst: '   IV CL CL CL CL CL CL CL CL CL',
    none: '  IV IV IV IV IV IV IV IV IV IV',
  },
};

type Row = ReadonlyMap<ConntrackTcpState | undefined, Transition>;

const readRow = (codes: string): Row =>
  new Map(
    codes
      .trim()
      .split(/ +/)
      .map((code, column) => [STATES[column], CODES[code] ?? 'invalid']),
  );

const readRows = (
  rows: Readonly<Record<SegmentKind, string>>,
): Readonly<Record<SegmentKind, Row>> => ({
  syn: readRow(rows.syn),
  synack: readRow(rows.synack),
  fin: readRow(rows.fin),
  ack: readRow(rows.ack),
  rst: readRow(rows.rst),
  none: readRow(rows.none),
});

const TRANSITIONS: Readonly<Record<ConntrackDirection, Readonly<Record<SegmentKind, Row>>>> = {
  original: readRows(ROWS.original),
  reply: readRows(ROWS.reply),
};

function kindOf(flags: TcpFlags): SegmentKind {
  if (flags.rst) return 'rst';
  if (flags.syn) return flags.ack ? 'synack' : 'syn';
  if (flags.fin) return 'fin';
  return flags.ack ? 'ack' : 'none';
}

/**
 * The state that a segment leads to. `state` is undefined for a connection that is not there yet; then an ACK picks up
 * an old connection in the middle (nf_conntrack_tcp_loose, on by default), and anything but a SYN is otherwise invalid.
 * Simplified: sequence numbers are not compared with the window, as with nf_conntrack_tcp_be_liberal.
 */
export function nextTcpState(
  state: ConntrackTcpState | undefined,
  direction: ConntrackDirection,
  flags: TcpFlags,
): Transition {
  return TRANSITIONS[direction][kindOf(flags)].get(state) ?? 'invalid';
}
