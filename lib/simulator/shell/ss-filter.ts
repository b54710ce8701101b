import { cidrContains } from '../base/cidr.ts';
import { ipVersion } from '../base/ip.ts';
import type { Socket } from '../linux/network.ts';
import { compareNumbers, type Comparison } from '../workloads/client/compare-numbers.ts';
import { portOfName } from '../workloads/client/port-names.ts';

/** An expression of ss(8) behind the states. */
export type SsFilter =
  | { readonly type: 'all' }
  | { readonly type: 'and' | 'or'; readonly left: SsFilter; readonly right: SsFilter }
  | { readonly type: 'not'; readonly inner: SsFilter }
  | {
      readonly type: 'port';
      readonly side: 'local' | 'peer';
      readonly operator: Comparison;
      readonly port: number;
    }
  | {
      readonly type: 'address';
      readonly side: 'local' | 'peer';
      readonly prefix?: string;
      readonly port?: number;
    };

const OPERATORS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  eq: '=',
  '!=': '!=',
  ne: '!=',
  neq: '!=',
  '<': '<',
  lt: '<',
  '<=': '<=',
  le: '<=',
  '>': '>',
  gt: '>',
  '>=': '>=',
  ge: '>=',
};

const SIDES: Readonly<Record<string, 'local' | 'peer'>> = {
  sport: 'local',
  dport: 'peer',
  src: 'local',
  dst: 'peer',
};

/** Cuts `sport=:80`, `(dst`, `10.0.0.1)` into words and signs. */
const tokensOf = (words: readonly string[]) =>
  words.join(' ').match(/[()]|[!<>=]=?|&&?|\|\|?|[^\s()!<>=&|]+/g) ?? [];

const MAX_DEPTH = 50;

class SsFilterParser {
  private position = 0;
  private depth = 0;
  failed = false;

  constructor(private readonly tokens: readonly string[]) {}

  parse(): SsFilter {
    if (this.tokens.length === 0) return { type: 'all' };
    const filter = this.either();
    if (this.position < this.tokens.length) this.failed = true;
    return filter;
  }

  private take(...words: readonly string[]): boolean {
    if (!words.includes(this.tokens[this.position] ?? '')) return false;
    this.position += 1;
    return true;
  }

  private either(): SsFilter {
    if (++this.depth > MAX_DEPTH) return this.fail();
    let left = this.both();
    while (this.take('or', '|', '||')) left = { type: 'or', left, right: this.both() };
    this.depth -= 1;
    return left;
  }

  /** Two conditions side by side both count. */
  private both(): SsFilter {
    let left = this.one();
    for (;;) {
      const next = this.tokens[this.position];
      if (this.failed || next === undefined || [')', 'or', '|', '||'].includes(next)) return left;
      this.take('and', '&', '&&');
      left = { type: 'and', left, right: this.one() };
    }
  }

  private one(): SsFilter {
    if (this.take('not', '!')) {
      if (++this.depth > MAX_DEPTH) return this.fail();
      return { type: 'not', inner: this.one() };
    }
    if (this.take('(')) {
      const inner = this.either();
      return this.take(')') ? inner : this.fail();
    }
    const word = this.tokens[this.position++] ?? '';
    const side = SIDES[word];
    if (side === undefined) return this.fail();
    const operator = OPERATORS[this.tokens[this.position] ?? ''];
    if (operator) this.position += 1;
    const value = this.tokens[this.position++];
    if (value === undefined) return this.fail();
    return word === 'sport' || word === 'dport'
      ? this.port(side, operator ?? '=', value)
      : this.address(side, operator ?? '=', value);
  }

  private port(side: 'local' | 'peer', operator: Comparison, value: string): SsFilter {
    const port = portNumber(value.replace(/^.*:/, ''));
    return port === undefined ? this.fail() : { type: 'port', side, operator, port };
  }

  private address(side: 'local' | 'peer', operator: Comparison, value: string): SsFilter {
    const match = /^\[?([0-9a-f:.]*?)\]?(\/\d+)?(?::([\w-]+|\*))?$/i.exec(value);
    const isBare = ipVersion(value) !== undefined;
    const host = isBare ? value : (match?.[1] ?? '');
    const port = isBare || match?.[3] === undefined ? undefined : portNumber(match[3]);
    if (host !== '' && ipVersion(host) === undefined) return this.fail();
    const length = match?.[2] ?? (ipVersion(host) === 6 ? '/128' : '/32');
    const filter: SsFilter = {
      type: 'address',
      side,
      ...(host !== '' && { prefix: `${host}${length}` }),
      ...(port !== undefined && { port }),
    };
    return operator === '!=' ? { type: 'not', inner: filter } : filter;
  }

  private fail(): SsFilter {
    this.failed = true;
    this.position = this.tokens.length;
    return { type: 'all' };
  }
}

const portNumber = (text: string) => (/^\d+$/.test(text) ? Number(text) : portOfName(text));

/** Undefined when it does not parse. */
export function parseSsFilter(words: readonly string[]): SsFilter | undefined {
  const parser = new SsFilterParser(tokensOf(words));
  const filter = parser.parse();
  return parser.failed ? undefined : filter;
}

/** Whether a socket passes. */
export function passesSsFilter(socket: Socket, filter: SsFilter): boolean {
  switch (filter.type) {
    case 'all':
      return true;
    case 'and':
      return passesSsFilter(socket, filter.left) && passesSsFilter(socket, filter.right);
    case 'or':
      return passesSsFilter(socket, filter.left) || passesSsFilter(socket, filter.right);
    case 'not':
      return !passesSsFilter(socket, filter.inner);
    case 'port': {
      const port = (filter.side === 'local' ? socket.local : socket.peer)?.port ?? 0;
      return compareNumbers(filter.operator, port, filter.port);
    }
    case 'address': {
      const end = filter.side === 'local' ? socket.local : socket.peer;
      if (filter.port !== undefined && end?.port !== filter.port) return false;
      return filter.prefix === undefined || cidrContains(filter.prefix, end?.address ?? '0.0.0.0');
    }
  }
}
