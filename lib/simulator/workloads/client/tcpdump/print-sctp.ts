import type { SctpChunk, SctpChunkType, SctpPacket } from '../../../packet/sctp.ts';

/** print-sctp.c. */
const NAMES: Readonly<Record<SctpChunkType, string>> = {
  INIT: 'INIT',
  'INIT ACK': 'INIT ACK',
  'COOKIE ECHO': 'COOKIE ECHO',
  'COOKIE ACK': 'COOKIE ACK',
  DATA: 'DATA',
  SACK: 'SACK',
  HEARTBEAT: 'HB REQ',
  'HEARTBEAT ACK': 'HB ACK',
  ERROR: 'OP ERR',
  ABORT: 'ABORT',
  SHUTDOWN: 'SHUTDOWN',
  'SHUTDOWN ACK': 'SHUTDOWN ACK',
  'SHUTDOWN COMPLETE': 'SHUTDOWN COMPLETE',
};

/** Simplified: receive windows are not simulated; every packet names the same one. */
const WINDOW = 106_496;

function detailsOf(chunk: SctpChunk): string {
  switch (chunk.type) {
    case 'INIT':
    case 'INIT ACK':
      return `[init tag: ${chunk.tag}] [rwnd: ${WINDOW}] [OS: 10] [MIS: ${chunk.type === 'INIT' ? 65_535 : 10}] [init TSN: ${chunk.tsn}] `;
    case 'DATA':
      return `(B)(E) [TSN: ${chunk.tsn}] [SID: 0] [SSEQ 0] [PPID 0x0] `;
    case 'SACK':
      return `[cum ack ${chunk.cumulativeTsn}] [a_rwnd ${WINDOW}] [#gap acks 0] [#dup tsns 0] `;
    case 'COOKIE ECHO':
    case 'COOKIE ACK':
    case 'HEARTBEAT':
    case 'HEARTBEAT ACK':
    case 'ERROR':
    case 'ABORT':
    case 'SHUTDOWN':
    case 'SHUTDOWN ACK':
    case 'SHUTDOWN COMPLETE':
      return '';
  }
}

/** `sctp (1) [INIT] [init tag: 1] ...`, with the blank that tcpdump leaves at the end. */
export const sctpText = ({ chunk }: SctpPacket): string =>
  `sctp (1) [${NAMES[chunk.type]}] ${detailsOf(chunk)}`;
