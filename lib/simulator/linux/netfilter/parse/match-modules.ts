import { ICMP_TYPE_NUMBERS } from '../match/icmp.ts';
import type {
  ConntrackCondition,
  IcmpTypeName,
  Match,
  PortRange,
  RecentMatch,
  TransportMatch,
} from '../rule.ts';
import { accept, refuse, type Parsed } from './problem.ts';

/** What was written of one option: its value (empty when the option takes none), and whether a `!` stood before it. */
export interface OptionUse {
  readonly option: string;
  readonly value: string;
  readonly not: boolean;
}

/** A match module while its options are read. */
export interface ModuleParser {
  /** Option → whether it takes a value. */
  readonly options: Readonly<Record<string, 'value' | 'flag'>>;
  /** Undefined when all is well. */
  take(use: OptionUse): Parsed<never> | undefined;
  finish(): Parsed<Match>;
}

const negated = (not: boolean) => (not ? { not: true as const } : {});

export function parsePort(text: string): number | undefined {
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

/** `0x4000/0x4000`, `16384`. */
export function parseMark(text: string): { value: number; mask: number } | undefined {
  const numbers = text
    .split('/')
    .map((part) => (/^(0x[0-9a-fA-F]+|\d+)$/.test(part) ? Number(part) : Number.NaN));
  const [value = Number.NaN, mask = 0xffff_ffff, rest] = numbers;
  const fits = (number: number) => number >= 0 && number <= 0xffff_ffff;
  return fits(value) && fits(mask) && rest === undefined ? { value, mask } : undefined;
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
      if (option === '--syn' || option === '--tcp-flags') {
        // Simplified: of --tcp-flags only what --syn stands for.
        if (option === '--tcp-flags' && value !== 'FIN,SYN,RST,ACK SYN')
          return refuse(`tcp: flags "${value}" are not simulated`);
        match = { ...match, syn: not ? 'not' : 'only' };
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
  return {
    options: { '--mode': 'value', '--probability': 'value' },
    take({ option, value, not }) {
      if (option === '--mode')
        return value === 'random' ? undefined : refuse(`Bad mode "${value}"`);
      const probability = Number(value);
      if (!(probability >= 0 && probability <= 1)) {
        return refuse('statistic: bad value for option "--probability", or out of range (0-1).\n');
      }
      match = { match: 'statistic', probability, ...negated(not) };
      return undefined;
    },
    finish: () =>
      match ? accept(match) : refuse('statistic: option "--probability" must be specified\n'),
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
      return undefined;
  }
}
