import type { Payload } from './payload.ts';

/** An SCTP packet (RFC 9260 section 3). Simplified: no CRC32c, so nobody finds a damaged packet; one stream. */
export interface SctpPacket {
  readonly protocol: 'sctp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** What the receiver chose when the association began; 0 on an INIT. */
  readonly verificationTag: number;
  /** Simplified: one chunk a packet, nothing is bundled. */
  readonly chunk: SctpChunk;
}

/** What the answer to an INIT hands out and COOKIE ECHO brings back: all that a listener would have to remember. */
export interface SctpCookie {
  /** Tag and first TSN of the side that sent the INIT. */
  readonly peerTag: number;
  readonly peerTsn: number;
  /** Tag and first TSN of the side that made the cookie. */
  readonly ownTag: number;
  readonly ownTsn: number;
}

export type SctpChunk =
  | { readonly type: 'INIT'; readonly tag: number; readonly tsn: number }
  | {
      readonly type: 'INIT ACK';
      readonly tag: number;
      readonly tsn: number;
      readonly cookie: SctpCookie;
    }
  | { readonly type: 'COOKIE ECHO'; readonly cookie: SctpCookie }
  | { readonly type: 'DATA'; readonly tsn: number; readonly payload: Payload }
  | { readonly type: 'SACK'; readonly cumulativeTsn: number }
  | { readonly type: 'SHUTDOWN'; readonly cumulativeTsn: number }
  | {
      readonly type: 'COOKIE ACK' | 'SHUTDOWN ACK' | 'HEARTBEAT' | 'HEARTBEAT ACK' | 'ERROR';
    }
  /** `isReflected`: the T bit, the tag is the one that the packet in question had. */
  | { readonly type: 'ABORT' | 'SHUTDOWN COMPLETE'; readonly isReflected?: true };

export type SctpChunkType = SctpChunk['type'];

const COMMON_HEADER = 12;

/**
 * Bytes of a packet behind the IP header, with the parameters that Linux sends from a machine with one address.
 *
 * @param payloadBytes of DATA
 */
export function sctpLength({ type }: SctpChunk, payloadBytes = 0): number {
  switch (type) {
    case 'INIT':
      return COMMON_HEADER + 36;
    case 'INIT ACK':
      return COMMON_HEADER + 260;
    case 'COOKIE ECHO':
      return COMMON_HEADER + 232;
    case 'DATA':
      return COMMON_HEADER + 16 + Math.ceil(payloadBytes / 4) * 4;
    case 'SACK':
      return COMMON_HEADER + 16;
    case 'SHUTDOWN':
      return COMMON_HEADER + 8;
    case 'HEARTBEAT':
    case 'HEARTBEAT ACK':
      return COMMON_HEADER + 44;
    case 'COOKIE ACK':
    case 'SHUTDOWN ACK':
    case 'SHUTDOWN COMPLETE':
    case 'ABORT':
    case 'ERROR':
      return COMMON_HEADER + 4;
  }
}
