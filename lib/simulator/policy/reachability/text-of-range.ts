import { parseIp } from '../../base/ip.ts';
import type { AddressRange } from '../engine/address-ranges.ts';

/** `10.0.0.0/8`, or `192.0.2.1-192.0.2.9` where the range is no prefix. */
export function textOfRange({ first, last }: AddressRange): string {
  const [from, to] = [parseIp(first), parseIp(last)];
  if (!from || !to) return `${first}-${last}`;
  const size = to.value - from.value + 1n;
  const bits = size.toString(2).length - 1;
  const isPrefix = size === 1n << BigInt(bits) && from.value % size === 0n;
  return isPrefix ? `${first}/${(from.version === 4 ? 32 : 128) - bits}` : `${first}-${last}`;
}
