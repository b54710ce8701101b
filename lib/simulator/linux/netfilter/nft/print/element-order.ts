import type { NftElement, NftSet } from '../model.ts';
import type { NftValueType } from '../model.ts';
import { boundsOf, JOINT } from '../value.ts';

const WIDTHS: Partial<Record<NftValueType, number>> = {
  ipv4_addr: 4,
  ipv6_addr: 16,
  ether_addr: 6,
  inet_service: 2,
  inet_proto: 1,
  icmp_type: 1,
  icmpv6_type: 1,
  mark: 4,
  ct_state: 4,
  integer: 4,
};

const NAME_LENGTH = 16;

/** The bytes of a value, as the packet or the kernel has them. */
function bytesOf(type: NftValueType, text: string): number[] {
  if (type === 'ifname')
    return Array.from({ length: NAME_LENGTH }, (_, i) =>
      i < text.length ? text.charCodeAt(i) : 0,
    );
  const [first] = boundsOf(type, text);
  const hex = first.toString(16).padStart(2 * (WIDTHS[type] ?? 4), '0');
  const bytes = (hex.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  // Marks and states are in the byte order of the machine.
  return type === 'mark' || type === 'ct_state' || type === 'integer' ? bytes.reverse() : bytes;
}

/** nft sorts by one large number; of a concatenation, and of a name, the last byte counts most (expr_msort_cmp). */
function weightOf({ type }: NftSet, key: string): bigint {
  const [first = 'integer'] = type;
  if (type.length === 1 && first !== 'ifname') return boundsOf(first, key)[0];
  const bytes = key.split(JOINT).flatMap((part, i) => bytesOf(type[i] ?? 'integer', part));
  return bytes.reverse().reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** The elements of a set in the order in which nft lists them. */
export function inListOrder(set: NftSet): NftElement[] {
  const elements = Object.values(set.elements);
  // Intervals of concatenations are listed as the kernel has them.
  if (set.type.length > 1 && set.flags?.includes('interval')) return elements;
  return elements
    .map((element) => ({ element, weight: weightOf(set, element.key) }))
    .sort((a, b) => (a.weight < b.weight ? -1 : a.weight > b.weight ? 1 : 0))
    .map(({ element }) => element);
}

const FIVE_A_LINE: ReadonlySet<NftValueType> = new Set([
  'inet_service',
  'inet_proto',
  'mark',
  'integer',
]);

/** How many elements stand on a line (calculate_delim of expression.c). */
export function perLine({ type }: NftSet): number {
  if (type.length > 1) return 1;
  const [first] = type;
  if (first && FIVE_A_LINE.has(first)) return 5;
  return first === 'ipv4_addr' || first === 'ct_state' ? 2 : 1;
}
