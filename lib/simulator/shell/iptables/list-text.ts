import { parseCidr } from '../../base/cidr.ts';
import { ICMP_TYPE_NUMBERS } from '../../linux/netfilter/match/icmp.ts';
import { tcpFlagNames } from '../../linux/netfilter/match/transport.ts';
import { xmarkOf } from '../../linux/netfilter/normalize-rule.ts';
import { serviceName } from '../../linux/netfilter/service-names.ts';
import { portsText } from '../../linux/netfilter/print/rule-text.ts';
import type {
  Chain,
  Count,
  Match,
  NetfilterTable,
  PortRange,
  Rule,
  Ruleset,
  Target,
  TransportMatch,
} from '../../linux/netfilter/rule.ts';
import { moreMatchText, moreTargetText } from './more-list-text.ts';
import { BUILT_IN_CHAINS, ensureTable } from '../../linux/netfilter/ruleset.ts';

export interface ListOptions {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly lineNumbers: boolean;
  /** `-x`: counters as they are, not in thousands. */
  readonly exact: boolean;
  /** 6 for ip6tables. */
  readonly family?: 4 | 6;
  /** The one rule that is listed (1-based), without heads. */
  readonly rule?: number;
}

const PROTOCOL_NUMBERS: Readonly<Record<string, string>> = {
  icmp: '1',
  'ipv6-icmp': '58',
  tcp: '6',
  udp: '17',
  sctp: '132',
};

const portText = (port: number, { numeric }: ListOptions) =>
  numeric ? String(port) : (serviceName(port) ?? String(port));

function rangeText([first, last]: PortRange, options: ListOptions): string {
  return first === last
    ? portText(first, options)
    : `${portText(first, options)}:${portText(last, options)}`;
}

/** `dpt:80`, `dpts:1024:65535`, `dpt:!80` (extensions/libxt_tcp.c `print_ports`). */
function transportPorts(
  name: string,
  range: PortRange | undefined,
  not: boolean,
  options: ListOptions,
): string[] {
  if (!range) return [];
  const plural = range[0] === range[1] ? '' : 's';
  return [`${name}${plural}:${not ? '!' : ''}${rangeText(range, options)}`];
}

const SYN = { yes: 'FIN,SYN,RST,ACK/SYN', numeric: '0x17/0x02' } as const;

function flagsText(
  { mask, set, not }: NonNullable<TransportMatch['flags']>,
  { numeric }: ListOptions,
): string {
  const bits = (value: number) =>
    numeric ? `0x${value.toString(16).toUpperCase().padStart(2, '0')}` : tcpFlagNames(value);
  return `flags:${not ? '!' : ''}${bits(mask)}/${bits(set)}`;
}

function recentText(match: Extract<Match, { match: 'recent' }>): string {
  const verb = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' }[match.operation];
  return [
    ...(match.not ? ['!'] : []),
    `recent: ${verb}`,
    ...(match.seconds === undefined ? [] : [`seconds: ${match.seconds}`]),
    ...(match.reap ? ['reap'] : []),
    `name: ${match.list} side: source mask: ${match.mask ?? '255.255.255.255'}`,
  ].join(' ');
}

const ICMP_NAMES = { 'destination-unreachable': 'destination-unreachable' } as Readonly<
  Record<string, string>
>;

