import { isLinkLocal6, isMulticast6 } from '../base/ipv6-address.ts';
import type { IcmpMessage, IcmpType, IpPacket } from '../packet/packet.ts';
import { chooseSource6 } from './addresses.ts';
import { attachAnswer } from './netfilter/attach-answer.ts';
import type { HookVerdict } from './netfilter/hooks.ts';
import type { RejectWith } from './netfilter/rule.ts';
import { findRoute, isLocalAddress, sourceAddressFor } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { resetFor } from './tcp-segment.ts';

const DEFAULT_TTL = 64;
/** IP header and ICMP header; of the quoted packet follows what fits into 576 bytes (icmp_send, RFC 1812 section 4.3.2.3). */
const ERROR_HEADERS = 28;
const MOST_BYTES = 576;
/** IPv6 header and ICMPv6 header; of the quoted packet follows what fits into the least MTU (RFC 4443 section 2.4). */
const ERROR_HEADERS6 = 48;
const LEAST_MTU6 = 1280;

const errorLength = ({ version, length }: IpPacket) =>
  version === 4
    ? Math.min(MOST_BYTES, ERROR_HEADERS + length)
    : Math.min(LEAST_MTU6, ERROR_HEADERS6 + length);

const ERRORS: ReadonlySet<IcmpType> = new Set([
  'net-unreachable',
  'host-unreachable',
  'protocol-unreachable',
  'port-unreachable',
  'admin-prohibited',
  'fragmentation-needed',
  'ttl-exceeded',
  'redirect',
]);

const isIcmpError = ({ transport }: IpPacket) =>
  (transport.protocol === 'icmp' || transport.protocol === 'icmpv6') && ERRORS.has(transport.type);

/**
 * The address that an error comes from (icmp_send): the one that the packet was sent to when that is ours, else what routing
 * prefers on the way back. An error about an own packet comes from oneself.
 */
function errorSource({ namespace }: Stack, cause: SocketBuffer): string | undefined {
  const { source, destination } = cause.packet;
  if (isLocalAddress(namespace, destination)) return destination;
  if (isLocalAddress(namespace, source)) return source;
  if (isLinkLocal6(source)) return chooseSource6(namespace, source, cause.inDevice ?? '');
  const route = findRoute(namespace, source);
  return route && sourceAddressFor(namespace, route, source);
}

/** Nobody, or everybody, is not told; of a multicast packet only that it was too big (RFC 4443 section 2.4 (e)). */
function mayBeTold({ source, destination }: IpPacket, type: IcmpType): boolean {
  if (source === '0.0.0.0' || source === '::' || isMulticast6(source)) return false;
  return !isMulticast6(destination) || type === 'fragmentation-needed';
}

/** icmp_send() and icmp6_send(): tells the sender of a packet what went wrong. Never about an ICMP error, never to nobody. */
export function sendIcmpError(
  stack: Stack,
  cause: SocketBuffer,
  type: IcmpType,
  details: Pick<IcmpMessage, 'mtu' | 'gateway'> = {},
): void {
  const { packet: original } = cause;
  if (isIcmpError(original) || !mayBeTold(original, type)) return;
  const source = errorSource(stack, cause);
  if (source === undefined) return;
  const answer = answerTo(stack, cause, {
    version: original.version,
    source,
    destination: original.source,
    ttl: DEFAULT_TTL,
    dontFragment: original.version === 6,
    length: errorLength(original),
    transport: {
      protocol: original.version === 4 ? 'icmp' : 'icmpv6',
      type,
      original,
      ...details,
    },
  });
  // The packet that a redirect is about goes on, and its connection must stay the first packet's to confirm.
  // Simplified: rules see the redirect as untracked; in the kernel it is related.
  if (type === 'redirect') answer.connectionState = 'UNTRACKED';
  else attachAnswer(answer, cause);
  sendOwn(stack, answer);
}

/** A packet that the kernel itself makes because of another one: of the same trace. */
export function answerTo(stack: Stack, cause: SocketBuffer, packet: IpPacket): SocketBuffer {
  const tag = stack.environment.recorder.nextPacket(cause.tag);
  // An answer to a link-local address leaves where the question came in: nothing else says where it lives.
  const device = isLinkLocal6(packet.destination) ? cause.inDevice : undefined;
  return {
    packet,
    mark: 0,
    ...(device === undefined ? {} : { outDevice: device }),
    ...(tag ? { tag } : {}),
  };
}

export function sendOwn(stack: Stack, skb: SocketBuffer): void {
  recordStep(stack, skb.tag, skb.packet, undefined, () => ({ kind: 'sent' }));
  stack.kernel.sendFromHere(stack, skb);
}

/** What a verdict of netfilter asks for: silence, or an answer in this machine's name. */
export function refusePacket(
  stack: Stack,
  skb: SocketBuffer,
  verdict: Exclude<HookVerdict, { verdict: 'accept' }>,
): void {
  if (verdict.verdict === 'drop') {
    recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
      kind: 'dropped',
      reason: 'netfilter-drop',
    }));
    return;
  }
  const answer = verdict.with === 'tcp-reset' ? 'tcp-reset' : icmpTypeOf(verdict.with);
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => ({
    kind: 'refused',
    by: 'netfilter',
    answer,
  }));
  if (answer === 'tcp-reset') sendReset(stack, skb);
  else sendIcmpError(stack, skb, answer);
}

/** What a rule's `--reject-with` sends; the names of ip6tables for the same messages are others. */
function icmpTypeOf(reject: Exclude<RejectWith, 'tcp-reset'>): IcmpType {
  switch (reject) {
    case 'icmp-port-unreachable':
    case 'icmp6-port-unreachable':
      return 'port-unreachable';
    case 'icmp-host-unreachable':
    case 'icmp6-addr-unreachable':
      return 'host-unreachable';
    case 'icmp-admin-prohibited':
    case 'icmp6-adm-prohibited':
      return 'admin-prohibited';
    case 'icmp-proto-unreachable':
      return 'protocol-unreachable';
    case 'icmp-net-unreachable':
    case 'icmp6-no-route':
      return 'net-unreachable';
  }
}

/** A RST in answer to a segment, from the address it was sent to. Nothing for a RST, or for what is not TCP. */
export function sendReset(stack: Stack, skb: SocketBuffer): void {
  const packet = resetFor(skb.packet);
  if (!packet) return;
  const answer = answerTo(stack, skb, packet);
  attachAnswer(answer, skb);
  sendOwn(stack, answer);
}

/** The answer to an echo request. */
export function sendEchoReply(stack: Stack, skb: SocketBuffer, request: IcmpMessage): void {
  const { packet } = skb;
  const reply: IpPacket = {
    ...packet,
    source: packet.destination,
    destination: packet.source,
    ttl: DEFAULT_TTL,
    // The kernel's own ICMP socket does not look for path MTUs (IP_PMTUDISC_DONT).
    dontFragment: false,
    transport: { ...request, type: 'echo-reply' },
  };
  sendOwn(stack, answerTo(stack, skb, reply));
}
