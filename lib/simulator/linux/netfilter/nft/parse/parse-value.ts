import type { NftValueType } from '../model.ts';
import { canonicalValue, JOINT } from '../value.ts';
import type { NftSpan, TokenReader } from './reader.ts';

/** What nft calls the kinds of values, in the errors about names that it does not know. */
const DESCRIPTIONS: Partial<Record<NftValueType, string>> = {
  ct_state: 'conntrack state',
  ct_status: 'conntrack status',
  ct_dir: 'conntrack direction',
  icmp_type: 'ICMP type',
  icmpv6_type: 'ICMPv6 type',
  icmp_code: 'icmp code',
  icmpv6_code: 'icmpv6 code',
  mark: 'packet mark',
  pkt_type: 'packet type',
  nf_proto: 'netfilter protocol',
  tcp_flag: 'TCP flag',
  fib_addrtype: 'fib_addrtype',
};

/** What nft says of a name that it cannot look up. */
const UNKNOWN: Partial<Record<NftValueType, string>> = {
  inet_service: 'Could not resolve service: Servname not supported for ai_socktype',
  inet_proto: 'Could not resolve protocol name',
  ifname: 'String exceeds maximum length of 16',
};

const isNumber = (text: string) => /^(0x[0-9a-fA-F]+|\d+)$/.test(text);

function addressProblem(bits: 32 | 128, text: string): string {
  const prefix = /\/(\d+)$/.exec(text)?.[1];
  return prefix !== undefined && Number(prefix) > bits
    ? `Prefix length ${prefix} is invalid for type of ${bits} bits width`
    : 'Could not resolve hostname: Name or service not known';
}

/** Why a text is no value of a type, in nft's words; undefined when it is one. */
export function valueProblem(type: NftValueType, text: string): string | undefined {
  if (type === 'integer' || type === 'boolean') return undefined;
  if (type === 'inet_proto' && isNumber(text) && Number(text) > 255) return 'Protocol out of range';
  if (canonicalValue(type, text) !== undefined) return undefined;
  const [first = '', last] = text.split('-');
  if (last !== undefined && canonicalValue(type, first) && canonicalValue(type, last))
    return 'Range has zero or negative size';
  if (type === 'ipv4_addr' || type === 'ipv6_addr')
    return addressProblem(type === 'ipv4_addr' ? 32 : 128, text);
  if (type === 'inet_service' && isNumber(first)) return 'Service out of range';
  return UNKNOWN[type] ?? `Could not parse ${DESCRIPTIONS[type] ?? type}`;
}

/** One value of a concatenation: a word or a quoted text. A range may be written with blanks: `1 - 5`. */
function readPart(reader: TokenReader): string {
  const first = reader.word();
  if (!reader.skip('-')) return first;
  return `${first}-${reader.word()}`;
}

/** A value of one or more parts: `10.0.0.1 . tcp . 80`. With `types` each part must be a value of its own. */
export function readKey(reader: TokenReader, types?: readonly NftValueType[]): string {
  const from = reader.mark();
  const parts: string[] = [];
  const spans: NftSpan[] = [];
  do {
    const before = reader.mark();
    parts.push(readPart(reader));
    spans.push(reader.spanSince(before));
  } while (reader.skip('.'));
  if (!types) return parts.join(JOINT);
  if (parts.length !== types.length)
    reader.fail("Can't parse symbolic invalid expressions", reader.spanSince(from));
  parts.forEach((part, i) => {
    const problem = valueProblem(types[i] ?? 'integer', part);
    if (problem !== undefined) reader.fail(problem, spans[i]);
  });
  return parts.join(JOINT);
}

/** What stands between braces, with commas: lines may end anywhere in it. Braces in braces (of a definition) are one. */
export function readBraces<E>(reader: TokenReader, readOne: () => E): E[] {
  const found: E[] = [];
  reader.expect('{');
  for (;;) {
    reader.skipLines();
    if (reader.skip('}') || reader.isAtEnd) return found;
    if (reader.isNext('{')) found.push(...readBraces(reader, readOne));
    else found.push(readOne());
    reader.skipLines();
    if (!reader.isNext('}')) reader.expect(',');
  }
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `1h30s`, `10800s`, `60`: seconds. */
export function readSeconds(reader: TokenReader): number {
  const text = reader.token.text;
  if (/^\d+$/.test(text)) return Number(reader.take().text);
  const parts = text.match(/\d+(?:ms|[dhms])/g) ?? [];
  if (parts.length === 0 || parts.join('') !== text) {
    reader.fail();
    return 0;
  }
  reader.take();
  return parts.reduce((sum, part) => {
    const unit = part.replace(/^\d+/, '');
    return sum + (unit === 'ms' ? 0 : Number.parseInt(part, 10) * (UNITS[unit] ?? 0));
  }, 0);
}
