import { cidrContains, parseCidr } from '../../../base/cidr.ts';
import type { Micros } from '../../../base/clock.ts';
import type { IpPacket } from '../../../packet/packet.ts';
import type { Ipset, IpsetElement } from './ipset.ts';

/** Which end of the packet a part of an element is compared with. */
export type IpsetSide = 'src' | 'dst';

export const isAlive = ({ expiresAt }: IpsetElement, now: Micros) =>
  expiresAt === undefined || expiresAt > now;

const addressOf = (packet: IpPacket, side: IpsetSide | undefined) =>
  side === 'src' ? packet.source : packet.destination;

function portOf({ transport }: IpPacket, side: IpsetSide | undefined): number | undefined {
  if (!('sourcePort' in transport)) return undefined;
  return side === 'src' ? transport.sourcePort : transport.destinationPort;
}

const hasKey = (set: Ipset, key: string, now: Micros) => {
  const element = Object.hasOwn(set.elements, key) ? set.elements[key] : undefined;
  return element !== undefined && isAlive(element, now);
};

/** The longest network that has the address decides; an exception (`nomatch`) says no. */
export function findNetwork(
  set: Ipset,
  address: string,
  now: Micros,
  prefixOf: (key: string) => string | undefined = (key) => key,
): IpsetElement | undefined {
  let best: { element: IpsetElement; prefix: number } | undefined;
  for (const [key, element] of Object.entries(set.elements)) {
    const network = prefixOf(key);
    if (network === undefined || !isAlive(element, now) || !cidrContains(network, address))
      continue;
    const prefix = parseCidr(network)?.prefix ?? 0;
    if (!best || prefix > best.prefix) best = { element, prefix };
  }
  return best?.element;
}

function isInSet(
  sets: Readonly<Record<string, Ipset>>,
  set: Ipset,
  sides: readonly IpsetSide[],
  packet: IpPacket,
  now: Micros,
): boolean {
  const address = addressOf(packet, sides[0]);
  const family = set.family === 'inet' ? 4 : 6;
  if (set.type !== 'bitmap:port' && set.type !== 'list:set' && family !== packet.version)
    return false;
  const port = portOf(packet, set.type === 'bitmap:port' ? sides[0] : sides[1]);
  const ported = `${address},${packet.transport.protocol}:${port ?? 0}`;
  switch (set.type) {
    case 'hash:ip':
      return hasKey(set, address, now);
    case 'hash:net': {
      const element = findNetwork(set, address, now);
      return element !== undefined && !element.isException;
    }
    case 'hash:ip,port':
      return port !== undefined && hasKey(set, ported, now);
    case 'hash:ip,port,net': {
      const element = findNetwork(set, addressOf(packet, sides[2]), now, (key) =>
        key.startsWith(`${ported},`) ? key.slice(ported.length + 1) : undefined,
      );
      return port !== undefined && element !== undefined && !element.isException;
    }
    case 'bitmap:port':
      return port !== undefined && hasKey(set, String(port), now);
    case 'list:set':
      return Object.keys(set.elements).some(
        (name) => hasKey(set, name, now) && isInIpset(sets, name, sides, packet, now),
      );
  }
}

/** Whether the packet is in a set (ip_set_test): `sides` says for each part of an element which end is meant. */
export function isInIpset(
  sets: Readonly<Record<string, Ipset>>,
  name: string,
  sides: readonly IpsetSide[],
  packet: IpPacket,
  now: Micros,
): boolean {
  const set = Object.hasOwn(sets, name) ? sets[name] : undefined;
  return set !== undefined && isInSet(sets, set, sides, packet, now);
}

/** The key under which a packet would be put into a set (`-j SET --add-set`); undefined when it has no such part. */
export function keyOfPacket(
  set: Ipset,
  sides: readonly IpsetSide[],
  packet: IpPacket,
): string | undefined {
  const address = addressOf(packet, sides[0]);
  if (set.type === 'hash:ip' || set.type === 'hash:net') return address;
  if (set.type === 'bitmap:port') {
    const port = portOf(packet, sides[0]);
    return port === undefined ? undefined : String(port);
  }
  const port = portOf(packet, sides[1]);
  if (set.type === 'list:set' || port === undefined) return undefined;
  const key = `${address},${packet.transport.protocol}:${port}`;
  return set.type === 'hash:ip,port' ? key : `${key},${addressOf(packet, sides[2])}`;
}
