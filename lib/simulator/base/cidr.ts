import { formatIp, ipv4Number, parseIp, type IpVersion, type ParsedCidr } from './ip.ts';

const widthOf = (version: 4 | 6) => (version === 4 ? 32 : 128);
const CACHE_LIMIT = 20_000;
const cache = new Map<string, ParsedCidr | undefined>();

/** An IPv4 prefix as two numbers of 32 bits. */
interface Prefix4 {
  readonly network: number;
  readonly mask: number;
}

const prefixes = new Map<string, Prefix4>();

/** Prefixes are read once and compared as numbers: rules and routes ask for the same ones all the time. */
function prefix4Of(text: string): Prefix4 | undefined {
  const known = prefixes.get(text);
  if (known) return known;
  const cidr = parseCidr(text);
  if (cidr?.version !== 4) return undefined;
  const mask = cidr.prefix === 0 ? 0 : -1 << (32 - cidr.prefix);
  const prefix = { network: Number(cidr.value) & mask, mask };
  if (prefixes.size >= CACHE_LIMIT) prefixes.clear();
  prefixes.set(text, prefix);
  return prefix;
}

/** Parses `10.0.0.0/8`; host bits may be set (`10.0.0.1/8`). A bare address is a host prefix. Undefined when wrong. */
export function parseCidr(text: string): ParsedCidr | undefined {
  const hit = cache.get(text);
  if (hit) return hit;
  const [address = '', prefixText, rest] = text.split('/');
  const ip = parseIp(address);
  if (!ip || rest !== undefined) return undefined;
  const width = widthOf(ip.version);
  if (prefixText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefixText)) return undefined;
  const prefix = prefixText === undefined ? width : Number(prefixText);
  if (prefix > width) return undefined;
  const parsed = { ...ip, prefix };
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

/** The prefixes of a text with one or, with a comma between, two of them: `10.244.0.0/16,fd00:10:244::/56`. */
export const cidrsOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((cidr) => cidr.trim())
    .filter((cidr) => cidr !== '');

/** The prefix of a family among those of `text`; undefined when there is none. */
export const cidrOfFamily = (text: string, version: IpVersion) =>
  cidrsOf(text).find((cidr) => parseCidr(cidr)?.version === version);

const maskShift = (cidr: ParsedCidr) => BigInt(widthOf(cidr.version) - cidr.prefix);

/** Whether `address` lies inside `cidr` (same family). False for texts that are not an address or a prefix. */
export function cidrContains(cidr: string, address: string): boolean {
  const number = ipv4Number(address);
  if (number !== undefined) {
    const prefix = prefix4Of(cidr);
    return prefix !== undefined && (number & prefix.mask) === prefix.network;
  }
  const range = parseCidr(cidr);
  const ip = parseIp(address);
  if (!range || !ip || range.version !== ip.version) return false;
  const shift = maskShift(range);
  return range.value >> shift === ip.value >> shift;
}

/** Canonical `network/prefix` with host bits cleared; undefined when the text is no prefix. */
export function networkOf(cidr: string): string | undefined {
  const range = parseCidr(cidr);
  if (!range) return undefined;
  const shift = maskShift(range);
  return `${formatIp({ version: range.version, value: (range.value >> shift) << shift })}/${range.prefix}`;
}

/** First and last address of a prefix, as canonical text. */
export function cidrBounds(cidr: string): { first: string; last: string } | undefined {
  const range = parseCidr(cidr);
  if (!range) return undefined;
  const shift = maskShift(range);
  const first = (range.value >> shift) << shift;
  const last = first + (1n << shift) - 1n;
  return {
    first: formatIp({ version: range.version, value: first }),
    last: formatIp({ version: range.version, value: last }),
  };
}
