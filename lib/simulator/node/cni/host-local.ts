import { cidrBounds, cidrContains, networkOf, parseCidr } from '../../base/cidr.ts';
import { addToIp, ipv4Number, parseIp } from '../../base/ip.ts';
import type { RangeConfiguration } from './network-configuration.ts';

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

const refused = (message: string) => ({ ok: false, message }) as const;

/** What `Range.Canonicalize` says about a subnet, or undefined when it will do. */
function problemOfSubnet(subnet: string): string | undefined {
  const parsed = parseCidr(subnet);
  const bounds = cidrBounds(subnet);
  if (!parsed || !bounds) return `invalid CIDR address: ${subnet}`;
  const width = parsed.version === 4 ? 32 : 128;
  if (parsed.prefix > width - 2) {
    return `Network ${subnet} too small to allocate from`;
  }
  if (parseIp(bounds.first)?.value !== parsed.value) {
    return `Network has host bits set. For a subnet mask of length ${parsed.prefix} the network address is ${bounds.first}`;
  }
  return undefined;
}

/**
 * A range from its configuration, as `Range.Canonicalize` of host-local fills it in: from the first host address to the
 * last (the IPv4 broadcast address left out, the last IPv6 address not), the first one being the gateway, unless the
 * configuration says otherwise. Fails with the plug-in's words.
 * Source: containernetworking/plugins plugins/ipam/host-local/backend/allocator/range.go.
 */
export function addressRange(
  configuration: RangeConfiguration,
):
  | { readonly ok: true; readonly range: AddressRange }
  | { readonly ok: false; readonly message: string } {
  const { subnet, rangeStart, rangeEnd, gateway } = configuration;
  const problem = problemOfSubnet(subnet) ?? problemOfEnds(configuration);
  if (problem !== undefined) return refused(problem);
  const { network, lowest, highest } = hostsOf(subnet);
  return {
    ok: true,
    range: {
      subnet: network,
      first: rangeStart ?? lowest,
      last: rangeEnd ?? highest,
      gateway: gateway ?? lowest,
    },
  };
}

function hostsOf(subnet: string): { network: string; lowest: string; highest: string } {
  const { first, last } = cidrBounds(subnet) ?? { first: subnet, last: subnet };
  const isV4 = parseCidr(subnet)?.version === 4;
  return {
    network: networkOf(subnet) ?? subnet,
    lowest: addToIp(first, 1) ?? first,
    highest: isV4 ? (addToIp(last, -1) ?? last) : last,
  };
}

/** The start is looked at while the end is as it was written, then the end. */
function problemOfEnds({ subnet, rangeStart, rangeEnd }: RangeConfiguration): string | undefined {
  const { network, lowest } = hostsOf(subnet);
  if (rangeStart !== undefined) {
    const isBeforeEnd = rangeEnd === undefined || isBetween(rangeStart, rangeStart, rangeEnd);
    if (!cidrContains(network, rangeStart) || !isBeforeEnd) {
      return `RangeStart ${rangeStart} not in network ${network}`;
    }
  }
  if (rangeEnd === undefined) return undefined;
  const isInside =
    cidrContains(network, rangeEnd) && isBetween(rangeEnd, rangeStart ?? lowest, rangeEnd);
  return isInside ? undefined : `RangeEnd ${rangeEnd} not in network ${network}`;
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

/** `Range.Contains`: inside the subnet, and not outside its two ends. */
export function rangeContains({ subnet, first, last }: AddressRange, address: string): boolean {
  return cidrContains(subnet, address) && isBetween(address, first, last);
}

function cursorAfter(ranges: readonly AddressRange[], lastReserved: string | undefined): Cursor {
  const index = lastReserved ? ranges.findIndex((range) => rangeContains(range, lastReserved)) : -1;
  return index < 0
    ? { index: 0, current: undefined, start: undefined }
    : { index, current: lastReserved, start: undefined };
}

function isBetween(address: string, first: string, last: string): boolean {
  const [number, lowest, highest] = [address, first, last].map(ipv4Number);
  if (number !== undefined && lowest !== undefined && highest !== undefined) {
    return number >= lowest && number <= highest;
  }
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

/** Who has what, as an allocation asks for it. */
export interface HeldAddresses {
  readonly lastReserved?: string | undefined;
  isHeld(address: string): boolean;
  heldBy(owner: string): readonly string[];
}

/**
 * Gives `owner` the next free address after the last one given, round robin through all ranges, never a gateway,
 * network or broadcast address. Writes the reservation. The failure is the plug-in's text.
 */
export function allocateAddress(
  ranges: readonly AddressRange[],
  reservations: AddressReservations,
  owner: string,
): Allocation {
  const { reserved, lastReserved } = reservations;
  const held: HeldAddresses = {
    lastReserved,
    isHeld: (address) => Object.hasOwn(reserved, address),
    heldBy: (name) => Object.keys(reserved).filter((address) => reserved[address] === name),
  };
  const found = findAddress(ranges, held, owner);
  if (!found.ok) return found;
  reserved[found.address] = owner;
  reservations.lastReserved = found.address;
  return found;
}

/**
 * The address that `allocateAddress` gives; whoever asks writes it down.
 * Source: containernetworking/plugins plugins/ipam/host-local/backend/allocator/allocator.go, `IPAllocator.Get`.
 */
export function findAddress(
  ranges: readonly AddressRange[],
  held: HeldAddresses,
  owner: string,
): Allocation {
  for (const address of held.heldBy(owner)) {
    if (!ranges.some((range) => rangeContains(range, address))) continue;
    return refused(
      `${address} has been allocated to ${owner.split(' ')[0] ?? owner}, duplicate allocation is not allowed`,
    );
  }
  const cursor = cursorAfter(ranges, held.lastReserved);
  for (;;) {
    const candidate = nextCandidate(cursor, ranges);
    if (!candidate) {
      return refused(`no IP addresses available in range set: ${formatRanges(ranges)}`);
    }
    const { address, range } = candidate;
    if (held.isHeld(address)) continue;
    const prefix = parseCidr(range.subnet)?.prefix ?? 32;
    return { ok: true, address, prefix, gateway: range.gateway };
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
