import { parseIp } from './ip.ts';
import { nextUint32, type RandomState } from './random.ts';

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff';

const octets = (values: readonly number[]) =>
  values.map((value) => value.toString(16).padStart(2, '0')).join(':');

/** A locally administered unicast address, as the kernel draws for veth and bridge devices. */
export function nextMac(random: RandomState): string {
  const high = nextUint32(random);
  const low = nextUint32(random);
  return octets([
    (high & 0xfc) | 0x02,
    (high >>> 8) & 255,
    (high >>> 16) & 255,
    low & 255,
    (low >>> 8) & 255,
    (low >>> 16) & 255,
  ]);
}

/** The CNI bridge plug-in's address: 0a:58 followed by the IPv4 address (containernetworking `utils/hwaddr`). */
export function macFromIpv4(address: string): string {
  const value = parseIp(address)?.value ?? 0n;
  return octets([
    0x0a,
    0x58,
    ...[24n, 16n, 8n, 0n].map((shift) => Number((value >> shift) & 255n)),
  ]);
}
