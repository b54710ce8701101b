import {
  frameLength,
  type ArpPacket,
  type Frame,
  type IpPacket,
  type UdpDatagram,
} from '../../../packet/packet.ts';
import { payloadLength } from '../../../linux/sockets.ts';
import { protocolNumber } from './header-bytes.ts';
import type { PrintContext } from './print-context.ts';
import { dnsText } from './print-dns.ts';
import { icmpText } from './print-icmp.ts';
import { sctpText } from './print-sctp.ts';
import { tcpText } from './print-tcp.ts';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const TCP_HEADER = 20;
const UDP_HEADER = 8;
const ARP_LENGTH = 28;
const NO_MAC = '00:00:00:00:00:00';
const PROTOCOL_NAMES = {
  tcp: 'TCP',
  udp: 'UDP',
  sctp: 'SCTP',
  icmp: 'ICMP',
  icmpv6: 'ICMPv6',
} as const;
/** The port of IANA, whose datagrams print as VXLAN; Linux' own (and flannel's) 8472 belongs to OTV. */
const VXLAN_PORT = 4789;
const OTV_PORT = 8472;
const DNS_PORTS: readonly number[] = [53, 5353];

const headerLength = ({ version }: IpPacket) => (version === 6 ? IPV6_HEADER : IPV4_HEADER);

function arpText(
  { operation, senderIp, senderMac, targetIp, targetMac }: ArpPacket,
  context: PrintContext,
): string {
  if (operation === 'reply') {
    return `Reply ${context.hostName(senderIp)} is-at ${senderMac}, length ${ARP_LENGTH}`;
  }
  // A request that goes to the owner alone names the MAC that it expects.
  const asked = targetMac === NO_MAC ? '' : ` (${targetMac})`;
  return `Request who-has ${context.hostName(targetIp)}${asked} tell ${context.hostName(senderIp)}, length ${ARP_LENGTH}`;
}

/** What a datagram carries: DNS, a tunnelled frame on a line of its own, or its length. */
function udpText(datagram: UdpDatagram, length: number, context: PrintContext): string {
  const { payload, sourcePort, destinationPort } = datagram;
  if (context.quiet) return `UDP, length ${length}`;
  const ports = [sourcePort, destinationPort];
  if (payload.kind === 'vxlan') {
    const inner = frameText(payload.frame, context);
    if (ports.includes(VXLAN_PORT)) {
      return `VXLAN, flags [I] (0x08), vni ${payload.vni}\n${inner}`;
    }
    if (ports.includes(OTV_PORT)) {
      return `OTV, flags [I] (0x08), overlay 0, instance ${payload.vni}\n${inner}`;
    }
  } else if (payload.kind === 'dns' && ports.some((port) => DNS_PORTS.includes(port))) {
    return dnsText(payload.message, length, context);
  }
  return `UDP, length ${length}`;
}

/** `source.port > destination.port: ` and what follows. */
function transportText(packet: IpPacket, context: PrintContext): string {
  const { transport, source, destination } = packet;
  const [from, to] = [context.hostName(source), context.hostName(destination)];
  const carried = packet.length - headerLength(packet);
  if (packet.fragment && packet.fragment.offset > 0) {
    return packet.version === 6
      ? `${from} > ${to}: frag (${packet.fragment.offset}|${carried})`
      : `${from} > ${to}: ip-proto-${protocolNumber(packet)}`;
  }
  switch (transport.protocol) {
    case 'tcp':
    case 'udp': {
      const { sourcePort, destinationPort } = transport;
      const name = (port: number) => context.portName(port, transport.protocol);
      const ends = `${from}.${name(sourcePort)} > ${to}.${name(destinationPort)}: `;
      return transport.protocol === 'tcp'
        ? ends + tcpText({ source, destination, segment: transport }, carried - TCP_HEADER, context)
        : ends + udpText(transport, udpLength(transport, carried), context);
    }
    case 'sctp':
      return `${from}.${transport.sourcePort} > ${to}.${transport.destinationPort}: ${sctpText(transport)}`;
    case 'icmp':
    case 'icmpv6':
      return `${from} > ${to}: ${icmpText(transport, carried, context)}${originalText(packet, context)}`;
  }
}

/** Of a packet in pieces the first one has the whole datagram's length in its header. */
const udpLength = ({ payload }: UdpDatagram, carried: number) =>
  payload.kind === 'vxlan'
    ? carried - UDP_HEADER
    : Math.max(carried - UDP_HEADER, payloadLength(payload));

/** With -v an ICMP error shows the header of the packet that it is about. */
function originalText({ transport }: IpPacket, context: PrintContext): string {
  if (transport.protocol !== 'icmp' || !transport.original || context.verbosity === 0) return '';
  return `\n\t${ipText(transport.original, context)}`;
}

/** The header that -v shows. Simplified: an identification is counted for packets in pieces alone. */
function verboseHeader(packet: IpPacket): string {
  const { ttl, fragment, dontFragment, length, transport } = packet;
  const name = `${PROTOCOL_NAMES[transport.protocol]} (${protocolNumber(packet)})`;
  if (packet.version === 6) {
    return `(hlim ${ttl}, next-header ${name} payload length: ${length - IPV6_HEADER}) `;
  }
  const flags = fragment?.hasMore ? '+' : dontFragment ? 'DF' : 'none';
  return `(tos 0x0, ttl ${ttl}, id ${fragment?.identification ?? 0}, offset ${fragment?.offset ?? 0}, flags [${flags}], proto ${name}, length ${length})\n    `;
}

const ipText = (packet: IpPacket, context: PrintContext) =>
  (context.verbosity > 0 ? verboseHeader(packet) : '') + transportText(packet, context);

/** `ethertype IPv4 (0x0800)`. */
export function etherType({ payload }: Frame): string {
  if (payload.type === 'arp') return 'ARP (0x0806)';
  return payload.packet.version === 6 ? 'IPv6 (0x86dd)' : 'IPv4 (0x0800)';
}

/** What stands behind the link header, without the name of the protocol. */
export function bodyText({ payload }: Frame, context: PrintContext): string {
  if (payload.type === 'ip') return ipText(payload.packet, context);
  const verbose = context.verbosity > 0 ? 'Ethernet (len 6), IPv4 (len 4), ' : '';
  return verbose + arpText(payload.arp, context);
}

/** `IP `, `IP6 `, `ARP, `: what the line begins with when no link header names the type. */
export function protocolWord({ payload }: Frame): string {
  if (payload.type === 'arp') return 'ARP, ';
  return payload.packet.version === 6 ? 'IP6 ' : 'IP ';
}

/** A frame on an Ethernet link, without its time. */
export function frameText(frame: Frame, context: PrintContext): string {
  const body = bodyText(frame, context);
  if (!context.showLink) return protocolWord(frame) + body;
  return `${frame.source} > ${frame.destination}, ethertype ${etherType(frame)}, length ${frameLength(frame)}: ${body}`;
}
