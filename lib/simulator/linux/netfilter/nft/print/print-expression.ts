import type { NftBitwise, NftCt, NftExpression, NftMapping, NftNumgen } from '../expression.ts';
import { typesOf } from '../expression-type.ts';
import type { NftValueType } from '../model.ts';
import { JOINT } from '../value.ts';
import { printKey } from './print-value.ts';
import { formatMark, type NftStyle } from './style.ts';

/** Keys of `meta` that are written without the word. */
const UNQUALIFIED = new Set(['iif', 'oif', 'iifname', 'oifname']);

const SIGNS = { and: '&', or: '|', xor: '^' } as const;

function printMeta(key: string, style: NftStyle): string {
  if (UNQUALIFIED.has(key)) return key;
  // kube-proxy writes the old short form of the mark.
  return style === 'script' && key === 'mark' ? 'mark' : `meta ${key}`;
}

const printCt = ({ key, direction }: NftCt) =>
  direction === undefined ? `ct ${key}` : `ct ${direction} ${key}`;

const printNumgen = ({ mode, mod, offset }: NftNumgen) =>
  `numgen ${mode} mod ${mod}${offset === undefined ? '' : ` offset ${offset}`}`;

function printBitwise({ operation, left, right }: NftBitwise, style: NftStyle): string {
  const [type = 'integer'] = typesOf(left);
  const operand = type === 'mark' ? formatMark(right, style) : `0x${right.toString(16)}`;
  const inner = printExpression(left, style);
  // In a script the order of operations is not left to the reader.
  const isNested = style === 'script' && left.expression === 'bitwise';
  return `${isNested ? `(${inner})` : inner} ${style === 'script' ? operation : SIGNS[operation]} ${operand}`;
}

function printMapping(key: NftExpression, map: NftMapping, style: NftStyle): string {
  if (map.map === 'named') return `@${map.name}`;
  const types = typesOf(key);
  const elements = map.elements.map(
    (element) => `${printKey(types, element.key, style)} : ${element.data}`,
  );
  return `{ ${elements.join(', ')} }`;
}

/** An expression as nft writes it. `types`: what a constant is, by the other side. */
export function printExpression(
  expression: NftExpression,
  style: NftStyle,
  types: readonly NftValueType[] = ['integer'],
): string {
  switch (expression.expression) {
    case 'payload':
      return `${expression.protocol} ${expression.field}`;
    case 'meta':
      return printMeta(expression.key, style);
    case 'ct':
      return printCt(expression);
    case 'fib':
      return `fib ${expression.keys.join(JOINT)} ${expression.result}`;
    case 'numgen':
      return printNumgen(expression);
    case 'concat':
      return expression.parts.map((part) => printExpression(part, style)).join(JOINT);
    case 'bitwise':
      return printBitwise(expression, style);
    case 'value':
      return printKey(types, expression.value, style);
    case 'map':
      return `${printExpression(expression.key, style)} map ${printMapping(expression.key, expression.map, style)}`;
  }
}
