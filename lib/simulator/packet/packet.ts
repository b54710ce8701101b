import type { Flow } from '../base/flow.ts';
import type { Payload } from './payload.ts';

export interface TcpSegment {
  readonly protocol: 'tcp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: TcpFlags;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** The MSS option, on a SYN: how many bytes the sender can take in one segment. */
  readonly maximumSegment?: number;
  readonly payload?: Payload;
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
  readonly payload: Payload;
}

/** ICMPv4 messages (RFC 792) that the simulator sends; ICMPv6 ones (RFC 4443) have their own protocol name. */
export interface IcmpMessage {
  readonly protocol: 'icmp' | 'icmpv6';
  readonly type: IcmpType;
  /** Echo only. */
  readonly identifier?: number;
  readonly sequence?: number;
  /** Errors only: the packet that could not be handled, as the router saw it. */
  readonly original?: IpPacket;
  /** fragmentation-needed only. */
  readonly mtu?: number;
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
  | 'ttl-exceeded';

export type Transport = TcpSegment | UdpDatagram | IcmpMessage;

export interface IpPacket {
  readonly version: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly ttl: number;
  readonly dontFragment: boolean;
  /** Whole length in bytes, headers included: what the MTU limits. */
  readonly length: number;
  readonly transport: Transport;
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
}

/** The five-tuple of a packet; ICMP echo has its identifier for both ports, ICMP errors have 0. */
export function flowOf(packet: IpPacket): Flow {
  const { transport } = packet;
  switch (transport.protocol) {
    case 'tcp':
    case 'udp':
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
