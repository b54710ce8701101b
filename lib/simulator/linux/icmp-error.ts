import type { IcmpType, IpPacket } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import type { HookVerdict } from './netfilter/hooks.ts';
import { isLocalAddress, lookUpRoute, sourceAddressFor } from './routes.ts';
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

/** The address that an error comes from: the packet's own destination when it was for us, else what routing prefers. */
function errorSource(stack: Stack, original: IpPacket): string | undefined {
  if (isLocalAddress(stack.namespace, original.destination)) return original.destination;
  const { routes, chosen } = lookUpRoute(stack.namespace, original.source);
  const route = routes[chosen];
  return route && sourceAddressFor(stack.namespace, route, original.source);
}

/** icmp_send(): tells the sender of `original` what went wrong. Never about an ICMP error, never to nobody. */
export function sendIcmpError(
  stack: Stack,
  original: IpPacket,
  type: IcmpType,
  tag: TraceTag | undefined,
  mtu?: number,
): void {
  if (isIcmpError(original) || original.source === '0.0.0.0') return;
  const source = isLocalAddress(stack.namespace, original.source)
    ? original.source
    : errorSource(stack, original);
  if (source === undefined) return;
  const message = {
    protocol: 'icmp' as const,
    type,
    original,
    ...(mtu === undefined ? {} : { mtu }),
  };
  if (isLocalAddress(stack.namespace, original.source)) {
    stack.kernel.reportIcmpError(stack, message, source, tag);
    return;
  }
  const next = stack.environment.recorder.nextPacket(tag);
  stack.kernel.sendFromHere(stack, {
    packet: {
      version: 4,
      source,
      destination: original.source,
      ttl: DEFAULT_TTL,
      dontFragment: false,
      length: ERROR_LENGTH,
      transport: message,
    },
    mark: 0,
    ...(next ? { tag: next } : {}),
  });
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
  else sendIcmpError(stack, skb.packet, answer, skb.tag);
}

const icmpTypeOf = (reject: string): IcmpType => reject.replace(/^icmp-/, '') as IcmpType;

/** A RST in answer to a segment, from the address it was sent to. Nothing for a RST, or for what is not TCP. */
export function sendReset(stack: Stack, skb: SocketBuffer): void {
  const packet = resetFor(skb.packet);
  if (!packet) return;
  const next = stack.environment.recorder.nextPacket(skb.tag);
  stack.kernel.sendFromHere(stack, { packet, mark: 0, ...(next ? { tag: next } : {}) });
}
