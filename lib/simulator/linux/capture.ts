import { BROADCAST_MAC } from '../base/mac.ts';
import type { Frame, IpPacket } from '../packet/packet.ts';
import { NETWORK_TARGET } from './environment.ts';
import type { Capture, Link, NetworkEvent, NetworkNamespace } from './network.ts';
import type { CapturedAs } from './program.ts';
import type { Stack } from './stack.ts';

export const ANY_DEVICE = 'any';

const NO_MAC = '00:00:00:00:00:00';

function capturedAs(link: Link, { destination }: Frame): CapturedAs {
  if (destination === BROADCAST_MAC) return 'broadcast';
  if ((Number.parseInt(destination.slice(0, 2), 16) & 1) === 1) return 'multicast';
  return destination === link.mac || link.kind === 'loopback' ? 'host' : 'otherhost';
}

function hand(stack: Stack, link: Link, frame: Frame, as: CapturedAs): void {
  for (const { socket, pid, device } of stack.namespace.captures ?? []) {
    if (device !== link.name && device !== ANY_DEVICE) continue;
    const event: NetworkEvent = {
      type: 'notify',
      pid,
      event: { type: 'captured', socket, device: link.name, as, frame },
    };
    stack.environment.queue.schedule(0, NETWORK_TARGET, event);
  }
}

/** __netif_receive_skb_core: a device has taken a frame in; netfilter has not seen it yet. */
export function captureIncoming(stack: Stack, link: Link, frame: Frame): void {
  if (stack.namespace.captures) hand(stack, link, frame, capturedAs(link, frame));
}

/** dev_queue_xmit_nit: a frame leaves by a device; netfilter has done what it does. */
export function captureOutgoing(stack: Stack, link: Link, frame: Frame): void {
  if (stack.namespace.captures) hand(stack, link, frame, 'outgoing');
}

/** A packet that comes back through lo. libpcap shows it once, as it comes in. */
export function captureLoopback(stack: Stack, packet: IpPacket): void {
  const { lo } = stack.namespace.links;
  if (!stack.namespace.captures || !lo) return;
  hand(stack, lo, { source: NO_MAC, destination: NO_MAC, payload: { type: 'ip', packet } }, 'host');
}

export function addCapture(namespace: NetworkNamespace, capture: Capture): void {
  (namespace.captures ??= []).push(capture);
}

/** Closes captures; a namespace that nobody watches costs nothing. */
export function removeCaptures(
  namespace: NetworkNamespace,
  isGone: (capture: Capture) => boolean,
): void {
  const left = namespace.captures?.filter((capture) => !isGone(capture)) ?? [];
  if (left.length > 0) namespace.captures = left;
  else delete namespace.captures;
}
