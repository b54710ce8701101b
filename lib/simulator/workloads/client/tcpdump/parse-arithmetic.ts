import type { Arithmetic, ArithmeticOperator } from './filter.ts';
import type { FilterTokens } from './filter-tokens.ts';
import type { ByteProtocol } from './header-bytes.ts';

/** Names that pcap-filter(7) gives to offsets and values. */
export const NAMED_NUMBERS: Readonly<Record<string, number>> = {
  tcpflags: 13,
  'tcp-fin': 1,
  'tcp-syn': 2,
  'tcp-rst': 4,
  'tcp-push': 8,
  'tcp-ack': 16,
  'tcp-urg': 32,
  icmptype: 0,
  icmpcode: 1,
  'icmp-echoreply': 0,
  'icmp-unreach': 3,
  'icmp-echo': 8,
  'icmp-timxceed': 11,
  icmp6type: 0,
  icmp6code: 1,
  'icmp6-destinationrunreach': 1,
  'icmp6-packettoobig': 2,
  'icmp6-timeexceeded': 3,
  'icmp6-echo': 128,
  'icmp6-echoreply': 129,
  'icmp6-neighborsolicit': 135,
  'icmp6-neighboradvert': 136,
};

const BYTE_PROTOCOLS: readonly string[] = [
  'ether',
  'ip',
  'ip6',
  'arp',
  'tcp',
  'udp',
  'icmp',
  'icmp6',
];

/** From what binds least to what binds most. */
const LEVELS: readonly (readonly ArithmeticOperator[])[] = [
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const MAX_DEPTH = 50;

/** Parses an arithmetic expression at the tokens' position; undefined when there is none. */
export function parseArithmetic(
  tokens: FilterTokens,
  level = 0,
  depth = 0,
): Arithmetic | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const operators = LEVELS[level];
  if (!operators) return operand(tokens, depth);
  let left = parseArithmetic(tokens, level + 1, depth);
  for (;;) {
    const operator = operators.find((sign) => sign === tokens.peek());
    if (!left || !operator) return left;
    tokens.position += 1;
    const right = parseArithmetic(tokens, level + 1, depth);
    if (!right) return undefined;
    left = { type: 'operation', operator, left, right };
  }
}

function operand(tokens: FilterTokens, depth: number): Arithmetic | undefined {
  if (tokens.take('(')) {
    const inner = parseArithmetic(tokens, 0, depth + 1);
    return inner && tokens.take(')') ? inner : undefined;
  }
  const word = tokens.peek() ?? '';
  if (word === 'len') {
    tokens.position += 1;
    return { type: 'length' };
  }
  const value =
    NAMED_NUMBERS[word] ?? (/^(0x[0-9a-f]+|\d+)$/i.test(word) ? Number(word) : undefined);
  if (value !== undefined) {
    tokens.position += 1;
    return { type: 'number', value };
  }
  return BYTE_PROTOCOLS.includes(word) ? bytes(tokens, word as ByteProtocol, depth) : undefined;
}

/** `tcp[13]`, `ip[2:2]`. */
function bytes(
  tokens: FilterTokens,
  protocol: ByteProtocol,
  depth: number,
): Arithmetic | undefined {
  tokens.position += 1;
  if (!tokens.take('[')) return undefined;
  // A colon belongs to a word, so that addresses stay whole: `2:2` comes as one.
  const pair = /^(\d+):([124])$/.exec(tokens.peek() ?? '');
  if (pair) {
    tokens.position += 1;
    const offset: Arithmetic = { type: 'number', value: Number(pair[1]) };
    const size = Number(pair[2]) as 1 | 2 | 4;
    return tokens.take(']') ? { type: 'bytes', protocol, offset, size } : undefined;
  }
  const offset = parseArithmetic(tokens, 0, depth + 1);
  return offset && tokens.take(']') ? { type: 'bytes', protocol, offset, size: 1 } : undefined;
}
