import { ipVersion, type IpVersion } from '../base/ip.ts';
import {
  commonPrefixLength,
  ipv6Scope,
  isLinkLocal6,
  isMulticast6,
  linkLocalFromMac,
  solicitedNodeGroup,
} from '../base/ipv6-address.ts';
import { sysctlsOf } from './device-sysctls.ts';
import type { InterfaceAddress, Link, NetworkNamespace } from './network.ts';

type Interfaces = Pick<NetworkNamespace, 'links' | 'sysctls'>;

const LOOPBACK6: InterfaceAddress = { address: '::1', prefix: 128 };

/** net.ipv6.conf.*.disable_ipv6: all and the device both count. */
export function usesIpv6({ sysctls }: Interfaces, link: Link): boolean {
  return (
    link.isUp &&
    sysctls['ipv6.conf.all.disable_ipv6'] !== '1' &&
    sysctls[sysctlsOf(link.name).disableIpv6] !== '1'
  );
}

/**
 * What the kernel adds to a device by itself when it comes up: ::1 on lo, else the link-local address of its MAC.
 * Simplified: no duplicate address detection, an address serves at once (`nodad`); a new MAC gives a new link-local
 * address without the device going down. No router or multicast listener messages are sent.
 */
export function automaticAddress(namespace: Interfaces, link: Link): InterfaceAddress | undefined {
  if (!usesIpv6(namespace, link)) return undefined;
  if (link.kind === 'loopback') return LOOPBACK6;
  return { address: linkLocalFromMac(link.mac), prefix: 64 };
}

/**
 * Every address of a device in the order of `ip addr`: IPv4, then IPv6 with the newest first (ipv6_link_dev_addr), and
 * last what the kernel added itself.
 */
export function addressesOn(namespace: Interfaces, link: Link): readonly InterfaceAddress[] {
  const automatic = automaticAddress(namespace, link);
  if (!link.addresses.some(({ address }) => address.includes(':'))) {
    return automatic ? [...link.addresses, automatic] : link.addresses;
  }
  const sorted = [
    ...link.addresses.filter(({ address }) => ipVersion(address) === 4),
    ...link.addresses.filter(({ address }) => ipVersion(address) === 6).reverse(),
  ];
  return automatic && !sorted.some(({ address }) => address === automatic.address)
    ? [...sorted, automatic]
    : sorted;
}

/** The first address of a family that was given to a device: what the kernel takes when nothing else decides. */
export const firstAddressOn = (link: Link | undefined, version: IpVersion) =>
  link?.addresses.find(({ address }) => ipVersion(address) === version)?.address;

/**
 * inet_select_addr with RT_SCOPE_UNIVERSE: the first address of a device that may be used away from this machine, or, when
 * it has none (lo), the first of any other device.
 */
export function universalAddress(
  { links }: Interfaces,
  device: string,
  version: IpVersion,
): string | undefined {
  const others = Object.values(links).filter(({ name }) => name !== device);
  const wanted = links[device];
  for (const link of wanted ? [wanted, ...others] : others) {
    const address = link.kind === 'loopback' ? undefined : firstAddressOn(link, version);
    if (address !== undefined) return address;
  }
  return undefined;
}

function isGivenTo({ addresses }: Link, address: string): boolean {
  for (const given of addresses) if (given.address === address) return true;
  return false;
}

function hasAddress(namespace: Interfaces, link: Link, address: string): boolean {
  const isGiven = isGivenTo(link, address);
  if (!address.includes(':')) return isGiven;
  const isDisabled = !usesIpv6(namespace, link);
  return !isDisabled && (isGiven || automaticAddress(namespace, link)?.address === address);
}

/**
 * Whether an address is this namespace's own: one of an interface, 127.0.0.0/8, ::1. A link-local address may be looked
 * for on one device alone.
 */
export function isOwnAddress(namespace: Interfaces, address: string, device?: string): boolean {
  const { links } = namespace;
  if (address.startsWith('127.')) return links['lo']?.isUp === true;
  const isOnOne = device !== undefined && isLinkLocal6(address);
  // Asked several times for every packet: no lists are made here.
  for (const name in links) {
    const link = links[name]!;
    if ((!isOnOne || name === device) && hasAddress(namespace, link, address)) return true;
  }
  return false;
}

/** Whether a device listens to an IPv6 multicast group: all nodes, or the group of one of its addresses. */
export function hasJoined(namespace: Interfaces, link: Link, group: string): boolean {
  if (!usesIpv6(namespace, link)) return false;
  if (group === 'ff02::1' || group === 'ff01::1') return true;
  return addressesOn(namespace, link).some(
    ({ address }) => address.includes(':') && solicitedNodeGroup(address) === group,
  );
}

const SCOPE_ORDER = { host: 0, link: 1, global: 2 } as const;

/** The label of the policy table that matters here: unique local addresses keep among themselves (RFC 6724 section 2.1). */
function labelOf(address: string): string {
  if (ipv6Scope(address) === 'host') return 'loopback';
  return /^f[cd]/.test(address) ? 'unique-local' : 'other';
}

function scopeOfDestination(destination: string): number {
  // Simplified: of the multicast scopes only ff02 (link) is known.
  if (isMulticast6(destination)) return destination.startsWith('ff02') ? 1 : 2;
  return SCOPE_ORDER[ipv6Scope(destination)];
}

/** Larger is better, rule by rule of RFC 6724 section 5: same address, scope, outgoing device, label, longest prefix. */
function rank(candidate: string, device: string, destination: string, outDevice: string): number[] {
  const wanted = scopeOfDestination(destination);
  const own = SCOPE_ORDER[ipv6Scope(candidate)];
  return [
    candidate === destination ? 1 : 0,
    own >= wanted ? 10 - own : own - 10,
    device === outDevice ? 1 : 0,
    labelOf(candidate) === labelOf(destination) ? 1 : 0,
    Math.min(64, commonPrefixLength(candidate, destination)),
  ];
}

function isBetter(first: readonly number[], second: readonly number[]): boolean {
  for (const [i, value] of first.entries()) {
    const other = second[i] ?? 0;
    if (value !== other) return value > other;
  }
  return false;
}

/**
 * The IPv6 source address for a destination that is reached by `outDevice` (ipv6_dev_get_saddr, RFC 6724 section 5).
 * Link-local candidates come from that device alone. Undefined when the machine has none.
 * Simplified: no deprecated, temporary, home or anycast addresses.
 */
export function chooseSource6(
  namespace: Interfaces,
  destination: string,
  outDevice: string,
): string | undefined {
  let best: { address: string; rank: readonly number[] } | undefined;
  for (const link of Object.values(namespace.links)) {
    if (!usesIpv6(namespace, link)) continue;
    for (const { address } of addressesOn(namespace, link)) {
      if (!address.includes(':') || address === '::1') continue;
      if (isLinkLocal6(address) && link.name !== outDevice) continue;
      const value = rank(address, link.name, destination, outDevice);
      if (!best || isBetter(value, best.rank)) best = { address, rank: value };
    }
  }
  return best?.address;
}
