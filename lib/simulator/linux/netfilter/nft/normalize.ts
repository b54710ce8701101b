import type { NftExpression, NftMapping } from './expression.ts';
import { typesOf } from './expression-type.ts';
import type { NftFamily, NftRuleBody } from './model.ts';
import type { NftMatch, NftRight, NftStatement, NftVerdictMapping } from './statement.ts';
import type { NftValueType } from './model.ts';
import { boundsOf, canonicalKey, JOINT } from './value.ts';

const canonical = (types: readonly NftValueType[], text: string) =>
  canonicalKey(types, text) ?? text;

const startOf = (types: readonly NftValueType[], key: string) =>
  key.split(JOINT).map((part, i) => boundsOf(types[i] ?? 'integer', part)[0]);

/** By the number that a key begins with, part by part: the order in which nft lists what stands in a rule. */
function compareKeys(types: readonly NftValueType[]): (a: string, b: string) => number {
  return (a, b) => {
    const [left, right] = [startOf(types, a), startOf(types, b)];
    for (const [i, value] of left.entries()) {
      const other = right[i] ?? 0n;
      if (value !== other) return value < other ? -1 : 1;
    }
    return 0;
  };
}

function sortedByKey<E extends { readonly key: string }>(
  types: readonly NftValueType[],
  elements: readonly E[],
): E[] {
  const compare = compareKeys(types);
  return elements
    .map((element) => ({ ...element, key: canonical(types, element.key) }))
    .sort((a, b) => compare(a.key, b.key));
}

function normalizeMapping(key: NftExpression, map: NftMapping): NftMapping {
  if (map.map === 'named') return map;
  return { map: 'anonymous', elements: sortedByKey(typesOf(key), map.elements) };
}

function normalizeVerdicts(key: NftExpression, map: NftVerdictMapping): NftVerdictMapping {
  if (map.map === 'named') return map;
  return { map: 'anonymous', elements: sortedByKey(typesOf(key), map.elements) };
}

function normalizeExpression(
  expression: NftExpression,
  types: readonly NftValueType[],
): NftExpression {
  switch (expression.expression) {
    case 'value':
      return { ...expression, value: canonical(types, expression.value) };
    case 'map':
      return { ...expression, map: normalizeMapping(expression.key, expression.map) };
    case 'bitwise':
      return { ...expression, left: normalizeExpression(expression.left, types) };
    case 'payload':
    case 'meta':
    case 'ct':
    case 'fib':
    case 'numgen':
    case 'concat':
      return expression;
  }
}

function normalizeRight(types: readonly NftValueType[], right: NftRight): NftRight {
  switch (right.right) {
    case 'value':
      return { right: 'value', value: canonical(types, right.value) };
    case 'flags': {
      const values = right.values.map((value) => canonical(types, value));
      return { right: 'flags', values: values.sort(compareKeys(types)) };
    }
    case 'anonymous': {
      const elements = right.elements.map((element) => canonical(types, element));
      const [only] = elements;
      // A set of one is a comparison.
      if (elements.length === 1 && only !== undefined) return { right: 'value', value: only };
      return { right: 'anonymous', elements: [...new Set(elements)].sort(compareKeys(types)) };
    }
    case 'set':
      return right;
  }
}

const normalizeMatch = (match: NftMatch): NftMatch => ({
  ...match,
  right: normalizeRight(typesOf(match.left), match.right),
});

const MARK: readonly NftValueType[] = ['mark'];

function normalizeStatement(statement: NftStatement): NftStatement {
  switch (statement.statement) {
    case 'match':
      return normalizeMatch(statement);
    case 'vmap':
      return { ...statement, map: normalizeVerdicts(statement.key, statement.map) };
    case 'set-mark':
      return { ...statement, value: normalizeExpression(statement.value, MARK) };
    case 'nat':
    case 'redirect':
      return normalizePorts(statement);
    case 'verdict':
    case 'masquerade':
    case 'reject':
    case 'counter':
    case 'notrack':
    case 'log':
    case 'limit':
    case 'set-update':
      return statement;
  }
}

function normalizePorts(
  statement: Extract<NftStatement, { statement: 'nat' | 'redirect' }>,
): NftStatement {
  const port = statement.port && normalizeExpression(statement.port, ['inet_service']);
  if (statement.statement === 'redirect') return { ...statement, ...(port && { port }) };
  const { address } = statement;
  const isV6 = address?.expression === 'value' && address.value.includes(':');
  const normal = address && normalizeExpression(address, [isV6 ? 'ipv6_addr' : 'ipv4_addr']);
  return { ...statement, ...(normal && { address: normal }), ...(port && { port }) };
}

/** The protocol that a match asks for by its number: `meta l4proto tcp`, `ip protocol tcp`. */
function protocolAskedBy(statement: NftStatement | undefined): string | undefined {
  if (statement?.statement !== 'match' || statement.operator !== '==') return undefined;
  const { left, right } = statement;
  if (right.right !== 'value') return undefined;
  const isMeta = left.expression === 'meta' && left.key === 'l4proto';
  const isIp = left.expression === 'payload' && left.field === 'protocol';
  return isMeta || isIp ? right.value : undefined;
}

const isReset = (statement: NftStatement | undefined) =>
  statement?.statement === 'reject' && statement.with?.with === 'tcp-reset';

/** `meta l4proto tcp` says nothing in front of `tcp dport`, nor, in a table of one family, of a reset. */
function isSaidByNext(
  statement: NftStatement,
  next: NftStatement | undefined,
  family: NftFamily,
): boolean {
  const protocol = protocolAskedBy(statement);
  if (protocol === undefined || statement.statement !== 'match') return false;
  if (isReset(next)) return family !== 'inet' && protocol === 'tcp';
  return (
    statement.left.expression === 'meta' &&
    next?.statement === 'match' &&
    next.left.expression === 'payload' &&
    next.left.protocol === protocol
  );
}

const TCP: NftStatement = {
  statement: 'match',
  left: { expression: 'meta', key: 'l4proto' },
  operator: '==',
  right: { right: 'value', value: 'tcp' },
};

const asksForTcp = (statement: NftStatement) =>
  protocolAskedBy(statement) === 'tcp' ||
  (statement.statement === 'match' &&
    statement.left.expression === 'payload' &&
    statement.left.protocol === 'tcp');

/** In a table of both families a reset asks for TCP itself, where nothing before it has. */
const withProtocolOfReset = (statements: readonly NftStatement[], family: NftFamily) =>
  family === 'inet' && !statements.some(asksForTcp)
    ? statements.flatMap((statement) => (isReset(statement) ? [TCP, statement] : [statement]))
    : statements;

function makeNormal(rule: NftRuleBody, family: NftFamily): NftRuleBody {
  const statements = withProtocolOfReset(rule.statements.map(normalizeStatement), family);
  return {
    ...rule,
    statements: statements.filter(
      (statement, i) => !isSaidByNext(statement, statements[i + 1], family),
    ),
  };
}

/** What is said of a rule never changes, and one may stand on many nodes: then they share its statements. */
const normalized = new WeakMap<NftRuleBody, { family: NftFamily; rule: NftRuleBody }>();

/**
 * The rule as the kernel gives it back: values canonical, sets that stand in it sorted, and `meta l4proto tcp` left out in
 * front of `tcp dport`, which says so itself.
 */
export function normalizeNftRule(rule: NftRuleBody, family: NftFamily = 'ip'): NftRuleBody {
  const known = normalized.get(rule);
  if (known?.family === family) return known.rule;
  const normal = makeNormal(rule, family);
  normalized.set(rule, { family, rule: normal });
  return normal;
}
