import type { NftExpression } from '../expression.ts';
import type { NftValueType } from '../model.ts';
import { typesOf } from '../expression-type.ts';
import type {
  NftLog,
  NftMatch,
  NftNatFlag,
  NftRejectWith,
  NftRight,
  NftStatement,
  NftVerdict,
  NftVerdictMapping,
} from '../statement.ts';
import { SYMBOLS } from '../symbols.ts';
import { KEYWORDS } from './keywords.ts';
import { isExpression, readExpression } from './parse-expression.ts';
import { readBraces, readKey, readSeconds } from './parse-value.ts';
import type { NftSpan, TokenReader } from './reader.ts';

/** `accept`, `jump name`. Undefined when no verdict begins here. */
export function readVerdict(reader: TokenReader): NftVerdict | undefined {
  for (const verdict of ['accept', 'drop', 'return', 'continue'] as const)
    if (reader.skip(verdict)) return { verdict };
  for (const verdict of ['jump', 'goto'] as const)
    if (reader.skip(verdict)) return { verdict, chain: reader.name('target') };
  return undefined;
}

function readVerdictMapping(
  reader: TokenReader,
  types: readonly NftValueType[],
): NftVerdictMapping {
  const { text } = reader.token;
  if (text.startsWith('@')) {
    reader.mention('set', text.slice(1));
    return { map: 'named', name: reader.take().text.slice(1) };
  }
  const elements = readBraces(reader, () => {
    const key = readKey(reader, types);
    reader.expect(':');
    const verdict = readVerdict(reader);
    if (!verdict) reader.fail();
    return { key, verdict: verdict ?? { verdict: 'accept' as const } };
  });
  return { map: 'anonymous', elements };
}

function readFlagList(reader: TokenReader, types: readonly NftValueType[]): string[] {
  const isBracketed = reader.skip('(');
  const values = [readKey(reader, types)];
  while (reader.skip(',', '|')) values.push(readKey(reader, types));
  if (isBracketed) reader.expect(')');
  return values;
}

function readRight(reader: TokenReader, types: readonly NftValueType[]): NftRight {
  const { text } = reader.token;
  if (reader.token.kind === 'word' && text.startsWith('@')) {
    reader.mention('set', text.slice(1));
    return { right: 'set', name: reader.take().text.slice(1) };
  }
  if (reader.isNext('{'))
    return { right: 'anonymous', elements: readBraces(reader, () => readKey(reader, types)) };
  const values = readFlagList(reader, types);
  const [only = ''] = values;
  return values.length === 1 ? { right: 'value', value: only } : { right: 'flags', values };
}

const OPERATORS: readonly NftMatch['operator'][] = ['==', '!=', '<=', '>=', '<', '>'];

const flagBits = (names: readonly string[]) =>
  names.reduce((bits, name) => bits | (SYMBOLS.tcp_flag?.[name] ?? 0), 0);

/** What is compared, and with what; or where it is looked up. */
function readMatch(reader: TokenReader): NftStatement {
  const left = readExpression(reader);
  const types = typesOf(left);
  if (reader.skip('vmap'))
    return { statement: 'vmap', key: left, map: readVerdictMapping(reader, types) };
  const operator = OPERATORS.find((sign) => reader.skip(sign)) ?? '==';
  const right = readRight(reader, types);
  if (types[0] === 'tcp_flag' && reader.skip('/')) {
    const mask = flagBits(readFlagList(reader, types));
    return {
      statement: 'match',
      left: { expression: 'bitwise', operation: 'and', left, right: mask },
      operator,
      right,
    };
  }
  return { statement: 'match', left, operator, right };
}

function readNatFlags(reader: TokenReader): { flags?: NftNatFlag[] } {
  const flags: NftNatFlag[] = [];
  for (;;) {
    const flag = (['random', 'fully-random', 'persistent'] as const).find((name) =>
      reader.skip(name),
    );
    if (!flag) break;
    flags.push(flag);
    reader.skip(',');
  }
  return flags.length === 0 ? {} : { flags };
}

