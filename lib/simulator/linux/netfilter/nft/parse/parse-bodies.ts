import type { NetfilterHook } from '../../../../trace/step.ts';
import type { NftBase, NftElementBody, NftSetBody, NftSetFlag, NftType } from '../model.ts';
import { readBraces, readKey, readSeconds } from './parse-value.ts';
import { readVerdict } from './parse-statement.ts';
import type { TokenReader } from './reader.ts';

const HOOKS: Readonly<Record<string, NetfilterHook>> = {
  prerouting: 'PREROUTING',
  input: 'INPUT',
  forward: 'FORWARD',
  output: 'OUTPUT',
  postrouting: 'POSTROUTING',
};

const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};

/** `filter - 5`, `dstnat`, `-110`. */
function readPriority(reader: TokenReader): number {
  const { text } = reader.token;
  if (/^-?\d+$/.test(text)) return Number(reader.take().text);
  const base = PRIORITIES[text];
  if (base === undefined) reader.fail();
  reader.take();
  if (reader.skip('-')) return (base ?? 0) - reader.number();
  return reader.skip('+') ? (base ?? 0) + reader.number() : (base ?? 0);
}

/** `type filter hook input priority 0`. */
export function readBase(reader: TokenReader): NftBase {
  const type = (['filter', 'nat', 'route'] as const).find((name) => reader.skip(name));
  if (!type) reader.fail('unknown chain type');
  reader.expect('hook');
  const { span } = reader;
  const hook = HOOKS[reader.word()];
  if (!hook) reader.fail('unknown chain hook', span);
  reader.expect('priority');
  return { type: type ?? 'filter', hook: hook ?? 'INPUT', priority: readPriority(reader) };
}

const TYPES: readonly NftType[] = [
  'ipv4_addr',
  'ipv6_addr',
  'ether_addr',
  'inet_proto',
  'inet_service',
  'mark',
  'ifname',
  'icmp_type',
  'icmpv6_type',
  'ct_state',
  'integer',
];

function readTypes(reader: TokenReader): NftType[] {
  const found: NftType[] = [];
  do {
    const type = TYPES.find((name) => name === reader.token.text);
    if (!type) reader.fail(`unknown datatype ${reader.token.text}`);
    else found.push(type);
    reader.take();
  } while (reader.skip('.'));
  return found;
}

const FLAGS: readonly NftSetFlag[] = ['constant', 'dynamic', 'interval', 'timeout'];

function readFlags(reader: TokenReader): NftSetFlag[] {
  const flags: NftSetFlag[] = [];
  do {
    const flag = FLAGS.find((name) => reader.skip(name));
    if (!flag) reader.fail();
    else flags.push(flag);
  } while (reader.skip(','));
  // As they are listed.
  return FLAGS.filter((flag) => flags.includes(flag));
}

/** One element: `10.0.0.1 timeout 1h comment "x" : 10.1.0.1`. */
function readElement(reader: TokenReader): NftElementBody {
  const from = reader.mark();
  const key = readKey(reader);
  reader.mention('element', key, reader.spanSince(from));
  let element: NftElementBody = { key };
  for (;;) {
    if (reader.skip('timeout')) element = { ...element, timeout: readSeconds(reader) };
    else if (reader.skip('expires')) readSeconds(reader);
    else if (reader.skip('comment')) element = { ...element, comment: reader.word() };
    else break;
  }
  if (!reader.skip(':')) return element;
  const verdict = readVerdict(reader);
  return verdict ? { ...element, verdict } : { ...element, data: readKey(reader) };
}

export const readElements = (reader: TokenReader) => readBraces(reader, () => readElement(reader));

type SetParts = { -readonly [K in keyof NftSetBody]?: NftSetBody[K] } & {
  elements?: NftElementBody[];
};

function readSetLine(reader: TokenReader, parts: SetParts, kind: 'set' | 'map'): void {
  if (reader.skip('type')) {
    parts.type = readTypes(reader);
    if (kind === 'map' && !reader.isNext(':')) reader.failExpecting('colon or .');
    if (reader.skip(':')) parts.data = reader.skip('verdict') ? 'verdict' : readTypes(reader);
  } else if (reader.skip('flags')) parts.flags = readFlags(reader);
  else if (reader.skip('timeout')) parts.timeout = readSeconds(reader);
  else if (reader.skip('size')) parts.size = reader.number();
  else if (reader.skip('auto-merge')) parts.autoMerge = true;
  else if (reader.skip('comment')) parts.comment = reader.word();
  else if (reader.skip('elements')) {
    reader.expect('=');
    parts.elements = readElements(reader);
  } else reader.fail();
}

/** What stands in the braces of a set or a map. */
export function readSetBody(
  reader: TokenReader,
  kind: 'set' | 'map',
): { set: NftSetBody; elements: NftElementBody[] } {
  const parts: SetParts = {};
  const from = reader.mark();
  let block = reader.span;
  reader.expect('{');
  for (;;) {
    reader.skipLines();
    block = reader.spanSince(from);
    if (reader.isAtEnd) reader.fail();
    if (reader.skip('}') || reader.isAtEnd) break;
    readSetLine(reader, parts, kind);
    if (!reader.isAtBreak) reader.fail();
  }
  const { elements = [], type, ...rest } = parts;
  if (!type) reader.fail('set definition does not specify key', block);
  return { set: { kind, type: type ?? [], ...rest }, elements };
}
