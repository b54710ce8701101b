import type { SocketBuffer } from '../socket-buffer.ts';

/**
 * nf_ct_attach: an ICMP error or a reset that this machine sends because of a packet belongs to that packet's connection,
 * going back, so that it is translated back even when the connection was never confirmed. Call it on the answer before
 * OUTPUT, for every such answer (icmp_glue_bits, nf_send_reset).
 */
export function attachAnswer(answer: SocketBuffer, cause: SocketBuffer): void {
  if (cause.connection === undefined) return;
  answer.connection = cause.connection;
  answer.connectionState = 'RELATED';
  answer.connectionDirection = cause.connectionDirection === 'reply' ? 'original' : 'reply';
}
