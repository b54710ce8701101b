import { parseCidr } from '../../base/cidr.ts';
import { failed, type CniAddress } from './cni-result.ts';
import {
  addressRange,
  findAddress,
  rangeContains,
  releaseAddresses,
  type AddressRange,
} from './host-local.ts';
import type { CniArguments, HostLocalConfiguration } from './network-configuration.ts';
import {
  heldInFiles,
  readReservations,
  reservationDirectory,
  writeReservation,
  writeReservations,
} from './reservation-files.ts';

type RangeSets =
  | { readonly ok: true; readonly sets: readonly (readonly AddressRange[])[] }
  | { readonly ok: false; readonly message: string };

const overlaps = (a: AddressRange, b: AddressRange) =>
  parseCidr(a.subnet)?.version === parseCidr(b.subnet)?.version &&
  (rangeContains(a, b.first) ||
    rangeContains(a, b.last) ||
    rangeContains(b, a.first) ||
    rangeContains(b, a.last));

/** `RangeSet.Canonicalize`: the ranges of one set, of one family, none over another. */
function rangeSet(configured: NonNullable<HostLocalConfiguration['ranges']>[number]) {
  if (configured.length === 0) return failed('empty range set');
  const ranges: AddressRange[] = [];
  for (const each of configured) {
    const made = addressRange(each);
    if (!made.ok) return made;
    const [first] = ranges;
    if (first && parseCidr(first.subnet)?.version !== parseCidr(made.range.subnet)?.version) {
      return failed('mixed address families');
    }
    const other = ranges.find((range) => overlaps(range, made.range));
    if (other)
      return failed(`subnets ${formatRange(other)} and ${formatRange(made.range)} overlap`);
    ranges.push(made.range);
  }
  return { ok: true, ranges } as const;
}

const formatRange = ({ first, last }: AddressRange) => `${first}-${last}`;

const known = new WeakMap<HostLocalConfiguration, RangeSets>();

/** The range sets of a configuration, read once. */
function rangeSetsOf(ipam: HostLocalConfiguration): RangeSets {
  const read = known.get(ipam) ?? readRangeSets(ipam);
  known.set(ipam, read);
  return read;
}

/** `LoadIPAMConfig`: the range sets of a configuration, the old single subnet first. */
function readRangeSets(ipam: HostLocalConfiguration): RangeSets {
  const { subnet, rangeStart, rangeEnd, gateway } = ipam;
  const single = subnet === undefined ? [] : [[{ subnet, rangeStart, rangeEnd, gateway }]];
  const configured = [...single, ...(ipam.ranges ?? [])] as HostLocalConfiguration['ranges'];
  if (!configured || configured.length === 0) return failed('no IP ranges specified');
  const sets: (readonly AddressRange[])[] = [];
  for (const [index, each] of configured.entries()) {
    const set = rangeSet(each);
    if (!set.ok) return failed(`invalid range set ${index}: ${set.message}`);
    sets.push(set.ranges);
  }
  for (const [index, set] of sets.entries()) {
    const other = sets
      .slice(0, index)
      .findIndex((before) => before.some((a) => set.some((b) => overlaps(a, b))));
    if (other >= 0) return failed(`range set ${other} overlaps with ${index}`);
  }
  return { ok: true, sets };
}

const ownerOf = ({ containerId, interfaceName }: CniArguments) => `${containerId} ${interfaceName}`;

/**
 * host-local's ADD: one address from each range set, or none at all. Writes the reservations into `files`.
 * Source: containernetworking/plugins plugins/ipam/host-local/main.go.
 */
export function allocateAddresses(
  network: string,
  ipam: HostLocalConfiguration,
  cniArguments: CniArguments,
  files: Record<string, string>,
):
  | { readonly ok: true; readonly ips: CniAddress[] }
  | { readonly ok: false; readonly message: string } {
  const configured = rangeSetsOf(ipam);
  if (!configured.ok) return configured;
  const directory = reservationDirectory(network, ipam.dataDir);
  const owner = ownerOf(cniArguments);
  const ips: CniAddress[] = [];
  for (const [set, ranges] of configured.sets.entries()) {
    const given = findAddress(ranges, heldInFiles(files, directory, set), owner);
    if (!given.ok) {
      // What the sets before gave goes back; an owner whom the first set refuses keeps what it has.
      if (ips.length > 0) releaseOwned(network, ipam, owner, files);
      return failed(`failed to allocate for range ${set}: ${given.message}`);
    }
    writeReservation(files, directory, { address: given.address, owner }, set);
    ips.push({ address: `${given.address}/${given.prefix}`, gateway: given.gateway });
  }
  return { ok: true, ips };
}

function releaseOwned(
  network: string,
  ipam: HostLocalConfiguration,
  owner: string,
  files: Record<string, string>,
): void {
  const directory = reservationDirectory(network, ipam.dataDir);
  const reservations = readReservations(files, directory);
  releaseAddresses(reservations, owner);
  writeReservations(files, directory, { reserved: reservations.reserved });
}

/** host-local's DEL: every address of the container is free again. */
export function freeAddresses(
  network: string,
  ipam: HostLocalConfiguration,
  cniArguments: CniArguments,
  files: Record<string, string>,
): void {
  releaseOwned(network, ipam, ownerOf(cniArguments), files);
}
