/**
 * Addresses are canonical text everywhere (`10.0.0.1`, RFC 5952 for IPv6), so that state stays plain data and
 * printable; arithmetic happens on bigints in here.
 */
export type IpVersion = 4 | 6;

export interface ParsedIp {
  readonly version: IpVersion;
  readonly value: bigint;
}

export interface ParsedCidr extends ParsedIp {
  readonly prefix: number;
}

const cache = new Map<string, ParsedIp | undefined>();
const CACHE_LIMIT = 50_000;
/** IPv4 addresses as numbers, which are a good deal faster than bigints. */
const numbers = new Map<string, number>();

function parseV4(text: string): ParsedIp | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!match) return undefined;
  let value = 0n;
  for (const part of match.slice(1)) {
    // Like Go's netip: leading zeros are refused, they were octal once.
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256n + BigInt(part);
  }
  return { version: 4, value };
}

function parseV6(text: string): ParsedIp | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  let head = text;
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded) {
    const v4 = parseV4(embedded[2] ?? '');
    if (!v4) return undefined;
    head = `${embedded[1]}${(v4.value >> 16n).toString(16)}:${(v4.value & 0xffffn).toString(16)}`;
  }
  const halves = head.split('::');
  if (halves.length > 2) return undefined;
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'));
  const left = groupsOf(halves[0] ?? '');
  const right = groupsOf(halves[1] ?? '');
  const missing = 8 - left.length - right.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...right];
  if (groups.some((group) => !/^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return {
    version: 6,
    value: groups.reduce((value, group) => value * 65_536n + BigInt(`0x${group}`), 0n),
  };
}

/** Parses an address of either family, or undefined when the text is not one. */
export function parseIp(text: string): ParsedIp | undefined {
  if (cache.has(text)) return cache.get(text);
  const parsed = text.includes(':') ? parseV6(text) : parseV4(text);
  if (cache.size >= CACHE_LIMIT) cache.clear();
  cache.set(text, parsed);
  return parsed;
}

/** An IPv4 address as a number from 0 to 2^32 - 1; undefined when the text is none. */
export function ipv4Number(text: string): number | undefined {
  const known = numbers.get(text);
  if (known !== undefined) return known;
  const ip = parseIp(text);
  if (ip?.version !== 4) return undefined;
  const value = Number(ip.value);
  if (numbers.size >= CACHE_LIMIT) numbers.clear();
  numbers.set(text, value);
  return value;
}

const formatV4 = (value: number) =>
  `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;

function formatV6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    Number((value >> BigInt(16 * (7 - i))) & 0xffffn),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.start < 0) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

/** Canonical text of an address: dotted quad, or RFC 5952. */
export function formatIp({ version, value }: ParsedIp): string {
  if (version === 6) return formatV6(value);
  return formatV4(Number(value));
}

/** 4, 6, or undefined when the text is no address. */
export function ipVersion(text: string): IpVersion | undefined {
  return parseIp(text)?.version;
}

/** The address `offset` after this one; undefined past the end of the family. */
export function addToIp(text: string, offset: number): string | undefined {
  const number = ipv4Number(text);
  if (number !== undefined) {
    const sum = number + offset;
    return sum < 0 || sum >= 2 ** 32 ? undefined : formatV4(sum);
  }
  const ip = parseIp(text);
  if (!ip) return undefined;
  const value = ip.value + BigInt(offset);
  return value < 0n || value >= 1n << 128n ? undefined : formatV6(value);
}

/** In-addr.arpa or ip6.arpa name of an address, with the final dot (RFC 1035 3.5, RFC 3596 2.5). */
export function reverseName(text: string): string | undefined {
  const ip = parseIp(text);
  if (!ip) return undefined;
  if (ip.version === 4) return `${text.split('.').reverse().join('.')}.in-addr.arpa.`;
  const nibbles = ip.value.toString(16).padStart(32, '0').split('').reverse();
  return `${nibbles.join('.')}.ip6.arpa.`;
}