const constant = (value: string): NftExpression => ({ expression: 'value', value });

/** `10.0.0.1:80`, `[fd00::1]:80`, `:8080`, `10.0.0.1`. */
function splitTarget(text: string): { address?: NftExpression; port?: NftExpression } {
  const parts = /^(?:\[([^\]]+)\]|([^:]*)|(.*:.*:.*))(?::([\d-]+))?$/.exec(text);
  const address = parts?.[1] ?? parts?.[2] ?? parts?.[3] ?? '';
  const port = parts?.[4];
  return {
    ...(address !== '' && { address: constant(address) }),
    ...(port !== undefined && { port: constant(port) }),
  };
}

function readNatTarget(reader: TokenReader): { address?: NftExpression; port?: NftExpression } {
  if (!isExpression(reader)) return splitTarget(reader.word());
  const address = readExpression(reader);
  const port = reader.token.kind === 'word' && /^:\d/.test(reader.token.text);
  return { address, ...(port && { port: constant(reader.take().text.slice(1)) }) };
}

/** In a table of both families a rule must have said which of them its address is for. */
function familyOfNat(
  reader: TokenReader,
  hasAddress: boolean,
  keyword: NftSpan,
): 'ip' | 'ip6' | undefined {
  const { layers } = reader;
  if (!layers.isOfBothFamilies || !hasAddress) return undefined;
  if (layers.network === 'ip' || layers.network === 'ip6') return layers.network;
  reader.fail('ip or ip6 must be specified with address for inet tables.', keyword);
  return undefined;
}

function readNat(reader: TokenReader, nat: 'dnat' | 'snat'): NftStatement {
  const keyword = reader.spanSince(reader.mark() - 1);
  const said = reader.skip('ip') ? 'ip' : reader.skip('ip6') ? 'ip6' : undefined;
  // `dnat ip addr . port to` says what a map gives, which we see at the map.
  if (reader.skip('addr')) {
    reader.expect('.');
    reader.expect('port');
  }
  if (!reader.skip('to')) reader.fail();
  const target = readNatTarget(reader);
  const family = said ?? familyOfNat(reader, target.address !== undefined, keyword);
  return {
    statement: 'nat',
    nat,
    ...(family && { family }),
    ...target,
    ...readNatFlags(reader),
  };
}

function readMasquerade(reader: TokenReader): NftStatement {
  const ports = reader.skip('to') ? reader.word().replace(/^:/, '') : undefined;
  return {
    statement: 'masquerade',
    ...(ports !== undefined && { ports }),
    ...readNatFlags(reader),
  };
}

function readRedirect(reader: TokenReader): NftStatement {
  // The colon before the port may be left out.
  const target = reader.skip('to') ? readNatTarget(reader) : {};
  const port = target.port ?? target.address;
  return { statement: 'redirect', ...(port && { port }), ...readNatFlags(reader) };
}

const REJECT_TYPES = {
  icmp: [
    'net-unreachable',
    'host-unreachable',
    'prot-unreachable',
    'port-unreachable',
    'net-prohibited',
    'host-prohibited',
    'admin-prohibited',
  ],
  icmpv6: ['no-route', 'admin-prohibited', 'addr-unreachable', 'port-unreachable'],
  icmpx: ['no-route', 'admin-prohibited', 'host-unreachable', 'port-unreachable'],
} as const;

function readReject(reader: TokenReader): NftStatement {
  if (!reader.skip('with')) return { statement: 'reject' };
  if (reader.skip('tcp')) {
    reader.expect('reset');
    return { statement: 'reject', with: { with: 'tcp-reset' } };
  }
  const kind = (['icmp', 'icmpv6', 'icmpx'] as const).find((name) => reader.skip(name));
  if (!kind) {
    reader.failExpecting('icmp or icmpv6 or tcp or icmpx');
    return { statement: 'reject' };
  }
  reader.skip('type');
  const { span } = reader;
  const name = reader.word();
  const type = REJECT_TYPES[kind].find((each) => each === name);
  if (type === undefined) reader.fail(`Could not parse ${kind} code`, span);
  // The default of a family is not kept: it is not listed.
  if (type === 'port-unreachable') return { statement: 'reject' };
  return { statement: 'reject', with: { with: kind, type } as NftRejectWith };
}

