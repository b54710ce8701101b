import { cidrBounds, cidrContains, networkOf, parseCidr } from '../../base/cidr.ts';
import { addToIp, parseIp } from '../../base/ip.ts';

/** One range of a range set, canonical: both ends inclusive, gateway filled in. */
export interface AddressRange {
  readonly subnet: string;
  readonly first: string;
  readonly last: string;
  readonly gateway: string;
}

/** Which address belongs to whom. Plain data; `reserved` maps an address to `containerId interface`. */
export interface AddressReservations {
  readonly reserved: Record<string, string>;
  lastReserved?: string;
}

type Allocation =
  | {
      readonly ok: true;
      readonly address: string;
      readonly prefix: number;
      readonly gateway: string;
    }
  | { readonly ok: false; readonly message: string };

/**
 * A range from a subnet, as `Range.Canonicalize` of host-local fills it in: from the first host address to the last
 * (the IPv4 broadcast address left out, the last IPv6 address not), the first one being the gateway. Fails with the
 * plug-in's words. Source: containernetworking/plugins plugins/ipam/host-local/backend/allocator/range.go.
 */
export function addressRange(
  subnet: string,
):
  | { readonly ok: true; readonly range: AddressRange }
  | { readonly ok: false; readonly message: string } {
  const parsed = parseCidr(subnet);
  const network = networkOf(subnet);
  const bounds = cidrBounds(subnet);
  if (!parsed || !network || !bounds)
    return { ok: false, message: `invalid CIDR address: ${subnet}` };
  const width = parsed.version === 4 ? 32 : 128;
  if (parsed.prefix > width - 2) {
    return { ok: false, message: `Network ${network} too small to allocate from` };
  }
  if (parseIp(bounds.first)?.value !== parsed.value) {
    return {
      ok: false,
      message: `Network has host bits set. For a subnet mask of length ${parsed.prefix} the network address is ${bounds.first}`,
    };
  }
  const first = addToIp(bounds.first, 1) ?? bounds.first;
  const last = parsed.version === 4 ? (addToIp(bounds.last, -1) ?? bounds.last) : bounds.last;
  return { ok: true, range: { subnet: network, first, last, gateway: first } };
}

const formatRanges = (ranges: readonly AddressRange[]) =>
  ranges.map(({ first, last }) => `${first}-${last}`).join(',');

interface Cursor {
  index: number;
  /** The address that was looked at last; undefined before the first. */
  current: string | undefined;
  /** Where the search began: coming back to it ends the search. */
  start: string | undefined;
}

function cursorAfter(ranges: readonly AddressRange[], lastReserved: string | undefined): Cursor {
  const index = lastReserved
    ? ranges.findIndex(
        ({ subnet, first, last }) =>
          cidrContains(subnet, lastReserved) && isBetween(lastReserved, first, last),
      )
    : -1;
  return index < 0
    ? { index: 0, current: undefined, start: undefined }
    : { index, current: lastReserved, start: undefined };
}

function isBetween(address: string, first: string, last: string): boolean {
  const value = parseIp(address)?.value;
  const low = parseIp(first)?.value;
  const high = parseIp(last)?.value;
  return (
    value !== undefined && low !== undefined && high !== undefined && value >= low && value <= high
  );
}

/** `RangeIter.Next` of allocator.go: the next address that may be tried, or undefined after a full turn. */
function nextCandidate(
  cursor: Cursor,
  ranges: readonly AddressRange[],
): { address: string; range: AddressRange } | undefined {
  for (;;) {
    const range = ranges[cursor.index];
    if (!range) return undefined;
    if (cursor.current === undefined) {
      cursor.current = range.first;
    } else if (cursor.current === range.last) {
      cursor.index = (cursor.index + 1) % ranges.length;
      cursor.current = ranges[cursor.index]?.first ?? range.first;
    } else {
      cursor.current = addToIp(cursor.current, 1) ?? range.first;
    }
    if (cursor.start === undefined) cursor.start = cursor.current;
    else if (cursor.current === cursor.start) return undefined;
    const chosen = ranges[cursor.index] ?? range;
    if (cursor.current !== chosen.gateway) return { address: cursor.current, range: chosen };
  }
}

/**
 * Gives `owner` the next free address after the last one given, round robin through all ranges, never a gateway,
 * network or broadcast address. Writes the reservation. The failure is the plug-in's text.
 * Source: containernetworking/plugins plugins/ipam/host-local/backend/allocator/allocator.go, `IPAllocator.Get`.
 */
export function allocateAddress(
  ranges: readonly AddressRange[],
  reservations: AddressReservations,
  owner: string,
): Allocation {
  for (const [address, holder] of Object.entries(reservations.reserved)) {
    if (holder !== owner || !ranges.some(({ subnet }) => cidrContains(subnet, address))) continue;
    return {
      ok: false,
      message: `${address} has been allocated to ${owner.split(' ')[0] ?? owner}, duplicate allocation is not allowed`,
    };
  }
  const cursor = cursorAfter(ranges, reservations.lastReserved);
  for (;;) {
    const candidate = nextCandidate(cursor, ranges);
    if (!candidate) {
      return {
        ok: false,
        message: `no IP addresses available in range set: ${formatRanges(ranges)}`,
      };
    }
    const { address, range } = candidate;
    if (Object.hasOwn(reservations.reserved, address)) continue;
    reservations.reserved[address] = owner;
    reservations.lastReserved = address;
    return {
      ok: true,
      address,
      prefix: parseCidr(range.subnet)?.prefix ?? 32,
      gateway: range.gateway,
    };
  }
}

/** Frees every address of `owner`. The last reserved address is kept, so that a freed one is not given out at once. */
export function releaseAddresses(
  reservations: AddressReservations,
  owner: string,
): readonly string[] {
  const freed = Object.keys(reservations.reserved).filter(
    (address) => reservations.reserved[address] === owner,
  );
  for (const address of freed) delete reservations.reserved[address];
  return freed;
}
