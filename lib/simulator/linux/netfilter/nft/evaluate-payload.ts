import type { Transport } from '../../../packet/packet.ts';
import { icmpNumbers } from '../../../packet/icmp-numbers.ts';
import type { SocketBuffer } from '../../socket-buffer.ts';
import type { NftPayload } from './expression.ts';
import { SYMBOLS } from './symbols.ts';
import { canonicalValue } from './value.ts';

/** The protocol as values name it. */
export const protocolOf = ({ protocol }: Transport) =>
  protocol === 'icmpv6' ? 'ipv6-icmp' : protocol;

function networkField(
  { protocol, field }: Extract<NftPayload, { protocol: 'ip' | 'ip6' }>,
  { packet }: SocketBuffer,
): string | undefined {
  if (packet.version !== (protocol === 'ip' ? 4 : 6)) return undefined;
  switch (field) {
    case 'saddr':
      return packet.source;
    case 'daddr':
      return packet.destination;
    case 'protocol':
    case 'nexthdr':
      return protocolOf(packet.transport);
    case 'ttl':
    case 'hoplimit':
      return String(packet.ttl);
    case 'length':
      return String(packet.length);
  }
}

function flagBits(transport: Transport): string | undefined {
  if (transport.protocol !== 'tcp') return undefined;
  const set = Object.keys(transport.flags).filter(
    (name) => transport.flags[name as keyof typeof transport.flags],
  );
  return String(set.reduce((bits, name) => bits | (SYMBOLS.tcp_flag?.[name] ?? 0), 0));
}

function portField(
  { protocol, field }: { protocol: string; field: string },
  transport: Transport,
): string | undefined {
  if (!('sourcePort' in transport)) return undefined;
  if (protocol !== 'th' && protocol !== transport.protocol) return undefined;
  if (field === 'flags') return flagBits(transport);
  return String(field === 'sport' ? transport.sourcePort : transport.destinationPort);
}

function icmpField(
  protocol: 'icmp' | 'icmpv6',
  field: 'type' | 'code',
  transport: Transport,
): string | undefined {
  if (!('type' in transport) || transport.protocol !== protocol) return undefined;
  const number = String(icmpNumbers(transport)[field]);
  const symbols = protocol === 'icmp' ? 'icmp' : 'icmpv6';
  return canonicalValue(`${symbols}_${field}`, number);
}

/** The bytes that a payload expression names, as a value; undefined when the packet has no such header. */
export function evaluatePayload(payload: NftPayload, skb: SocketBuffer): string | undefined {
  const { transport } = skb.packet;
  switch (payload.protocol) {
    case 'ip':
    case 'ip6':
      return networkField(payload, skb);
    case 'tcp':
    case 'udp':
    case 'sctp':
    case 'th':
      return portField(payload, transport);
    case 'icmp':
    case 'icmpv6':
      return icmpField(payload.protocol, payload.field, transport);
    case 'ether':
      return skb.sourceMac;
  }
}
