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
