import type { IcmpMessage } from '../packet/packet.ts';
import { addressesOn } from './addresses.ts';
import { NDP_HOP_LIMIT, ndpPacket, passesOutput } from './ndp.ts';
import { learnNeighbour, sendToNeighbour } from './neighbours.ts';
import type { Link } from './network.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import type { Stack } from './stack.ts';

export const isNdp = ({ type }: IcmpMessage) =>
  type === 'neighbour-solicitation' || type === 'neighbour-advertisement';

/** ndisc_rcv: a neighbour discovery message that came in on a device. */
export function receiveNdp(stack: Stack, skb: SocketBuffer, message: IcmpMessage): void {
  const link = stack.namespace.links[skb.inDevice ?? ''];
  if (!link || skb.packet.ttl !== NDP_HOP_LIMIT) return;
  if (message.type === 'neighbour-solicitation') receiveSolicitation(stack, link, skb, message);
  else receiveAdvertisement(stack, link, message);
}

/**
 * ndisc_recv_ns: the owner answers, to the asker alone.
 * Simplified: no proxy (proxy_ndp), no questions from `::`.
 */
function receiveSolicitation(
  stack: Stack,
  link: Link,
  skb: SocketBuffer,
  { neighbour }: IcmpMessage,
): void {
  const isOurs = addressesOn(stack.namespace, link).some(
    ({ address }) => address === neighbour?.target,
  );
  if (!neighbour || !isOurs) return;
  const asker = skb.packet.source;
  if (neighbour.mac !== undefined) {
    learnNeighbour(stack, link, { address: asker, mac: neighbour.mac, said: 'question' });
  }
  const packet = ndpPacket('neighbour-advertisement', neighbour.target, asker, {
    target: neighbour.target,
    mac: link.mac,
    isSolicited: true,
  });
  const answer: SocketBuffer = { packet, mark: 0, outDevice: link.name };
  if (passesOutput(stack, answer)) sendToNeighbour(stack, link, asker, answer);
}

/** ndisc_recv_na: what nobody asked for is not learned. */
function receiveAdvertisement(stack: Stack, link: Link, { neighbour }: IcmpMessage): void {
  if (neighbour?.mac === undefined) return;
  const { target: address, mac, isSolicited } = neighbour;
  learnNeighbour(stack, link, { address, mac, said: isSolicited ? 'answer' : 'news' });
}
