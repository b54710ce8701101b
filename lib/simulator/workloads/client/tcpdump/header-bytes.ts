import { parseIp } from '../../../base/ip.ts';
import { icmpNumbers } from '../../../packet/icmp-numbers.ts';
import type { Frame, IpPacket } from '../../../packet/packet.ts';

export type ByteProtocol = 'ether' | 'ip' | 'ip6' | 'arp' | 'tcp' | 'udp' | 'icmp' | 'icmp6';

const PROTOCOL_NUMBERS = { tcp: 6, udp: 17, sctp: 132, icmp: 1, icmpv6: 58 } as const;
const IPV6_HEADER = 40;
const IPV4_HEADER = 20;

const two = (value: number) => [(value >>> 8) & 255, value & 255];
const four = (value: number) => [...two((value / 65_536) & 65_535), ...two(value & 65_535)];
const macBytes = (mac: string) => mac.split(':').map((part) => Number.parseInt(part, 16));

function addressBytes(address: string): number[] {
  const ip = parseIp(address);
  if (!ip) return [];
  const length = ip.version === 4 ? 4 : 16;
  return Array.from({ length }, (_, i) =>
    Number((ip.value >> BigInt(8 * (length - 1 - i))) & 255n),
  );
}

/** Number of the protocol in an IP header (IANA). */
export const protocolNumber = ({ transport }: IpPacket) => PROTOCOL_NUMBERS[transport.protocol];

function ipBytes(packet: IpPacket): number[] {
  const { source, destination, ttl, fragment } = packet;
  const addresses = [...addressBytes(source), ...addressBytes(destination)];
  if (packet.version === 6) {
    return [96, 0, 0, 0, ...two(packet.length - IPV6_HEADER), protocolNumber(packet), ttl].concat(
      addresses,
    );
  }
  const flags = (packet.dontFragment ? 0x40 : 0) | (fragment?.hasMore ? 0x20 : 0);
  const offset = two((fragment?.offset ?? 0) / 8);
  return [
    0x45,
    0,
    ...two(packet.length),
    ...two(fragment?.identification ?? 0),
    flags | (offset[0] ?? 0),
    offset[1] ?? 0,
    ttl,
    protocolNumber(packet),
    0,
    0,
    ...addresses,
  ];
}

/** Simplified: check sums are zero, and what follows the fixed header is not there. */
function transportBytes({ transport, length, version }: IpPacket): number[] {
  const carried = length - (version === 6 ? IPV6_HEADER : IPV4_HEADER);
  switch (transport.protocol) {
    case 'tcp': {
      const { fin, syn, rst, psh, ack } = transport.flags;
      const flags = (fin ? 1 : 0) | (syn ? 2 : 0) | (rst ? 4 : 0) | (psh ? 8 : 0) | (ack ? 16 : 0);
      return [
        ...two(transport.sourcePort),
        ...two(transport.destinationPort),
        ...four(transport.sequence),
        ...four(transport.acknowledgement),
        0x50,
        flags,
        ...two(64_240),
        0,
        0,
        0,
        0,
      ];
    }
    case 'udp':
      return [
        ...two(transport.sourcePort),
        ...two(transport.destinationPort),
        ...two(carried),
        0,
        0,
      ];
    case 'sctp':
      return [
        ...two(transport.sourcePort),
        ...two(transport.destinationPort),
        ...four(transport.verificationTag),
        0,
        0,
        0,
        0,
      ];
    case 'icmp':
    case 'icmpv6': {
      const { type, code } = icmpNumbers(transport);
      const rest = [...two(transport.identifier ?? 0), ...two(transport.sequence ?? 0)];
      return [type, code, 0, 0, ...(transport.mtu === undefined ? rest : four(transport.mtu))];
    }
  }
}

/** The header's bytes of one protocol; undefined when the frame has none of it. */
export function headerBytes(frame: Frame, protocol: ByteProtocol): number[] | undefined {
  const { payload } = frame;
  if (protocol === 'ether') {
    const type = payload.type === 'arp' ? 0x0806 : payload.packet.version === 6 ? 0x86dd : 0x0800;
    return [...macBytes(frame.destination), ...macBytes(frame.source), ...two(type)];
  }
  if (payload.type === 'arp') {
    const { arp } = payload;
    if (protocol !== 'arp') return undefined;
    return [
      ...[0, 1, 8, 0, 6, 4, 0, arp.operation === 'request' ? 1 : 2],
      ...macBytes(arp.senderMac),
      ...addressBytes(arp.senderIp),
      ...macBytes(arp.targetMac),
      ...addressBytes(arp.targetIp),
    ];
  }
  const { packet } = payload;
  if (protocol === 'ip' || protocol === 'ip6') {
    return packet.version === (protocol === 'ip' ? 4 : 6) ? ipBytes(packet) : undefined;
  }
  // pcap-filter(7): `tcp[0]` and its like look into IPv4 alone; only icmp6 looks into IPv6.
  const wanted = protocol === 'icmp6' ? 'icmpv6' : protocol;
  if (packet.transport.protocol !== wanted) return undefined;
  if (packet.version === 6 && protocol !== 'icmp6') return undefined;
  if ((packet.fragment?.offset ?? 0) > 0) return undefined;
  return transportBytes(packet);
}
