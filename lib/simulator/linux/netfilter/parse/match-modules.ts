import { ICMP_TYPE_NUMBERS } from '../match/icmp.ts';
import { TCP_FLAG_BITS } from '../match/transport.ts';
import type {
  ConntrackCondition,
  IcmpTypeName,
  Match,
  PortRange,
  RecentMatch,
  TransportMatch,
} from '../rule.ts';
import { SERVICES } from '../service-names.ts';
import { parseMark, type ModuleParser } from './module-parser.ts';
import { createMoreModules, finishNth } from './more-modules.ts';
import { accept, refuse, type Parsed } from './problem.ts';

const negated = (not: boolean) => (not ? { not: true as const } : {});

export function parsePort(text: string): number | undefined {
  const named = SERVICES[text];
  if (named !== undefined) return named;
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
}

/** `80`, `1024:65535`, `:1023`, `1024:`. */
function parsePortRange(text: string): Parsed<PortRange> {
  const [from = '', to] = text.split(':');
  const first = from === '' && to !== undefined ? 0 : parsePort(from);
  const last = to === undefined ? first : to === '' ? 65_535 : parsePort(to);
  if (first === undefined || last === undefined)
    return refuse(`invalid port/service \`${first === undefined ? from : (to ?? '')}' specified`);
  if (first > last) return refuse(`invalid portrange (min > max)`);
  return accept([first, last]);
}

const missing = (module: string, option: string) =>
  refuse(`${module}: option "${option}" must be specified\n`);

function commentModule(): ModuleParser {
  let text: string | undefined;
  return {
    options: { '--comment': 'value' },
    take({ value }) {
      if (value.length > 255)
        return refuse(`comment: option "--comment" cannot be longer than 255 characters`);
      text = value;
      return undefined;
    },
    finish: () =>
      text === undefined ? missing('comment', '--comment') : accept({ match: 'comment', text }),
  };
}

const SYN = 2;
const SYN_MASK = 0x17;

/** `SYN,ACK SYN`: which flags are looked at, and which of them must be set. A text is the tool's complaint. */
function parseTcpFlags(text: string): { mask: number; set: number } | string {
  const [mask = '', set = ''] = text.split(' ');
  const bits: number[] = [];
  for (const list of [mask, set]) {
    let sum = 0;
    for (const name of list.split(',')) {
      const bit = name === 'ALL' ? 0x3f : name === 'NONE' ? 0 : TCP_FLAG_BITS[name];
      if (bit === undefined) return `Unknown TCP flag \`${name}'`;
      sum |= bit;
    }
    bits.push(sum);
  }
  return { mask: bits[0] ?? 0, set: bits[1] ?? 0 };
}

function transportModule(module: TransportMatch['module']): ModuleParser {
  let match: TransportMatch = { match: 'transport', module };
  const flags = module === 'tcp' ? ({ '--syn': 'flag', '--tcp-flags': 'value' } as const) : {};
  return {
    options: {
      '--sport': 'value',
      '--source-port': 'value',
      '--dport': 'value',
      '--destination-port': 'value',
      ...flags,
    },
    take({ option, value, not }) {
      if (option === '--syn') {
        match = { ...match, syn: not ? 'not' : 'only' };
        return undefined;
      }
      if (option === '--tcp-flags') {
        const flags = parseTcpFlags(value);
        if (typeof flags === 'string') return refuse(flags);
        // What --syn stands for is kept as that: it is printed the same.
        match =
          flags.mask === SYN_MASK && flags.set === SYN
            ? { ...match, syn: not ? 'not' : 'only' }
            : { ...match, flags: { ...flags, ...negated(not) } };
        return undefined;
      }
      const range = parsePortRange(value);
      if (!range.ok) return range;
      match = option.startsWith('--s')
        ? { ...match, source: range.value, ...(not && { notSource: true as const }) }
        : { ...match, destination: range.value, ...(not && { notDestination: true as const }) };
      return undefined;
    },
    finish: () => accept(match),
  };
}

const MULTIPORT_SIDES = {
  '--sports': 'source',
  '--source-ports': 'source',
  '--dports': 'destination',
  '--destination-ports': 'destination',
  '--ports': 'either',
} as const;

function multiportModule(): ModuleParser {
  let match: Match | undefined;
  return {
    options: Object.fromEntries(Object.keys(MULTIPORT_SIDES).map((option) => [option, 'value'])),
    take({ option, value, not }) {
      const ports: PortRange[] = [];
      for (const part of value.split(',')) {
        const range = parsePortRange(part);
        if (!range.ok) return range;
        ports.push(range.value);
      }
      match = {
        match: 'multiport',
        side: MULTIPORT_SIDES[option as keyof typeof MULTIPORT_SIDES],
        ports,
        ...negated(not),
      };
      return undefined;
    },
    finish: () => (match ? accept(match) : refuse('multiport expection an option')),
  };
}

/** Other names that iptables takes for the types. */
const ICMP_ALIASES: Readonly<Record<string, IcmpTypeName>> = {
  ping: 'echo-request',
  pong: 'echo-reply',
  'ttl-exceeded': 'time-exceeded',
};

function icmpModule(): ModuleParser {
  let match: Match | undefined;
  return {
    options: { '--icmp-type': 'value' },
    take({ value, not }) {
      const names = Object.keys(ICMP_TYPE_NUMBERS) as IcmpTypeName[];
      const type =
        ICMP_ALIASES[value] ??
        names.find((name) => name === value || ICMP_TYPE_NUMBERS[name] === value);
      if (!type) return refuse(`Invalid ICMP type \`${value}'`);
      match = { match: 'icmp', type, ...negated(not) };
      return undefined;
    },
    finish: () => (match ? accept(match) : missing('icmp', '--icmp-type')),
  };
}

