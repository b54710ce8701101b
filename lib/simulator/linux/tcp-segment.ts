import type { SocketAddress } from '../base/flow.ts';
import type { IpPacket, TcpFlags } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import { payloadLength } from './sockets.ts';

/** net.ipv4.ip_default_ttl. */
export const DEFAULT_TTL = 64;
const TCP_HEADER = 20;
/** What a host takes that did not say (RFC 9293 section 3.7.1). */
const DEFAULT_SEGMENT = 536;
const DEFAULT_SEGMENT6 = 1220;

/** Bytes of the IP header, without options or extension headers. */
export const ipHeaderLength = (address: string) => (address.includes(':') ? 40 : 20);

/** Bytes of the headers of a TCP segment to an address. */
export const tcpHeaderLength = (address: string) => ipHeaderLength(address) + TCP_HEADER;

export interface SegmentDraft {
  readonly from: SocketAddress;
  readonly to: SocketAddress;
  readonly flags: TcpFlags;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly maximumSegment?: number | undefined;
  readonly ttl?: number | undefined;
  readonly payload?: Payload | undefined;
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
  flags,
  sequence,
  acknowledgement,
  maximumSegment,
}: SegmentDraft): IpPacket {
  // Simplified: one message is one segment however long it is; its length on the wire is capped at a full segment.
  const version = to.address.includes(':') ? 6 : 4;
  const most = limit ?? (version === 6 ? DEFAULT_SEGMENT6 : DEFAULT_SEGMENT);
  const size = payload ? Math.min(payloadLength(payload), most) : 0;
  return {
    version,
    source: from.address,
    destination: to.address,
    ttl,
    dontFragment: true,
    length: tcpHeaderLength(to.address) + size,
    transport: {
      protocol: 'tcp',
      sourcePort: from.port,
      destinationPort: to.port,
      flags,
      sequence,
      acknowledgement,
      maximumSegment,
      payload,
    },
    fragment: undefined,
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
