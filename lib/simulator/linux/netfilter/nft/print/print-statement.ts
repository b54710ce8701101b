import type { NftExpression } from '../expression.ts';
import { typesOf } from '../expression-type.ts';
import type {
  NftLimit,
  NftLog,
  NftMatch,
  NftNat,
  NftNatFlag,
  NftRejectWith,
  NftRight,
  NftStatement,
  NftVerdict,
  NftVerdictMapping,
} from '../statement.ts';
import { SYMBOLS } from '../symbols.ts';
import type { NftValueType } from '../model.ts';
import { printExpression } from './print-expression.ts';
import { printKey, printValue } from './print-value.ts';
import { formatSeconds, quote, type NftStyle } from './style.ts';

/** `accept`, `jump services`. */
export const printVerdict = (verdict: NftVerdict) =>
  'chain' in verdict ? `${verdict.verdict} ${verdict.chain}` : verdict.verdict;

function printRight(right: NftRight, types: readonly NftValueType[], style: NftStyle): string {
  switch (right.right) {
    case 'value':
      return printKey(types, right.value, style);
    case 'flags':
      return right.values.map((value) => printKey(types, value, style)).join(',');
    case 'anonymous':
      return `{ ${right.elements.map((element) => printKey(types, element, style)).join(', ')} }`;
    case 'set':
      return `@${right.name}`;
  }
}

/** The names of the TCP flags in a number, lowest first. */
function flagNames(bits: number, style: NftStyle): string {
  const names = Object.entries(SYMBOLS.tcp_flag ?? {});
  return names
    .flatMap(([name, bit]) => ((bits & bit) === 0 ? [] : [printValue('tcp_flag', name, style)]))
    .join(',');
}

/** `tcp flags syn / fin,syn,rst,ack`: the set ones, and those that are looked at. */
function printTcpFlags({ left, operator, right }: NftMatch, style: NftStyle): string | undefined {
  if (left.expression !== 'bitwise' || left.operation !== 'and') return undefined;
  if (typesOf(left)[0] !== 'tcp_flag') return undefined;
  const wanted =
    right.right === 'value' ? [right.value] : right.right === 'flags' ? right.values : undefined;
  if (!wanted || (operator !== '==' && operator !== '!=')) return undefined;
  const not = operator === '!=' ? '!= ' : '';
  const names = wanted.map((name) => printValue('tcp_flag', name, style));
  return `tcp flags ${not}${names.join(',')} / ${flagNames(left.right, style)}`;
}

function printMatch(match: NftMatch, style: NftStyle): string {
  const flags = printTcpFlags(match, style);
  if (flags !== undefined) return flags;
  const { left, operator, right } = match;
  const types = typesOf(left);
  // Equality is said only where it would be read as part of the arithmetic.
  const isSaid = operator !== '==' || left.expression === 'bitwise';
  return `${printExpression(left, style)} ${isSaid ? `${operator} ` : ''}${printRight(right, types, style)}`;
}

function printVerdictMapping(key: NftExpression, map: NftVerdictMapping, style: NftStyle): string {
  if (map.map === 'named') return `@${map.name}`;
  const types = typesOf(key);
  const elements = map.elements.map(
    (element) => `${printKey(types, element.key, style)} : ${printVerdict(element.verdict)}`,
  );
  return `{ ${elements.join(', ')} }`;
}

const printFlags = (flags: readonly NftNatFlag[] = []) =>
  flags.length === 0 ? '' : ` ${flags.join(',')}`;

const isV6 = (expression: NftExpression) =>
  expression.expression === 'value' && expression.value.includes(':');

function printNat({ nat, family, address, port, flags }: NftNat, style: NftStyle): string {
  const where = family === undefined ? '' : ` ${family}`;
  const to = address ? printExpression(address, style) : '';
  const bracketed = address && port && isV6(address) ? `[${to}]` : to;
  const ports = port ? `:${printExpression(port, style, ['inet_service'])}` : '';
  return `${nat}${where} to ${bracketed}${ports}${printFlags(flags)}`;
}

/** NFT_REJECT_ICMPX_*. */
const ICMPX_CODES = {
  'no-route': 0,
  'port-unreachable': 1,
  'host-unreachable': 2,
  'admin-prohibited': 3,
} as const;

function rejectCode(reject: Exclude<NftRejectWith, { with: 'tcp-reset' }>): number {
  if (reject.with === 'icmpx') return ICMPX_CODES[reject.type];
  return SYMBOLS[`${reject.with}_code`]?.[reject.type] ?? 0;
}

function printReject(reject: NftRejectWith | undefined, style: NftStyle): string {
  if (!reject) return 'reject';
  if (reject.with === 'tcp-reset') return 'reject with tcp reset';
  // The default of each family is not said.
  if (reject.type === 'port-unreachable') return 'reject';
  return `reject with ${reject.with} ${style === 'numeric' ? rejectCode(reject) : reject.type}`;
}

function printLog({ prefix, level, group }: NftLog): string {
  return [
    'log',
    prefix !== undefined && `prefix ${quote(prefix)}`,
    group !== undefined && `group ${group}`,
    level !== undefined && `level ${level}`,
  ]
    .filter((part) => part !== false)
    .join(' ');
}

const printLimit = ({ rate, per, burst = 5, over }: NftLimit, style: NftStyle) =>
  `limit rate ${over ? 'over ' : ''}${rate}/${per}${burst === 5 && style !== 'script' ? '' : ` burst ${burst} packets`}`;

/** A statement as nft writes it. `counts`: what its counter says, unless -s hides it. */
// eslint-disable-next-line complexity -- one line a kind.
export function printStatement(
  statement: NftStatement,
  style: NftStyle,
  counts: { packets: number; bytes: number } | 'hidden' = { packets: 0, bytes: 0 },
): string {
  switch (statement.statement) {
    case 'match':
      return printMatch(statement, style);
    case 'verdict':
      return printVerdict(statement.verdict);
    case 'vmap':
      return `${printExpression(statement.key, style)} vmap ${printVerdictMapping(statement.key, statement.map, style)}`;
    case 'nat':
      return printNat(statement, style);
    case 'masquerade': {
      const ports = statement.ports === undefined ? '' : ` to :${statement.ports}`;
      return `masquerade${ports}${printFlags(statement.flags)}`;
    }
    case 'redirect': {
      const port = statement.port
        ? ` to :${printExpression(statement.port, style, ['inet_service'])}`
        : '';
      return `redirect${port}${printFlags(statement.flags)}`;
    }
    case 'reject':
      return printReject(statement.with, style);
    case 'set-mark': {
      const mark = statement.of === 'ct' ? 'ct mark' : style === 'script' ? 'mark' : 'meta mark';
      return `${mark} set ${printExpression(statement.value, style, ['mark'])}`;
    }
    case 'counter':
      if (counts === 'hidden' || (style === 'script' && counts.packets === 0)) return 'counter';
      return `counter packets ${counts.packets} bytes ${counts.bytes}`;
    case 'notrack':
      return 'notrack';
    case 'log':
      return printLog(statement);
    case 'limit':
      return printLimit(statement, style);
    case 'set-update': {
      const timeout =
        statement.timeout === undefined
          ? ''
          : ` timeout ${formatSeconds(statement.timeout, style)}`;
      return `${statement.operation} @${statement.set} { ${printExpression(statement.key, style)}${timeout} }`;
    }
  }
}
