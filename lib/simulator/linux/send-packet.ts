import type { Flow } from '../base/flow.ts';
import type { IpPacket, Transport } from '../packet/packet.ts';
import type { Payload } from '../packet/payload.ts';
import { sctpLength } from '../packet/sctp.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { NetworkEnvironment } from './environment.ts';
import { stackOf } from './kernel.ts';
import type { Network } from './network.ts';
import { recordStep } from './stack.ts';
import { DEFAULT_TTL, ipHeaderLength } from './tcp-segment.ts';

const TCP_LENGTH = 60;
const UDP_HEADERS = 28;
const ECHO_LENGTH = 84;

function transportOf({ protocol, source, destination }: Flow, payload: Payload): Transport {
  const isVersion6 = destination.address.includes(':');
  switch (protocol) {
    case 'udp':
      return {
        protocol,
        sourcePort: source.port,
        destinationPort: destination.port,
        payload,
      };
    case 'icmp':
    case 'icmpv6':
      return {
        protocol: isVersion6 ? 'icmpv6' : 'icmp',
        type: 'echo-request',
        identifier: source.port,
        sequence: 1,
      };
    case 'sctp':
      return {
        protocol,
        sourcePort: source.port,
        destinationPort: destination.port,
        verificationTag: 0,
        chunk: { type: 'INIT', tag: 1, tsn: 0 },
      };
    case 'tcp':
      return {
        protocol: 'tcp',
        sourcePort: source.port,
        destinationPort: destination.port,
        flags: { syn: true },
        sequence: 0,
        acknowledgement: 0,
      };
  }
}

function lengthOf(transport: Transport): number {
  switch (transport.protocol) {
    case 'tcp':
      return TCP_LENGTH;
    case 'udp':
      return UDP_HEADERS;
    case 'sctp':
      return ipHeaderLength('') + sctpLength(transport.chunk);
    case 'icmp':
    case 'icmpv6':
      return ECHO_LENGTH;
  }
}

/** The first packet of a flow: a SYN, an INIT, a datagram, an echo request whose identifier is the source port. */
export function packetOfFlow(
  flow: Flow,
  options: { readonly ttl?: number; readonly payload?: Payload } = {},
): IpPacket {
  const transport = transportOf(flow, options.payload ?? { kind: 'bytes', text: '' });
  return {
    version: flow.destination.address.includes(':') ? 6 : 4,
    source: flow.source.address,
    destination: flow.destination.address,
    ttl: options.ttl ?? DEFAULT_TTL,
    dontFragment: transport.protocol === 'tcp' || transport.protocol === 'sctp',
    length: lengthOf(transport) + ipHeaderLength(flow.destination.address) - 20,
    transport,
  };
}

/**
 * Sends a packet out of a namespace as if one of its processes had (a raw socket): for figures and tests that follow one
 * packet. Nobody waits for the answer: an answer to a SYN meets no socket and is reset, as with a real raw socket.
 */
export function sendPacket(
  network: Network,
  environment: NetworkEnvironment,
  namespace: string,
  packet: IpPacket,
  tag?: TraceTag,
): void {
  const stack = stackOf(network, environment, namespace);
  if (!stack) return;
  recordStep(stack, tag, packet, undefined, () => ({ kind: 'sent' }));
  stack.kernel.sendFromHere(stack, { packet, mark: 0, ...(tag ? { tag } : {}) });
}