const ADDRESS_TYPES = ['LOCAL', 'UNICAST', 'BROADCAST', 'MULTICAST'] as const;

function addressTypeModule(): ModuleParser {
  let match: Match | undefined;
  return {
    options: { '--src-type': 'value', '--dst-type': 'value' },
    take({ option, value, not }) {
      const type = ADDRESS_TYPES.find((name) => name === value.toUpperCase());
      if (!type) return refuse(`addrtype: bad type \`${value}'`);
      match = {
        match: 'address-type',
        side: option === '--src-type' ? 'src' : 'dst',
        type,
        ...negated(not),
      };
      return undefined;
    },
    finish: () =>
      match ? accept(match) : refuse('addrtype: you must specify --src-type or --dst-type'),
  };
}

function markModule(): ModuleParser {
  let match: Match | undefined;
  return {
    options: { '--mark': 'value' },
    take({ value, not }) {
      const mark = parseMark(value);
      if (!mark) return refuse('mark: bad integer value for option "--mark", or out of range.\n');
      match = { match: 'mark', ...mark, ...negated(not) };
      return undefined;
    },
    finish: () => (match ? accept(match) : missing('mark', '--mark')),
  };
}

const CONDITIONS: readonly ConntrackCondition[] = [
  'INVALID',
  'NEW',
  'RELATED',
  'ESTABLISHED',
  'UNTRACKED',
  'SNAT',
  'DNAT',
];

function conntrackModule(module: 'conntrack' | 'state'): ModuleParser {
  const option = module === 'state' ? '--state' : '--ctstate';
  let match: Match | undefined;
  return {
    options: { [option]: 'value' },
    take({ value, not }) {
      const states: ConntrackCondition[] = [];
      for (const part of value.split(',')) {
        const state = CONDITIONS.find((name) => name === part.toUpperCase());
        if (!state)
          return refuse(module === 'state' ? `Bad state "${part}"` : `Bad ctstate "${part}"`);
        states.push(state);
      }
      match = {
        match: 'conntrack-state',
        states,
        ...negated(not),
        ...(module === 'state' && { module }),
      };
      return undefined;
    },
    finish: () => (match ? accept(match) : refuse(`${module}: At least one option is required`)),
  };
}

function statisticModule(): ModuleParser {
  let match: Match | undefined;
  let mode: string | undefined;
  let isNot = false;
  let nth: { every?: number; packet?: number } = {};
  return {
    options: {
      '--mode': 'value',
      '--probability': 'value',
      '--every': 'value',
      '--packet': 'value',
    },
    take({ option, value, not }) {
      isNot ||= not;
      if (option === '--mode') {
        mode = value;
        return value === 'random' || value === 'nth' ? undefined : refuse(`Bad mode "${value}"`);
      }
      if (option === '--every' || option === '--packet') {
        if (!/^\d+$/.test(value))
          return refuse(`statistic: bad value for option "${option}", or out of range.\n`);
        nth = { ...nth, [option.slice(2)]: Number(value) };
        return undefined;
      }
      const probability = Number(value);
      if (!(probability >= 0 && probability <= 1)) {
        return refuse('statistic: bad value for option "--probability", or out of range (0-1).\n');
      }
      match = { match: 'statistic', probability, ...negated(not) };
      return undefined;
    },
    finish: () => {
      if (mode === 'nth') return finishNth(nth, isNot);
      return match
        ? accept(match)
        : refuse('statistic: option "--probability" must be specified\n');
    },
  };
}

const RECENT_OPERATIONS = {
  '--set': 'set',
  '--rcheck': 'rcheck',
  '--update': 'update',
  '--remove': 'remove',
} as const;

function recentModule(): ModuleParser {
  let match: RecentMatch | undefined;
  let rest: Partial<Pick<RecentMatch, 'list' | 'seconds' | 'reap' | 'mask'>> = {};
  return {
    options: {
      '--set': 'flag',
      '--rcheck': 'flag',
      '--update': 'flag',
      '--remove': 'flag',
      '--name': 'value',
      '--seconds': 'value',
      '--reap': 'flag',
      '--rsource': 'flag',
      '--mask': 'value',
    },
    take({ option, value, not }) {
      const operation = RECENT_OPERATIONS[option as keyof typeof RECENT_OPERATIONS] as
        RecentMatch['operation'] | undefined;
      if (operation) match = { match: 'recent', list: '', operation, ...negated(not) };
      else if (option === '--name') rest = { ...rest, list: value };
      else if (option === '--reap') rest = { ...rest, reap: true };
      else if (option === '--mask' && value !== '255.255.255.255') rest = { ...rest, mask: value };
      else if (option === '--seconds') {
        if (!/^[1-9]\d*$/.test(value))
          return refuse(
            `recent: bad value for option "--seconds", or out of range (1-4294967295).\n`,
          );
        rest = { ...rest, seconds: Number(value) };
      }
      return undefined;
    },
    finish: () =>
      match
        ? accept({ ...match, ...rest, list: rest.list ?? 'DEFAULT' })
        : refuse("recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'"),
  };
}

/** A parser for `-m name`; undefined when there is no such module. */
// eslint-disable-next-line complexity -- one line a kind.
export function createModuleParser(name: string): ModuleParser | undefined {
  switch (name) {
    case 'comment':
      return commentModule();
    case 'tcp':
    case 'udp':
    case 'sctp':
      return transportModule(name);
    case 'multiport':
      return multiportModule();
    case 'icmp':
      return icmpModule();
    case 'addrtype':
      return addressTypeModule();
    case 'mark':
      return markModule();
    case 'conntrack':
    case 'state':
      return conntrackModule(name);
    case 'statistic':
      return statisticModule();
    case 'recent':
      return recentModule();
    default:
      return createMoreModules(name);
  }
}
