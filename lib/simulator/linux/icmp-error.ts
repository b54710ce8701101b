import type { IcmpMessage, IcmpType, IpPacket } from '../packet/packet.ts';
import { attachAnswer } from './netfilter/attach-answer.ts';
import type { HookVerdict } from './netfilter/hooks.ts';
import { findRoute, isLocalAddress, sourceAddressFor } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { resetFor } from './tcp-segment.ts';

const DEFAULT_TTL = 64;
/** IP header, ICMP header, and the quoted header with eight bytes (RFC 792). */
const ERROR_LENGTH = 56;

const ERRORS: ReadonlySet<IcmpType> = new Set([
  'net-unreachable',
  'host-unreachable',
  'protocol-unreachable',
  'port-unreachable',
  'admin-prohibited',
  'fragmentation-needed',
  'ttl-exceeded',
]);

const isIcmpError = ({ transport }: IpPacket) =>
  (transport.protocol === 'icmp' || transport.protocol === 'icmpv6') && ERRORS.has(transport.type);

/**
 * The address that an error comes from (icmp_send): the one that the packet was sent to when that is ours, else what routing
 * prefers on the way back. An error about an own packet comes from oneself.
 */
function errorSource({ namespace }: Stack, { source, destination }: IpPacket): string | undefined {
  if (isLocalAddress(namespace, source)) return source;
  if (isLocalAddress(namespace, destination)) return destination;
  const route = findRoute(namespace, source);
  return route && sourceAddressFor(namespace, route, source);
}

/** icmp_send(): tells the sender of a packet what went wrong. Never about an ICMP error, never to nobody. */
export function sendIcmpError(
  stack: Stack,
  cause: SocketBuffer,
  type: IcmpType,
  mtu?: number,
): void {
  const { packet: original } = cause;
  if (isIcmpError(original) || original.source === '0.0.0.0') return;
  const source = errorSource(stack, original);
  if (source === undefined) return;
  const answer = answerTo(stack, cause, {
    version: 4,
    source,
    destination: original.source,
    ttl: DEFAULT_TTL,
    dontFragment: false,
    length: ERROR_LENGTH,
    transport: { protocol: 'icmp', type, original, ...(mtu === undefined ? {} : { mtu }) },
  });
  attachAnswer(answer, cause);
  sendOwn(stack, answer);
}

/** A packet that the kernel itself makes because of another one: of the same trace. */
function answerTo(stack: Stack, cause: SocketBuffer, packet: IpPacket): SocketBuffer {
  const tag = stack.environment.recorder.nextPacket(cause.tag);
  return { packet, mark: 0, ...(tag ? { tag } : {}) };
}

function sendOwn(stack: Stack, skb: SocketBuffer): void {
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

const icmpTypeOf = (reject: string): IcmpType => reject.replace(/^icmp-/, '') as IcmpType;

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
    transport: { ...request, type: 'echo-reply' },
  };
  sendOwn(stack, answerTo(stack, skb, reply));
}
