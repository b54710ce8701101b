import { isMulticast6 } from '../base/ipv6-address.ts';
import { BROADCAST_MAC } from '../base/mac.ts';
import type { Frame } from '../packet/packet.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { hasJoined } from './addresses.ts';
import { captureIncoming } from './capture.ts';
import { receiveArp } from './neighbours.ts';
import type { Link } from './network.ts';
import { socketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';
import { countReceived } from './traffic.ts';

/** A frame has come in on a device: a bridge port hands it to its bridge, everything else takes what is for itself. */
export function receiveFrame(
  stack: Stack,
  link: Link,
  frame: Frame,
  tag: TraceTag | undefined,
): void {
  captureIncoming(stack, link, frame);
  countReceived(link, frame);
  const master = link.master === undefined ? undefined : stack.namespace.links[link.master];
  if (master?.kind === 'bridge') {
    stack.kernel.switchFrame(stack, master, link, frame, tag);
    return;
  }
  const { payload } = frame;
  if (payload.type === 'arp') {
    receiveArp(stack, link, payload.arp);
    return;
  }
  const isOurs =
    frame.destination === link.mac ||
    frame.destination === BROADCAST_MAC ||
    isForGroup(stack, link, payload.packet.destination, frame.destination);
  if (!isOurs) {
    recordStep(stack, tag, payload.packet, link.name, () => ({
      kind: 'dropped',
      reason: 'not-for-us',
    }));
    return;
  }
  const skb = socketBuffer(payload.packet, tag, { in: link.name });
  skb.sourceMac = frame.source;
  stack.kernel.receivePacket(stack, skb);
}

/** A frame to an IPv6 group that the device listens to (dev_mc_list). */
const isForGroup = ({ namespace }: Stack, link: Link, group: string, mac: string) =>
  mac.startsWith('33:33:') && isMulticast6(group) && hasJoined(namespace, link, group);
