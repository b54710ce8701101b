import { networkOf } from '../../../base/cidr.ts';
import { ipVersion } from '../../../base/ip.ts';
import { portOfName } from '../port-names.ts';
import type { Comparison } from '../compare-numbers.ts';
import type { Filter, FilterProtocol, Side } from './filter.ts';
import { parseArithmetic } from './parse-arithmetic.ts';
import { FilterTokens } from './filter-tokens.ts';

export type FilterResult =
  { readonly ok: true; readonly filter: Filter } | { readonly ok: false; readonly message: string };

/** Addresses of a name, from /etc/hosts or DNS; undefined when nobody knows it. */
export type LookUpName = (name: string) => string | undefined;

type Kind = 'host' | 'net' | 'port' | 'portrange' | 'proto';

/** What stands before an identifier; a bare identifier after and/or takes over the last ones. */
interface Qualifiers {
  readonly protocol?: FilterProtocol | 'ether';
  readonly side: Side;
  readonly kind?: Kind;
}

const PROTOCOLS: readonly string[] = ['ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'sctp'];
const KINDS: readonly string[] = ['host', 'net', 'port', 'portrange', 'proto'];
const SYNTAX = "can't parse filter expression: syntax error";
const MAC = /^([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}$/i;
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
/** Deeper than anybody types; a hostile line must not exhaust the stack. */
const MAX_DEPTH = 50;

class FilterParser {
  private readonly tokens: FilterTokens;
  private last: Qualifiers = { side: 'either' };
  private depth = 0;
  private syntaxFailure: string | undefined;
  /** libpcap looks names up as it reads; a syntax error further on is what it tells. */
  private nameFailure: string | undefined;

  constructor(
    text: string,
    private readonly lookUp: LookUpName,
  ) {
    this.tokens = new FilterTokens(text);
  }

  get failure(): string | undefined {
    return this.syntaxFailure ?? this.nameFailure;
  }

  parse(): Filter {
    if (this.tokens.isAtEnd()) return { type: 'all' };
    const filter = this.expression();
    if (!this.tokens.isAtEnd()) this.fail(SYNTAX);
    return filter;
  }

  private fail(message: string): Filter {
    this.syntaxFailure ??= message;
    this.tokens.skipAll();
    return { type: 'all' };
  }

  /** `and` and `or` have the same precedence and lean left (pcap-filter(7)). */
  private expression(): Filter {
    if (++this.depth > MAX_DEPTH) return this.fail(SYNTAX);
    let left = this.term();
    for (;;) {
      const type = this.tokens.takeConnective();
      if (!type) break;
      left = { type, left, right: this.term() };
    }
    this.depth -= 1;
    return left;
  }

  private term(): Filter {
    if (this.tokens.take('not') || this.tokens.take('!')) {
      if (++this.depth > MAX_DEPTH) return this.fail(SYNTAX);
      const inner = this.term();
      this.depth -= 1;
      return { type: 'not', inner };
    }
    const start = this.tokens.position;
    const comparison = this.comparison();
    if (comparison) return comparison;
    this.tokens.position = start;
    if (this.tokens.take('(')) {
      const inner = this.expression();
      return this.tokens.take(')') ? inner : this.fail(SYNTAX);
    }
    return this.primitive();
  }

  /** `tcp[tcpflags] & tcp-syn != 0`; undefined when this is something else. */
  private comparison(): Filter | undefined {
    const left = parseArithmetic(this.tokens);
    if (!left) return undefined;
    const comparison = COMPARISONS[this.tokens.peek() ?? ''];
    if (!comparison) return undefined;
    this.tokens.position += 1;
    const right = parseArithmetic(this.tokens);
    return right ? { type: 'comparison', comparison, left, right } : undefined;
  }

  private primitive(): Filter {
    const word = this.tokens.peek();
    if (word === undefined) return this.fail(SYNTAX);
    if (word === 'less' || word === 'greater') return this.byLength(word);
    const protocol = this.protocol();
    const side = this.side();
    const kind = this.kind();
    const isBare = protocol === undefined && side === undefined && kind === undefined;
    const isProtocolOnly = protocol !== undefined && side === undefined && kind === undefined;
    const next = this.tokens.peek();
    if (next === 'broadcast' || next === 'multicast') {
      this.tokens.position += 1;
      return { type: 'group', cast: next };
    }
    if (isProtocolOnly && (next === undefined || this.tokens.isConnective() || next === ')')) {
      return protocol === 'ether'
        ? this.fail('link layer applied in wrong context')
        : { type: 'protocol', protocol };
    }
    if (!isBare)
      this.last = { side: side ?? 'either', ...(protocol && { protocol }), ...(kind && { kind }) };
    const id = this.tokens.takeWord();
    return id === undefined ? this.fail(SYNTAX) : this.identified(id, this.last);
  }

  private byLength(word: 'less' | 'greater'): Filter {
    this.tokens.position += 1;
    const bytes = Number(this.tokens.takeWord());
    if (!Number.isInteger(bytes)) return this.fail(SYNTAX);
    return { type: 'length', comparison: word === 'less' ? '<=' : '>=', bytes };
  }

  private protocol(): Qualifiers['protocol'] {
    const word = this.tokens.peek() ?? '';
    if (word !== 'ether' && !PROTOCOLS.includes(word)) return undefined;
    this.tokens.position += 1;
    return word as FilterProtocol | 'ether';
  }

  private side(): Side | undefined {
    const first = this.tokens.peek();
    if (first !== 'src' && first !== 'dst') return undefined;
    this.tokens.position += 1;
    const start = this.tokens.position;
    const joint = this.tokens.takeConnective();
    const second = this.tokens.peek();
    if (joint && (second === 'src' || second === 'dst') && second !== first) {
      this.tokens.position += 1;
      return joint === 'and' ? 'both' : 'either';
    }
    this.tokens.position = start;
    return first;
  }

  private kind(): Kind | undefined {
    const word = this.tokens.peek() ?? '';
    if (!KINDS.includes(word)) return undefined;
    this.tokens.position += 1;
    return word as Kind;
  }

  private identified(id: string, { protocol, side, kind = 'host' }: Qualifiers): Filter {
    switch (kind) {
      case 'port':
      case 'portrange':
        return this.ports(id, kind, side, protocol);
      case 'proto':
        return this.byProtocolName(id);
      case 'net':
        return this.network(id, side, protocol);
      case 'host':
        return this.host(id, side, protocol);
    }
  }

  private byProtocolName(id: string): Filter {
    const name =
      { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmp6' }[id] ?? id.replace(/^\\/, '');
    return PROTOCOLS.includes(name)
      ? { type: 'protocol', protocol: name as FilterProtocol }
      : this.fail(`unknown ip proto '${id}'`);
  }

  private ports(
    id: string,
    kind: 'port' | 'portrange',
    side: Side,
    protocol: Qualifiers['protocol'],
  ): Filter {
    const bounds = kind === 'portrange' && id.includes('-') ? id.split('-') : [id, id];
    const numbers = bounds.map((text) => (/^\d+$/.test(text) ? Number(text) : portOfName(text)));
    const [first, last] = numbers;
    const tooBig = numbers.find((port) => (port ?? 0) > 65_535);
    if (tooBig !== undefined) return this.fail(`illegal port number ${tooBig} > 65535`);
    if (first === undefined || last === undefined) return this.fail(`unknown ${kind} '${id}'`);
    return {
      type: 'ports',
      side,
      first: Math.min(first, last),
      last: Math.max(first, last),
      ...within(protocol),
    };
  }

  private network(id: string, side: Side, protocol: Qualifiers['protocol']): Filter {
    const mask = this.tokens.take('mask') ? this.tokens.takeWord() : undefined;
    const prefix = mask === undefined ? prefixOfNet(id) : `${id}/${maskLength(mask)}`;
    const canonical = networkOf(prefix);
    if (canonical === undefined) return this.fail(SYNTAX);
    if (canonical !== networkOf(prefix) || canonical.split('/')[0] !== prefix.split('/')[0]) {
      return this.fail(`non-network bits set in "${id}"`);
    }
    return { type: 'network', side, prefix: canonical, ...within(protocol) };
  }

  private host(id: string, side: Side, protocol: Qualifiers['protocol']): Filter {
    if (protocol === 'ether' || MAC.test(id)) {
      return MAC.test(id)
        ? { type: 'mac', side, mac: canonicalMac(id) }
        : this.fail(`unknown ether host '${id}'`);
    }
    if (id.includes('/')) return this.network(id, side, protocol);
    if (/^\d+(\.\d+){3}$/.test(id) && ipVersion(id) === undefined) {
      return this.fail(`invalid IPv4 address '${id}'`);
    }
    if (/^\d+(\.\d+){0,2}$/.test(id)) return this.network(id, side, protocol);
    const address = ipVersion(id) === undefined ? this.lookUp(id) : id;
    if (address === undefined) {
      this.nameFailure ??= `unknown host '${id}'`;
      return { type: 'all' };
    }
    const prefix = networkOf(`${address}/${ipVersion(address) === 6 ? 128 : 32}`) ?? address;
    return { type: 'network', side, prefix, ...within(protocol) };
  }
}

const canonicalMac = (text: string) =>
  text
    .toLowerCase()
    .split(':')
    .map((part) => part.padStart(2, '0'))
    .join(':');

const within = (protocol: Qualifiers['protocol']) =>
  protocol === undefined || protocol === 'ether' ? {} : { within: protocol };

const maskLength = (mask: string) =>
  mask
    .split('.')
    .map((octet) => Number(octet).toString(2).replaceAll('0', '').length)
    .reduce((sum, bits) => sum + bits, 0);

/** `10.244` means 10.244.0.0/16: as many octets as are written. */
function prefixOfNet(id: string): string {
  if (id.includes('/') || id.includes(':')) return id;
  const octets = id.split('.');
  const missing = Array.from({ length: Math.max(0, 4 - octets.length) }, () => '0');
  return `${[...octets, ...missing].join('.')}/${octets.length * 8}`;
}

/** Parses a filter of pcap-filter(7). Messages are libpcap 1.10's. `lookUp` finds hosts by name. */
export function parseFilter(text: string, lookUp: LookUpName): FilterResult {
  const parser = new FilterParser(text, lookUp);
  const filter = parser.parse();
  return parser.failure === undefined
    ? { ok: true, filter }
    : { ok: false, message: parser.failure };
}