function icmpText(match: Extract<Match, { match: 'icmp' }>, { numeric }: ListOptions): string {
  const not = match.not ? '!' : '';
  if (!numeric) return `icmp ${not}${ICMP_NAMES[match.type] ?? match.type}`;
  const [type, code] = ICMP_TYPE_NUMBERS[match.type].split('/');
  return `${not}icmptype ${type}${code === undefined ? '' : ` code ${code}`}`;
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** What stands behind the addresses for one match; empty for what has a column of its own. */
// eslint-disable-next-line complexity -- one line a kind of match.
function matchText(match: Match, options: ListOptions): string {
  switch (match.match) {
    case 'source':
    case 'destination':
    case 'in-interface':
    case 'out-interface':
    case 'protocol':
      return '';
    case 'comment':
      return `/* ${match.text} */`;
    case 'transport':
      return [
        match.module,
        ...transportPorts('spt', match.source, match.notSource ?? false, options),
        ...transportPorts('dpt', match.destination, match.notDestination ?? false, options),
        ...(match.syn === undefined
          ? []
          : [`flags:${match.syn === 'not' ? '!' : ''}${options.numeric ? SYN.numeric : SYN.yes}`]),
        ...(match.flags ? [flagsText(match.flags, options)] : []),
      ].join(' ');
    case 'multiport': {
      const side = { source: 'sports', destination: 'dports', either: 'ports' }[match.side];
      const ports = match.ports.map((range) => rangeText(range, options)).join(',');
      return `multiport ${side} ${match.not ? ' !' : ''}${ports}`;
    }
    case 'icmp':
      return icmpText(match, options);
    case 'address-type':
      return `ADDRTYPE match ${match.side}-type ${match.not ? '!' : ''}${match.type}`;
    case 'mark': {
      const mask = match.mask === 0xffff_ffff ? '' : `/${hex(match.mask)}`;
      return `mark match ${match.not ? '! ' : ''}${hex(match.value)}${mask}`;
    }
    case 'conntrack-state':
      return `${match.not ? '! ' : ''}${match.module ?? 'ctstate'} ${match.states.join(',')}`;
    case 'statistic':
      return `statistic mode random ${match.not ? '! ' : ''}probability ${match.probability.toFixed(11)}`;
    case 'recent':
      return recentText(match);
    case 'nth':
    case 'limit':
    case 'owner':
    case 'length':
    case 'mac':
    case 'ip-range':
    case 'connmark':
    case 'physdev':
    case 'set':
    case 'icmp6':
      return moreMatchText(match, options);
  }
}

/** What MARK did, as libxt_MARK words a value and a mask. */
function markText(value: number, mask: number): string {
  if (value === 0) return `MARK and ${hex(~mask >>> 0)}`;
  if (value === mask) return `MARK or ${hex(value)}`;
  if (mask === 0) return `MARK xor ${hex(value)}`;
  return mask === 0xffff_ffff ? `MARK set ${hex(value)}` : `MARK xset ${hex(value)}/${hex(mask)}`;
}

function targetName(target: Target): string {
  switch (target.target) {
    case 'JUMP':
      return target.chain;
    case 'NONE':
      return '';
    case 'NOTRACK':
      return 'CT';
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'REJECT':
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'MARK':
    case 'LOG':
    case 'NFLOG':
    case 'CONNMARK':
    case 'SET':
      return target.target;
  }
}

function targetText(target: Target, options: ListOptions): string {
  switch (target.target) {
    case 'REJECT':
      return `reject-with ${target.with ?? 'icmp-port-unreachable'}`;
    case 'DNAT':
    case 'SNAT':
      return `to:${target.to}${'randomFully' in target ? ' random-fully' : ''}`;
    case 'MASQUERADE':
      return [
        target.ports && `masq ports: ${portsText(target.ports)}`,
        target.random && 'random',
        target.randomFully && 'random-fully',
      ]
        .filter(Boolean)
        .join(' ');
    case 'REDIRECT':
      return [
        target.port !== undefined &&
          `redir ports ${portsText([target.port, target.lastPort ?? target.port])}`,
        target.random && 'random',
      ]
        .filter(Boolean)
        .join(' ');
    case 'MARK': {
      const { value, mask } = xmarkOf(target);
      return markText(value, mask);
    }
    case 'NOTRACK':
      return target.writtenAs === 'CT' ? 'CT notrack' : 'NOTRACK';
    case 'LOG':
    case 'NFLOG':
    case 'CONNMARK':
    case 'SET':
      return moreTargetText(target, options);
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
    case 'JUMP':
    case 'NONE':
      return '';
  }
}

type HeaderMatch = Extract<Match, { match: 'source' | 'destination' }>;

function addressCell(
  rule: Rule,
  side: HeaderMatch['match'],
  { numeric, family }: ListOptions,
): string {
  const match = rule.matches.find((one): one is HeaderMatch => one.match === side);
  if (!match) return numeric ? (family === 6 ? ' ::/0' : ' 0.0.0.0/0') : ' anywhere';
  const isHost = parseCidr(match.cidr)?.prefix === (family === 6 ? 128 : 32);
  const text = isHost ? match.cidr.replace(/\/(32|128)$/, '') : match.cidr;
  return `${match.not ? '!' : ' '}${text}`;
}

function deviceCell(rule: Rule, side: 'in-interface' | 'out-interface'): string {
  const match = rule.matches.find((one) => one.match === side);
  return match && 'name' in match ? `${match.not ? '!' : ''}${match.name}` : '*';
}

function protocolCell(rule: Rule, { numeric }: ListOptions): string {
  const match = rule.matches.find((one) => one.match === 'protocol');
  const name = match && 'protocol' in match ? match.protocol : 'all';
  const text = numeric ? (name === 'all' ? '0' : (PROTOCOL_NUMBERS[name] ?? name)) : name;
  return `${match?.not ? '!' : ' '}${text.padEnd(4)}`;
}

const UNITS = ['K', 'M', 'G', 'T'] as const;

/** A counter as xtables_print_num writes it: five digits, then thousands (rounded). */
function countText(count: number, width: number, { exact }: ListOptions): string {
  if (exact || count <= 99_999) return String(count).padStart(width);
  let rest = count;
  for (const unit of UNITS) {
    rest = Math.floor((rest + 500) / 1000);
    if (rest <= 9999 || unit === 'T') return `${rest}${unit}`.padStart(width);
  }
  return String(count);
}

function countCells(count: Count | undefined, options: ListOptions): string {
  const width = options.exact ? 8 : 5;
  return `${countText(count?.packets ?? 0, width, options)} ${countText(count?.bytes ?? 0, width, options)} `;
}

/** One rule (iptables/nft-shared.c `print_rule_details`). */
function ruleLine(
  rule: Rule,
  number: number,
  count: Count | undefined,
  options: ListOptions,
): string {
  const extras = [
    ...rule.matches.map((match) => matchText(match, options)),
    targetText(rule.target, options),
  ]
    .filter((text) => text !== '')
    .join(' ');
  const devices = options.verbose
    ? ` ${deviceCell(rule, 'in-interface').padEnd(6)} ${deviceCell(rule, 'out-interface').padEnd(6)}`
    : '';
  return [
    options.lineNumbers ? String(number).padEnd(5) : '',
    options.verbose ? countCells(count, options) : '',
    targetName(rule.target).padEnd(9),
    ` ${protocolCell(rule, options)}`,
    ' --',
    options.verbose ? ` ${devices}` : '',
    ` ${addressCell(rule, 'source', options).padEnd(20)}`,
    ` ${addressCell(rule, 'destination', options).padEnd(21)}`,
    rule.target.target === 'JUMP' && rule.target.isGoto
      ? `[goto] ${extras}`
      : extras === ''
        ? ''
        : ` ${extras}`,
  ].join('');
}

function headerLines(
  name: string,
  chain: Chain,
  references: number,
  options: ListOptions,
): string[] {
  const { packets, bytes } = chain.policyCount ?? { packets: 0, bytes: 0 };
  const counters = options.verbose
    ? ` ${countText(packets, 0, options)} packets, ${countText(bytes, 0, options)} bytes`
    : '';
  const about =
    chain.policy === '-' ? `${references} references` : `policy ${chain.policy}${counters}`;
  const columns = options.verbose
    ? `${options.exact ? '    pkts      bytes' : ' pkts bytes'} target     prot opt in     out     source               destination         `
    : 'target     prot opt source               destination         ';
  return [`Chain ${name} (${about})`, `${options.lineNumbers ? 'num  ' : ''}${columns}`];
}

/** Chains in the order in which iptables lists them: the built-in ones, then by name. */
export function chainNames(ruleset: Ruleset, table: NetfilterTable): readonly string[] {
  const builtIn: readonly string[] = BUILT_IN_CHAINS[table];
  const own = Object.keys(ruleset.tables[table]?.chains ?? {});
  return [...builtIn, ...own.filter((name) => !builtIn.includes(name)).sort()];
}

/** `iptables -L` of one chain, or of all with an empty line between two. */
export function listChains(
  ruleset: Ruleset,
  table: NetfilterTable,
  only: string | undefined,
  options: ListOptions,
): string {
  const chains = (ruleset.tables[table] ?? ensureTable({ tables: {} }, table)).chains;
  const references = (name: string) =>
    Object.values(chains).reduce(
      (count, { rules }) =>
        count +
        rules.filter(({ target }) => target.target === 'JUMP' && target.chain === name).length,
      0,
    );
  const names = only === undefined ? chainNames(ruleset, table) : [only];
  return names
    .map((name) => {
      const chain: Chain = chains[name] ?? { policy: 'ACCEPT', rules: [] };
      const lines = chain.rules.map((rule, i) => ruleLine(rule, i + 1, chain.state?.[i], options));
      if (options.rule !== undefined) return lines.slice(options.rule - 1, options.rule).join('\n');
      return [...headerLines(name, chain, references(name), options), ...lines]
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('\n');
}
