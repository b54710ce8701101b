import type { Flow } from '../base/flow.ts';
import type { Payload } from './payload.ts';
import type { SctpPacket } from './sctp.ts';

export interface TcpSegment {
  readonly protocol: 'tcp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: TcpFlags;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** The MSS option, on a SYN: how many bytes the sender can take in one segment. */
  readonly maximumSegment?: number | undefined;
  readonly payload?: Payload | undefined;
}

export interface TcpFlags {
  readonly syn?: true;
  readonly ack?: true;
  readonly fin?: true;
  readonly rst?: true;
  readonly psh?: true;
}

export interface UdpDatagram {
  readonly protocol: 'udp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Payload | VxlanPayload;
}

/** A VXLAN header and the frame that it carries (RFC 7348 section 5). */
export interface VxlanPayload {
  readonly kind: 'vxlan';
  readonly vni: number;
  readonly frame: Frame;
}

/** Bytes that VXLAN puts before a frame: outer IP, UDP and VXLAN headers. */
export const VXLAN_HEADERS = { 4: 36, 6: 56 } as const;
const ETHERNET_HEADER = 14;
const ARP_LENGTH = 28;

/** Bytes of a frame without its check sum. */
export const frameLength = ({ payload }: Frame): number =>
  ETHERNET_HEADER + (payload.type === 'ip' ? payload.packet.length : ARP_LENGTH);

/**
 * ICMPv4 messages (RFC 792) and ICMPv6 ones (RFC 4443, RFC 4861), named by what they say; see icmp-numbers.ts for types
 * and codes.
 */
export interface IcmpMessage {
  readonly protocol: 'icmp' | 'icmpv6';
  readonly type: IcmpType;
  /** Echo only. */
  readonly identifier?: number;
  readonly sequence?: number;
  /** Errors only: the packet that could not be handled, as the router saw it. */
  readonly original?: IpPacket;
  /** fragmentation-needed (in IPv6: packet too big) only. */
  readonly mtu?: number;
  /** redirect only: the better next hop. */
  readonly gateway?: string;
  /** Neighbour discovery only. */
  readonly neighbour?: NeighbourQuestion;
}

/** What neighbour solicitations and advertisements carry (RFC 4861 sections 4.3 and 4.4). */
export interface NeighbourQuestion {
  readonly target: string;
  /** The option: of a solicitation the sender's MAC, of an advertisement the target's. */
  readonly mac?: string;
  /** Of an advertisement: the S flag, an answer to a solicitation. */
  readonly isSolicited?: true;
}

export type IcmpType =
  | 'echo-request'
  | 'echo-reply'
  | 'net-unreachable'
  | 'host-unreachable'
  | 'protocol-unreachable'
  | 'port-unreachable'
  | 'admin-prohibited'
  | 'fragmentation-needed'
  | 'ttl-exceeded'
  | 'redirect'
  | 'neighbour-solicitation'
  | 'neighbour-advertisement';

export type Transport = TcpSegment | UdpDatagram | SctpPacket | IcmpMessage;

export interface IpPacket {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly dontFragment: boolean;
  /** Whole length in bytes, headers included: what the MTU limits. */
  readonly length: number;
  readonly transport: Transport;
  /** Of a packet that was cut (RFC 791 section 3.2). */
  readonly fragment?: Fragment | undefined;
}

/**
 * The packet with something changed on the way. Written out rather than spread: every packet has the same members in the
 * same order, whoever made it, which keeps reading them fast.
 */
export const changedPacket = (
  packet: IpPacket,
  change: Partial<Pick<IpPacket, 'source' | 'destination' | 'ttl' | 'transport'>>,
): IpPacket => ({
  version: packet.version,
  source: change.source ?? packet.source,
  destination: change.destination ?? packet.destination,
  ttl: change.ttl ?? packet.ttl,
  dontFragment: packet.dontFragment,
  length: packet.length,
  transport: change.transport ?? packet.transport,
  fragment: packet.fragment,
});

/**
 * One piece of a packet. Simplified: every piece carries the whole transport, of which only the first has the header on
 * the wire; `length` of the packet is that of the piece.
 */
export interface Fragment {
  readonly identification: number;
  /** Bytes of the packet's payload before this piece. */
  readonly offset: number;
  readonly hasMore: boolean;
}

export interface ArpPacket {
  readonly operation: 'request' | 'reply';
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetMac: string;
  readonly targetIp: string;
}

/** An Ethernet frame. */
export interface Frame {
  readonly source: string;
  readonly destination: string;
  readonly payload:
    | { readonly type: 'ip'; readonly packet: IpPacket }
    | { readonly type: 'arp'; readonly arp: ArpPacket };
  /** How many bridges it has entered: no header of a real frame says so (see `MOST_BRIDGES`). */
  readonly crossed?: number;
}

/** The packet inside a tunnel's outer packet; undefined for any other packet. */
export function innerPacket({ transport }: IpPacket): IpPacket | undefined {
  if (transport.protocol !== 'udp' || transport.payload.kind !== 'vxlan') return undefined;
  const { payload } = transport.payload.frame;
  return payload.type === 'ip' ? payload.packet : undefined;
}

/** The five-tuple of a packet; ICMP echo has its identifier for both ports, ICMP errors have 0. */
export function flowOf(packet: IpPacket): Flow {
  const { transport } = packet;
  switch (transport.protocol) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return {
        protocol: transport.protocol,
        source: { address: packet.source, port: transport.sourcePort },
        destination: { address: packet.destination, port: transport.destinationPort },
      };
    case 'icmp':
    case 'icmpv6': {
      const port = transport.identifier ?? 0;
      return {
        protocol: transport.protocol,
        source: { address: packet.source, port },
        destination: { address: packet.destination, port },
      };
    }
  }
}
