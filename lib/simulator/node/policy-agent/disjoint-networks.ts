import { cidrBounds, cidrContains, networkOf, parseCidr } from '../../base/cidr.ts';
import { formatIp } from '../../base/ip.ts';

const WIDTH = { 4: 32n, 6: 128n } as const;

/** Whether every address of `inner` is in `outer`. */
function covers(outer: string, inner: string): boolean {
  const bounds = cidrBounds(inner);
  const [wide, narrow] = [parseCidr(outer), parseCidr(inner)];
  if (!bounds || !wide || !narrow || wide.prefix > narrow.prefix) return false;
  return cidrContains(outer, bounds.first);
}

/** The two halves of a network. */
function halvesOf(network: string): readonly string[] {
  const range = parseCidr(network);
  if (!range) return [];
  const prefix = range.prefix + 1;
  const half = 1n << (WIDTH[range.version] - BigInt(prefix));
  return [range.value, range.value + half].map(
    (value) => `${formatIp({ version: range.version, value })}/${prefix}`,
  );
}

/** What is left of a network without some others: the largest networks that none of them touches. */
function without(network: string, except: readonly string[]): readonly string[] {
  if (except.some((other) => covers(other, network))) return [];
  const inside = except.filter((other) => covers(network, other));
  if (inside.length === 0) return [network];
  return halvesOf(network).flatMap((half) => without(half, inside));
}

/** A set of networks takes no prefix of length 0, so that "everywhere" is two halves (ipset(8), hash:net). */
const splitEverywhere = (network: string) =>
  network.endsWith('/0') ? halvesOf(network) : [network];

/**
 * The addresses of some networks without those of others, as networks that do not overlap, none of length 0. Texts that are
 * no prefixes are left out.
 */
export function disjointNetworks(
  cidrs: readonly string[],
  except: readonly string[],
): readonly string[] {
  const exceptions = except.flatMap((cidr) => networkOf(cidr) ?? []);
  const networks = [...new Set(cidrs.flatMap((cidr) => networkOf(cidr) ?? []))];
  return networks
    .filter((one) => !networks.some((other) => other !== one && covers(other, one)))
    .flatMap((network) => without(network, exceptions))
    .flatMap(splitEverywhere);
}
