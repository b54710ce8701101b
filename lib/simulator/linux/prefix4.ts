import { cidrContains, parseCidr } from '../base/cidr.ts';
import { parseIp } from '../base/ip.ts';

/** An IPv4 prefix as two numbers of 32 bits: an address is inside when `(address ^ network) & mask` is 0. */
export interface Prefix4 {
  readonly network: number;
  readonly mask: number;
  readonly length: number;
}

const CACHE_LIMIT = 50_000;

/** Reads each text once. What it gives depends on the text alone, so that forgetting costs time and nothing else. */
function remembering<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>();
  return (text) => {
    const hit = known.get(text);
    if (hit) return hit.value;
    const value = read(text);
    if (known.size >= CACHE_LIMIT) known.clear();
    known.set(text, { value });
    return value;
  };
}

/** An IPv4 address as a (signed) number of 32 bits; undefined for anything else. */
export const numberOf4 = remembering((text): number | undefined => {
  const ip = parseIp(text);
  return ip?.version === 4 ? Number(ip.value) | 0 : undefined;
});

/** An IPv4 prefix; undefined for anything else. */
export const prefix4Of = remembering((text): Prefix4 | undefined => {
  const cidr = parseCidr(text);
  if (cidr?.version !== 4) return undefined;
  const mask = cidr.prefix === 0 ? 0 : (-1 << (32 - cidr.prefix)) | 0;
  return { network: Number(cidr.value) & mask, mask, length: cidr.prefix };
});

/** `cidrContains` for one prefix that is asked about many addresses. */
export function containmentIn(cidr: string): (address: string) => boolean {
  const range = prefix4Of(cidr);
  if (!range) return (address) => cidrContains(cidr, address);
  const { network, mask } = range;
  return (address) => {
    const value = numberOf4(address);
    return value !== undefined && ((value ^ network) & mask) === 0;
  };
}
