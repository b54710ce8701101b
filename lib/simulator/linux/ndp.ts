import { linkLocalFromMac, multicastMac, solicitedNodeGroup } from '../base/ipv6-address.ts';
import type { IpPacket, NeighbourQuestion } from '../packet/packet.ts';
import { automaticAddress } from './addresses.ts';
import { runHook } from './netfilter/hooks.ts';
import type { Link } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { hookContext, type Stack } from './stack.ts';
import { transmitFrame } from './transmit.ts';

/** A message that a router has passed on has less: it is not believed (RFC 4861 section 7.1). */
export const NDP_HOP_LIMIT = 255;
/** IPv6 header, the message of 24 bytes, and the option with a MAC. */
const LENGTH = 72;

/** A neighbour discovery message in its packet. */
export function ndpPacket(
  type: 'neighbour-solicitation' | 'neighbour-advertisement',
  source: string,
  destination: string,
  neighbour: NeighbourQuestion,
): IpPacket {
  return {
    version: 6,
    source,
    destination,
    ttl: NDP_HOP_LIMIT,
    dontFragment: true,
    length: LENGTH,
    transport: { protocol: 'icmpv6', type, neighbour },
  };
}

/** OUTPUT and POSTROUTING for a message of the kernel's own; false when a rule ends it, and nobody hears of that. */
export function passesOutput(stack: Stack, skb: SocketBuffer): boolean {
  return (['OUTPUT', 'POSTROUTING'] as const).every(
    (hook) => runHook(hook, skb, hookContext(stack)).verdict === 'accept',
  );
}

/**
 * ndisc_solicit: asks who has an address. From `source`, an address that the waiting packet came from, else the device's
 * link-local one; to the owner alone when its MAC is known (a probe), else to the solicited-node group.
 */
export function solicitNeighbour(
  stack: Stack,
  link: Link,
  target: string,
  to: { readonly source?: string; readonly mac?: string },
): void {
  const source = to.source ?? automaticAddress(stack.namespace, link)?.address;
  const group = solicitedNodeGroup(target);
  const destination = to.mac === undefined ? group : target;
  const packet = ndpPacket(
    'neighbour-solicitation',
    source ?? linkLocalFromMac(link.mac),
    destination,
    { target, mac: link.mac },
  );
  const skb: SocketBuffer = { packet, mark: 0, outDevice: link.name };
  if (!passesOutput(stack, skb)) return;
  transmitFrame(
    stack,
    link.name,
    {
      source: link.mac,
      destination: to.mac ?? multicastMac(group),
      payload: { type: 'ip', packet: skb.packet },
    },
    undefined,
  );
}
