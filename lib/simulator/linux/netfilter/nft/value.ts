import { cidrContains, networkOf, parseCidr } from '../../../base/cidr.ts';
import { formatIp, parseIp } from '../../../base/ip.ts';
import { SERVICES } from '../service-names.ts';
import { SYMBOLS } from './symbols.ts';
import type { NftValueType } from './model.ts';

export const JOINT = ' . ';

const isAddressType = (type: NftValueType): type is 'ipv4_addr' | 'ipv6_addr' =>
  type === 'ipv4_addr' || type === 'ipv6_addr';

const widthOf = (type: 'ipv4_addr' | 'ipv6_addr') => (type === 'ipv4_addr' ? 32 : 128);

const LIMITS: Partial<Record<NftValueType, number>> = { inet_service: 65_535, inet_proto: 255 };

function canonicalAddress(type: 'ipv4_addr' | 'ipv6_addr', text: string): string | undefined {
  const range = parseCidr(text);
  // A number alone is an address too, as for inet_aton(3).
  if (!range && type === 'ipv4_addr' && /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff)
    return formatIp({ version: 4, value: BigInt(text) });
  if (!range || range.version !== (type === 'ipv4_addr' ? 4 : 6)) return undefined;
  if (range.prefix === widthOf(type)) return formatIp(range);
  return networkOf(text);
}

/** A range of addresses, as a prefix when it is one. */
function joinAddresses(type: 'ipv4_addr' | 'ipv6_addr', first: string, last: string): string {
  const [from, to] = [parseIp(first)?.value ?? 0n, parseIp(last)?.value ?? 0n];
  const size = to - from + 1n;
  const isPower = size > 0n && (size & (size - 1n)) === 0n;
  if (!isPower || from % size !== 0n) return `${first}-${last}`;
  const prefix = widthOf(type) - (size.toString(2).length - 1);
  return prefix === widthOf(type) ? first : `${first}/${prefix}`;
}

function canonicalNumber(type: NftValueType, text: string): string | undefined {
  const named = type === 'inet_service' ? SERVICES[text] : undefined;
  const number = named ?? (/^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(text) ? Number(text) : undefined);
  if (number === undefined || number > (LIMITS[type] ?? 0xffff_ffff)) return undefined;
  return type === 'mark' ? `0x${number.toString(16)}` : String(number);
}

function canonicalSymbol(
  names: Readonly<Record<string, number>>,
  text: string,
): string | undefined {
  const alias = text === 'icmpv6' && 'ipv6-icmp' in names ? 'ipv6-icmp' : text;
  if (Object.hasOwn(names, alias)) return alias;
  if (!/^(0x[0-9a-fA-F]{1,8}|\d{1,10})$/.test(text)) return undefined;
  const number = Number(text);
  const known = Object.keys(names).find((name) => names[name] === number);
  return known ?? String(number);
}

/** One value without a range. */
function canonicalPoint(type: NftValueType, text: string): string | undefined {
  if (isAddressType(type)) return canonicalAddress(type, text);
  if (type === 'ifname') return /^[^\s"]{1,15}$/.test(text) ? text : undefined;
  if (type === 'ether_addr')
    return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? text.toLowerCase() : undefined;
  if (type === 'boolean') return text === 'exists' || text === 'missing' ? text : undefined;
  const symbols = SYMBOLS[type];
  return symbols ? canonicalSymbol(symbols, text) : canonicalNumber(type, text);
}

/**
 * A value, a prefix or a range (`1024-2047`) as it is kept: addresses as RFC 5952 writes them, prefixes without host bits,
 * marks in hex (`0x4000`), names where there are names. Undefined when the text is none of the type.
 */
export function canonicalValue(type: NftValueType, text: string): string | undefined {
  const point = canonicalPoint(type, text);
  if (point !== undefined) return point;
  const dash = text.indexOf('-');
  if (dash <= 0 || type === 'ifname') return undefined;
  const first = canonicalPoint(type, text.slice(0, dash).trim());
  const last = canonicalPoint(type, text.slice(dash + 1).trim());
  if (first === undefined || last === undefined) return undefined;
  if (numberOf(type, first) > numberOf(type, last)) return undefined;
  if (isAddressType(type)) return joinAddresses(type, first, last);
  return first === last ? first : `${first}-${last}`;
}

/** A key of one or more values; undefined when their number or a type is wrong. */
export function canonicalKey(types: readonly NftValueType[], text: string): string | undefined {
  const parts = text.split(JOINT);
  if (parts.length !== types.length) return undefined;
  const values = parts.map((part, i) => canonicalValue(types[i] ?? 'integer', part.trim()));
  return values.includes(undefined) ? undefined : values.join(JOINT);
}

/** The number that the kernel keeps of one value (no range); 0 for texts. */
export function numberOf(type: NftValueType, text: string): bigint {
  if (isAddressType(type)) return parseCidr(text)?.value ?? 0n;
  if (type === 'ether_addr') return BigInt(`0x${text.replaceAll(':', '')}`);
  const symbol = SYMBOLS[type]?.[text];
  if (symbol !== undefined) return BigInt(symbol);
  return /^(0x[0-9a-f]+|\d+)$/.test(text) ? BigInt(text) : 0n;
}

const hasNumbers = (type: NftValueType) =>
  isAddressType(type) || SYMBOLS[type] === undefined || type === 'inet_proto';

/** The interval between two numbers in the spelling in which it is kept. */
export function rangeText(type: NftValueType, first: bigint, last: bigint): string {
  if (!isAddressType(type)) return first === last ? String(first) : `${first}-${last}`;
  const version = type === 'ipv4_addr' ? 4 : 6;
  return joinAddresses(
    type,
    formatIp({ version, value: first }),
    formatIp({ version, value: last }),
  );
}

/** First and last number of a value, a prefix or a range. */
export function boundsOf(type: NftValueType, text: string): readonly [bigint, bigint] {
  if (isAddressType(type) && text.includes('/')) {
    const range = parseCidr(text);
    const size = 1n << BigInt(widthOf(type) - (range?.prefix ?? 0));
    const first = range?.value ?? 0n;
    return [first, first + size - 1n];
  }
  const dash = hasNumbers(type) ? text.indexOf('-') : -1;
  if (dash > 0 && SYMBOLS[type]?.[text] === undefined)
    return [numberOf(type, text.slice(0, dash)), numberOf(type, text.slice(dash + 1))];
  const number = numberOf(type, text);
  return [number, number];
}

/** Whether `value` is what `pattern` says, or lies in it: a prefix, a range, `cni*`. */
export function valueMatches(type: NftValueType, pattern: string, value: string): boolean {
  if (pattern === value) return true;
  if (type === 'ifname') return pattern.endsWith('*') && value.startsWith(pattern.slice(0, -1));
  if (isAddressType(type) && pattern.includes('/')) return cidrContains(pattern, value);
  if (!pattern.includes('-')) return false;
  const [first, last] = boundsOf(type, pattern);
  const number = numberOf(type, value);
  return first !== last && number >= first && number <= last;
}

/** `valueMatches` for each part of a key. */
export function keyMatches(types: readonly NftValueType[], pattern: string, key: string): boolean {
  if (pattern === key) return true;
  if (types.length === 1) return valueMatches(types[0] ?? 'integer', pattern, key);
  const values = key.split(JOINT);
  return pattern
    .split(JOINT)
    .every((part, i) => valueMatches(types[i] ?? 'integer', part, values[i] ?? ''));
}
