import { typesOf } from './expression-type.ts';
import { evaluateExpression } from './evaluate-expression.ts';
import { findElement } from './elements.ts';
import type { NftMatch, NftRight } from './statement.ts';
import type { NftComparison } from './subject.ts';
import type { NftValueType } from './model.ts';
import { SYMBOLS } from './symbols.ts';
import { boundsOf, keyMatches, numberOf } from './value.ts';

/** Types of which a value is a set of bits: `ct state established,related` asks for one of them. */
const BITS: ReadonlySet<NftValueType> = new Set(['ct_state', 'ct_status', 'tcp_flag']);

/** One value as bits. */
const bitOf = (type: NftValueType, value: string): number =>
  SYMBOLS[type]?.[value] ?? Number(numberOf(type, value));

const bitsOf = (type: NftValueType, values: readonly string[]) =>
  values.reduce((bits, value) => bits | bitOf(type, value), 0);

function isAmong(
  right: Extract<NftRight, { right: 'anonymous' | 'set' }>,
  value: string,
  types: readonly NftValueType[],
  comparison: NftComparison,
): boolean {
  if (right.right === 'anonymous')
    return right.elements.some((element) => keyMatches(types, element, value));
  const set = comparison.table.sets[right.name];
  const element = set && findElement(set, value, comparison.now);
  if (!element) return false;
  comparison.lookup = {
    map: `@${right.name}`,
    key: element.key,
    element: '',
    ...(element.because && { because: element.because }),
  };
  return true;
}

function isEqual(match: NftMatch, value: string, comparison: NftComparison): boolean {
  const { left, right } = match;
  const types = typesOf(left);
  const [type = 'integer'] = types;
  if (right.right === 'anonymous' || right.right === 'set')
    return isAmong(right, value, types, comparison);
  const values = right.right === 'flags' ? right.values : [right.value];
  if (types.length > 1 || !BITS.has(type))
    return values.some((each) => keyMatches(types, each, value));
  const bits = bitOf(type, value);
  const wanted = bitsOf(type, values);
  // `tcp flags & (fin | syn) == syn` compares all that is left; without a mask any of the bits will do.
  return left.expression === 'bitwise' ? bits === wanted : (bits & wanted) !== 0;
}

/** Whether the packet is as a match says; a packet that lacks the header is not, whatever the operator. */
export function evaluateMatch(match: NftMatch, comparison: NftComparison): boolean {
  const value = evaluateExpression(match.left, comparison);
  if (value === undefined) return false;
  const { operator, right } = match;
  if (operator === '==') return isEqual(match, value, comparison);
  if (operator === '!=') return !isEqual(match, value, comparison);
  if (right.right !== 'value') return false;
  const [type = 'integer'] = typesOf(match.left);
  const number = numberOf(type, value);
  const [limit] = boundsOf(type, right.value);
  switch (operator) {
    case '<':
      return number < limit;
    case '<=':
      return number <= limit;
    case '>':
      return number > limit;
    case '>=':
      return number >= limit;
  }
}
