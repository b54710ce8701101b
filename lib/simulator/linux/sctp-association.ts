import type { SctpChunk } from '../packet/sctp.ts';

/** States of an association (RFC 9260 section 4); `CLOSED`: it is over, and the process has not closed its socket yet. */
export type SctpState =
  | 'COOKIE-WAIT'
  | 'COOKIE-ECHOED'
  | 'ESTABLISHED'
  | 'SHUTDOWN-PENDING'
  | 'SHUTDOWN-SENT'
  | 'SHUTDOWN-RECEIVED'
  | 'SHUTDOWN-ACK-SENT'
  | 'CLOSED';

/** What a socket keeps of its association. Plain data. */
export interface SctpAssociation {
  state: SctpState;
  /** What packets to this side carry, and packets to the other. */
  readonly ownTag: number;
  peerTag: number;
  /** Of the next DATA to be sent. */
  nextTsn: number;
  /** Of the last DATA that came. */
  cumulativeTsn: number;
  /** Sent and not acknowledged: INIT, COOKIE ECHO, DATA, SHUTDOWN. The first of them is sent again. */
  readonly unacknowledged: SctpChunk[];
}
