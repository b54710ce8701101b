import type { SocketAddress } from '../base/flow.ts';
import type { IpPacket, TcpFlags } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import { payloadLength } from './sockets.ts';

/** net.ipv4.ip_default_ttl. */
export const DEFAULT_TTL = 64;
export const TCP_HEADERS = 40;
/** What a host takes that did not say (RFC 9293 section 3.7.1). */
const DEFAULT_SEGMENT = 536;

export interface SegmentDraft {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly flags: TcpFlags;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly maximumSegment?: number;
  readonly ttl?: number;
  readonly payload?: Payload;
  /** The most bytes of data that may go on the wire at once. */
  readonly limit?: number;
}

/** A TCP segment in its IP packet. */
export function tcpPacket({
  from,
  to,
  payload,
  limit,
  ttl = DEFAULT_TTL,
  ...rest
}: SegmentDraft): IpPacket {
  // Simplified: one message is one segment however long it is; its length on the wire is capped at a full segment.
  const size = payload ? Math.min(payloadLength(payload), limit ?? DEFAULT_SEGMENT) : 0;
  return {
    version: 4,
    source: from.address,
    destination: to.address,
    ttl,
    dontFragment: true,
    length: TCP_HEADERS + size,
    transport: {
      protocol: 'tcp',
      sourcePort: from.port,
      destinationPort: to.port,
      ...rest,
      ...(payload ? { payload } : {}),
    },
  };
}

/** Sequence numbers that a segment takes: its bytes, and one for SYN and for FIN. */
export const sequenceLength = (flags: TcpFlags, payload: Payload | undefined) =>
  (payload ? payloadLength(payload) : 0) + (flags.syn ? 1 : 0) + (flags.fin ? 1 : 0);

/** The RST that answers a segment nobody wanted (RFC 9293 section 3.10.7.1); undefined for a RST or another protocol. */
export function resetFor(packet: IpPacket): IpPacket | undefined {
  const { transport } = packet;
  if (transport.protocol !== 'tcp' || transport.flags.rst) return undefined;
  const { flags, sequence, acknowledgement, payload } = transport;
  return tcpPacket({
    from: { address: packet.destination, port: transport.destinationPort },
    to: { address: packet.source, port: transport.sourcePort },
    flags: flags.ack ? { rst: true } : { rst: true, ack: true },
    sequence: flags.ack ? acknowledgement : 0,
    acknowledgement: flags.ack ? 0 : sequence + sequenceLength(flags, payload),
  });
}
