import type { Micros } from '../base/clock.ts';
import type { Flow } from '../base/flow.ts';

/** What nf_conntrack_proto_tcp calls the state of a connection. */
export type ConntrackTcpState =
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE';

/** One tracked connection: the tuple as the first packet had it, and the tuple that replies are expected to have. */
export interface ConntrackEntry {
  readonly id: number;
  readonly original: Flow;
  /** Changed by NAT until the entry is confirmed. */
  reply: Flow;
  tcpState?: ConntrackTcpState;
  isReplied: boolean;
  isAssured: boolean;
  isConfirmed: boolean;
  /** Which half NAT has decided already (even for "no change": the nat table is read once a connection). */
  nat: { destination?: true; source?: true };
  mark: number;
  expiresAt: Micros;
}

export interface ConntrackTable {
  readonly entries: Record<number, ConntrackEntry>;
  /** Key of a tuple → entry id; both directions are in it. */
  readonly byTuple: Record<string, number>;
  nextId: number;
  readonly limit: number;
}

/** State of a packet with regard to its connection, as `-m conntrack --ctstate` tests it. */
export type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

/** An empty table that holds at most `limit` connections (nf_conntrack_max). */
export function createConntrackTable(limit = 262_144): ConntrackTable {
  return { entries: {}, byTuple: {}, nextId: 1, limit };
}
