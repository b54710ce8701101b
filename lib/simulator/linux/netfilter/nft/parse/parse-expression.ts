import type {
  NftCt,
  NftExpression,
  NftFib,
  NftMapping,
  NftMetaKey,
  NftNumgen,
  NftPayload,
} from '../expression.ts';
import { typesOf } from '../expression-type.ts';
import { SYMBOLS } from '../symbols.ts';
import { readBraces, readKey } from './parse-value.ts';
import type { TokenReader } from './reader.ts';

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ip: ['saddr', 'daddr', 'protocol', 'ttl', 'length'],
  ip6: ['saddr', 'daddr', 'nexthdr', 'hoplimit', 'length'],
  tcp: ['sport', 'dport', 'flags'],
  udp: ['sport', 'dport'],
  sctp: ['sport', 'dport'],
  th: ['sport', 'dport'],
  icmp: ['type', 'code'],
  icmpv6: ['type', 'code'],
  ether: ['saddr'],
};

const META_KEYS: readonly NftMetaKey[] = [
  'l4proto',
  'nfproto',
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'skuid',
  'skgid',
  'length',
  'pkttype',
];

/** Keys of `meta` that may stand alone. */
const SHORT_META: readonly string[] = [
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'skuid',
  'skgid',
  'pkttype',
];

const CT_KEYS: readonly NftCt['key'][] = [
  'state',
  'status',
  'mark',
  'direction',
  'proto-src',
  'proto-dst',
  'l4proto',
];

/**
 * A packet has one protocol in each layer: `udp dport ... tcp dport ...` matches nothing, and is refused, as is the other
 * family in a table of one.
 */
function enterLayer(reader: TokenReader, protocol: string, from: number): void {
  const layer = protocol === 'ip' || protocol === 'ip6' ? 'network' : 'transport';
  if (protocol === 'th' || protocol === 'ether') return;
  const isFree = layer === 'network' && reader.layers.isOfBothFamilies;
  const before = isFree ? undefined : reader.layers[layer];
  if (before !== undefined && before !== protocol) {
    const text = `conflicting protocols specified: ${before} vs. ${protocol}`;
    reader.fail(text, reader.spanSince(from));
  }
  reader.layers[layer] = protocol;
}

function readPayload(reader: TokenReader, protocol: string): NftExpression {
  const from = reader.mark() - 1;
  const field = reader.token.text;
  if (!FIELDS[protocol]?.includes(field)) reader.fail();
  reader.take();
  enterLayer(reader, protocol, from);
  return { expression: 'payload', protocol, field } as NftPayload;
}

function readMeta(reader: TokenReader): NftExpression {
  const key = META_KEYS.find((name) => name === reader.token.text);
  if (key === undefined) reader.fail();
  reader.take();
  return { expression: 'meta', key: key ?? 'mark' };
}

function readCt(reader: TokenReader): NftExpression {
  const direction = (['original', 'reply'] as const).find((name) => reader.skip(name));
  const family = reader.isNext('ip', 'ip6') ? reader.take().text : undefined;
  const name = reader.token.text;
  const key =
    family !== undefined && (name === 'saddr' || name === 'daddr')
      ? (`${family} ${name}` as NftCt['key'])
      : CT_KEYS.find((each) => each === name);
  if (key === undefined) reader.fail();
  reader.take();
  return { expression: 'ct', key: key ?? 'state', ...(direction && { direction }) };
}

const FIB_KEYS: NftFib['keys'] = ['saddr', 'daddr', 'mark', 'iif', 'oif'];

function readFib(reader: TokenReader): NftExpression {
  const keys: NftFib['keys'][number][] = [];
  do {
    const key = FIB_KEYS.find((name) => reader.skip(name));
    if (key) keys.push(key);
    else reader.fail();
  } while (reader.skip('.'));
  const result = reader.token.text;
  if (result !== 'type' && result !== 'oif' && result !== 'oifname')
    reader.failExpecting('type or oif or oifname');
  reader.take();
  return { expression: 'fib', keys, result: result as NftFib['result'] };
}

function readNumgen(reader: TokenReader): NftNumgen {
  const mode = reader.skip('inc') ? 'inc' : 'random';
  if (mode === 'random') reader.expect('random');
  reader.expect('mod');
  const mod = reader.number();
  const offset = reader.skip('offset') ? reader.number() : undefined;
  if (mod === 0) reader.fail();
  return { expression: 'numgen', mode, mod, ...(offset !== undefined && { offset }) };
}

/** Whether an expression (not a constant) begins here. */
export function isExpression(reader: TokenReader): boolean {
  const { kind, text } = reader.token;
  if (kind === 'sign') return text === '(';
  if (kind !== 'word') return false;
  return (
    text in FIELDS || SHORT_META.includes(text) || ['meta', 'ct', 'fib', 'numgen'].includes(text)
  );
}

function readPrimary(reader: TokenReader): NftExpression {
  if (reader.skip('(')) {
    const inner = readArithmetic(reader);
    reader.expect(')');
    return inner;
  }
  if (!isExpression(reader)) return { expression: 'value', value: reader.word() };
  const { text } = reader.take();
  if (text in FIELDS) return readPayload(reader, text);
  if (text === 'meta') return readMeta(reader);
  if (text === 'ct') return readCt(reader);
  if (text === 'fib') return readFib(reader);
  if (text === 'numgen') return readNumgen(reader);
  return { expression: 'meta', key: text as NftMetaKey };
}

/** `(fin | syn)`, `fin,syn`, `0x4000`: the operand of an operation on bits. */
function readBits(reader: TokenReader, left: NftExpression): number {
  const names = SYMBOLS[typesOf(left)[0] ?? 'integer'] ?? {};
  const isBracketed = reader.skip('(');
  let bits = 0;
  do {
    const name = reader.token.text;
    bits |= Object.hasOwn(names, name) ? (names[reader.take().text] ?? 0) : reader.number();
  } while (reader.skip(...(isBracketed ? ['|', ','] : [','])));
  if (isBracketed) reader.expect(')');
  return bits >>> 0;
}

const OPERATORS: Readonly<Record<string, 'and' | 'or' | 'xor'>> = {
  '&': 'and',
  and: 'and',
  '|': 'or',
  or: 'or',
  '^': 'xor',
  xor: 'xor',
};

/** Operations on bits, from left to right. */
function readArithmetic(reader: TokenReader): NftExpression {
  let left = readPrimary(reader);
  for (;;) {
    const operation = reader.token.kind === 'text' ? undefined : OPERATORS[reader.token.text];
    if (!operation) return left;
    reader.take();
    left = { expression: 'bitwise', operation, left, right: readBits(reader, left) };
  }
}

/** `@name`, or `{ key : data, ... }`. */
export function readMapping(reader: TokenReader): NftMapping {
  const { text } = reader.token;
  if (text.startsWith('@')) {
    reader.mention('set', text.slice(1));
    return { map: 'named', name: reader.take().text.slice(1) };
  }
  const elements = readBraces(reader, () => {
    const key = readKey(reader);
    reader.expect(':');
    return { key, data: readKey(reader) };
  });
  return { map: 'anonymous', elements };
}

/** An expression, with concatenations and maps: `ip daddr . tcp dport map @backends`. */
export function readExpression(reader: TokenReader): NftExpression {
  const parts = [readArithmetic(reader)];
  while (reader.skip('.')) parts.push(readArithmetic(reader));
  const [first] = parts;
  const key: NftExpression = parts.length === 1 && first ? first : { expression: 'concat', parts };
  if (!reader.skip('map')) return key;
  return { expression: 'map', key, map: readMapping(reader) };
}