function readLog(reader: TokenReader): NftStatement {
  let log: NftLog = { statement: 'log' };
  for (;;) {
    if (reader.skip('prefix')) log = { ...log, prefix: reader.word() };
    else if (reader.skip('level')) log = { ...log, level: reader.word() };
    else if (reader.skip('group')) log = { ...log, group: reader.number() };
    else return log;
  }
}

const PERIODS = ['second', 'minute', 'hour', 'day'] as const;

function readLimit(reader: TokenReader): NftStatement {
  reader.expect('rate');
  const over = reader.skip('over');
  const [count = '', unit = ''] = reader.word().split('/');
  const per = PERIODS.find((name) => name === unit);
  if (!/^\d+$/.test(count) || !per) reader.fail('limit rate is expected as number/period');
  const burst = reader.skip('burst') ? reader.number() : undefined;
  if (burst !== undefined) reader.skip('packets');
  return {
    statement: 'limit',
    rate: Number(count),
    per: per ?? 'second',
    ...(burst !== undefined && burst !== 5 && { burst }),
    ...(over && { over: true as const }),
  };
}

function readSetUpdate(reader: TokenReader, operation: 'add' | 'update' | 'delete'): NftStatement {
  const name = reader.token.text.replace(/^@/, '');
  reader.mention('set', name);
  reader.take();
  reader.expect('{');
  const key = readExpression(reader);
  const timeout = reader.skip('timeout') ? readSeconds(reader) : undefined;
  reader.expect('}');
  return {
    statement: 'set-update',
    operation,
    set: name,
    key,
    ...(timeout !== undefined && { timeout }),
  };
}

/** `mark set ...`; a match on the mark otherwise. */
function readMark(reader: TokenReader): NftStatement {
  const match = readMatchOrLeft(reader);
  if ('statement' in match) return match;
  const of = match.expression === 'ct' ? 'ct' : 'meta';
  reader.expect('set');
  return { statement: 'set-mark', of, value: readExpression(reader) };
}

const isMark = (expression: NftExpression) =>
  (expression.expression === 'meta' || expression.expression === 'ct') && expression.key === 'mark';

/** The left side alone when `set` follows it, which makes a statement of it. */
function readMatchOrLeft(reader: TokenReader): NftStatement | NftExpression {
  const before = reader.mark();
  const left = readExpression(reader);
  if (isMark(left) && reader.isNext('set')) return left;
  reader.goBack(before);
  return readMatch(reader);
}

/** One statement of a rule. */
export function readStatement(reader: TokenReader): NftStatement {
  const verdict = readVerdict(reader);
  if (verdict) return { statement: 'verdict', verdict };
  if (reader.skip('dnat')) return readNat(reader, 'dnat');
  if (reader.skip('snat')) return readNat(reader, 'snat');
  if (reader.skip('masquerade')) return readMasquerade(reader);
  if (reader.skip('redirect')) return readRedirect(reader);
  if (reader.skip('reject')) return readReject(reader);
  if (reader.skip('notrack')) return { statement: 'notrack' };
  if (reader.skip('log')) return readLog(reader);
  if (reader.skip('limit')) return readLimit(reader);
  for (const operation of ['add', 'update', 'delete'] as const)
    if (reader.skip(operation)) return readSetUpdate(reader, operation);
  if (!isExpression(reader)) {
    // A word that means nothing could be a value: only what follows it is too much.
    if (reader.token.kind === 'word' && !KEYWORDS.has(reader.token.text)) reader.take();
    reader.fail();
  }
  return readMark(reader);
}
