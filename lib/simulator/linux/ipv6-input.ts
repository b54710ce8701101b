import { isLinkLocal6, isMulticast6 } from '../base/ipv6-address.ts';
import type { DropReason } from '../trace/step.ts';
import { hasJoined, isOwnAddress } from './addresses.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import type { Stack } from './stack.ts';

const isForOneself = (address: string) => address === '::1';

/** ipv6_rcv: ::1 never comes from a wire (there is no route_localnet here), and nobody's source is a group. */
export function problemOfSource6({ packet, inDevice }: SocketBuffer): DropReason | undefined {
  if (inDevice === undefined || inDevice === 'lo') return undefined;
  const { source, destination } = packet;
  const isMartian = isForOneself(source) || isForOneself(destination) || isMulticast6(source);
  return isMartian ? 'martian-source' : undefined;
}

/**
 * ip6_route_input: for us, for a group that we listen to or not, or for somebody else. A link-local address counts on the
 * device that the packet came in on alone.
 * Simplified: groups are not routed.
 */
export function destinationKind6(
  { namespace }: Stack,
  { packet, inDevice = '' }: SocketBuffer,
): 'local' | 'other' | 'nobody' {
  const { destination } = packet;
  if (isMulticast6(destination)) {
    const link = namespace.links[inDevice];
    return link && hasJoined(namespace, link, destination) ? 'local' : 'nobody';
  }
  if (isOwnAddress(namespace, destination, inDevice)) return 'local';
  return 'other';
}

/** The device that a packet to a link-local address leaves by: the one it was bound to, else where it came in. */
export const linkLocalDevice = ({ packet, outDevice, inDevice }: SocketBuffer) =>
  isLinkLocal6(packet.destination) ? (outDevice ?? inDevice) : undefined;
