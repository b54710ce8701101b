import { parseIp } from '../../../base/ip.ts';
import type { SystemCalls } from '../../../linux/program.ts';

/** What the rules compare about one destination. */
interface Destination {
  readonly address: string;
  readonly scope: number;
  readonly label: number;
  readonly precedence: number;
  readonly source?: {
    readonly scope: number;
    readonly label: number;
    /** Leading bits that source and destination share; 0 for IPv4 outside the own network. */
    readonly common: number;
  };
}

const LINK_LOCAL = 2;
const SITE_LOCAL = 5;
const GLOBAL = 14;

const valueOf = (address: string) => parseIp(address)?.value ?? 0n;
const isIpv4 = (address: string) => !address.includes(':');
const startsWith = (value: bigint, prefix: bigint, length: number) =>
  value >> BigInt(128 - length) === prefix >> BigInt(128 - length);

const ULA = valueOf('fc00::');
const TEREDO = valueOf('2001::');
const SIX_TO_FOUR = valueOf('2002::');
const SITE = valueOf('fec0::');
const LINK = valueOf('fe80::');

function scopeOf(address: string): number {
  if (isIpv4(address)) return /^(127|169\.254)\./.test(address) ? LINK_LOCAL : GLOBAL;
  const value = valueOf(address);
  if (address === '::1' || startsWith(value, LINK, 10)) return LINK_LOCAL;
  return startsWith(value, SITE, 10) ? SITE_LOCAL : GLOBAL;
}

/** glibc's own table where gai.conf says nothing: [label, precedence]. */
function policyOf(address: string): readonly [label: number, precedence: number] {
  if (isIpv4(address)) return [4, 10];
  const value = valueOf(address);
  if (address === '::1') return [0, 50];
  if (startsWith(value, SIX_TO_FOUR, 16)) return [2, 30];
  if (value >> 32n === 0n) return [3, 20];
  if (startsWith(value, SITE, 10)) return [5, 40];
  if (startsWith(value, ULA, 7)) return [6, 40];
  if (startsWith(value, TEREDO, 32)) return [7, 40];
  return [1, 40];
}

function commonBits(a: string, b: string): number {
  const width = isIpv4(a) ? 32 : 128;
  const difference = valueOf(a) ^ valueOf(b);
  return difference === 0n ? width : width - difference.toString(2).length;
}

/** glibc learns the length of its own IPv4 prefixes only where the machine has an IPv6 address too (check_pf.c). */
const knowsPrefixes = (calls: SystemCalls) =>
  calls.ownAddresses().some(({ address }) => !isIpv4(address) && address !== '::1');

const MAPPED = '::ffff:';

/** The IPv4 address in IPv6 clothes, or the address itself. */
const unmapped = (address: string) =>
  address.startsWith(MAPPED) && address.includes('.') ? address.slice(MAPPED.length) : address;

/** Bits in common with the own address; for plain IPv4 only inside the own network. */
function commonWith(
  source: { readonly address: string; readonly prefix: number },
  address: string,
  calls: SystemCalls,
): number {
  const shared = commonBits(unmapped(address), source.address);
  if (!isIpv4(address)) return shared;
  return knowsPrefixes(calls) && shared >= source.prefix ? shared : 0;
}

function describe(address: string, calls: SystemCalls): Destination {
  const plain = unmapped(address);
  const [label, precedence] = policyOf(plain);
  const source = calls.sourceTo(plain);
  const scope = scopeOf(plain);
  if (!source) return { address, scope, label, precedence };
  return {
    address,
    scope,
    label,
    precedence,
    source: {
      scope: scopeOf(source.address),
      label: policyOf(source.address)[0],
      common: commonWith(source, address, calls),
    },
  };
}

const preferTrue = (a: boolean, b: boolean) => Number(b) - Number(a);

function compare(a: Destination, b: Destination): number {
  const matches = (one: Destination, what: 'scope' | 'label') => one.source?.[what] === one[what];
  return (
    preferTrue(a.source !== undefined, b.source !== undefined) ||
    preferTrue(matches(a, 'scope'), matches(b, 'scope')) ||
    preferTrue(matches(a, 'label'), matches(b, 'label')) ||
    b.precedence - a.precedence ||
    a.scope - b.scope ||
    (isIpv4(a.address) === isIpv4(b.address)
      ? (b.source?.common ?? 0) - (a.source?.common ?? 0)
      : 0)
  );
}

/**
 * The order in which getaddrinfo(3) gives addresses (RFC 6724; glibc posix/getaddrinfo.c `rfc3484_sort`): reachable
 * ones first, the same scope and label as the own address, IPv6 before IPv4, the own network first. Simplified: no
 * gai.conf, no deprecated or temporary own addresses, no tunnels.
 */
export function orderDestinations(
  addresses: readonly string[],
  calls: SystemCalls,
): readonly string[] {
  if (addresses.length < 2) return addresses;
  return addresses
    .map((address) => describe(address, calls))
    .sort(compare)
    .map(({ address }) => address);
}
