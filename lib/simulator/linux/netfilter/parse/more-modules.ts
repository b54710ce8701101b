import { ipVersion } from '../../../base/ip.ts';
import { ICMP6_TYPES } from '../match/icmp6.ts';
import type { IpRangeMatch, LimitMatch, Match, NthMatch, PhysdevMatch } from '../rule.ts';
import { parseMark, type ModuleParser, type OptionUse } from './module-parser.ts';
import { accept, refuse, type Parsed } from './problem.ts';

const negated = (not: boolean) => (not ? { not: true as const } : {});

/** A module whose whole match is one option. */
function single(
  option: string,
  missing: string,
  read: (use: OptionUse) => Parsed<Match>,
): ModuleParser {
  let match: Match | undefined;
  return {
    options: { [option]: 'value' },
    take(use) {
      const result = read(use);
      if (!result.ok) return result;
      match = result.value;
      return undefined;
    },
    finish: () => (match ? accept(match) : refuse(missing)),
  };
}

/** `5`, `0-5`, `100:200`. */
function parseRange(text: string, sign: '-' | ':'): readonly [number, number] | undefined {
  const parts = text.split(sign);
  const [first, last = first] = parts;
  if (parts.length > 2 || !/^\d+$/.test(first ?? '') || !/^\d+$/.test(last ?? '')) return undefined;
  return [Number(first), Number(last)];
}

function ownerModule(): ModuleParser {
  let match: Match | undefined;
  return {
    options: { '--uid-owner': 'value', '--gid-owner': 'value' },
    take({ option, value, not }) {
      const range = value === 'root' ? ([0, 0] as const) : parseRange(value, '-');
      if (!range) return refuse(`owner: Bad value for "${option}" option: "${value}"`);
      const of = option === '--uid-owner' ? 'uid' : 'gid';
      match = { match: 'owner', of, range, ...negated(not) };
      return undefined;
    },
    finish: () =>
      match
        ? accept(match)
        : refuse('owner: At least one of --uid-owner, --gid-owner or --socket-exists is required'),
  };
}

const PERIODS: Readonly<Record<string, LimitMatch['per']>> = {
  s: 'sec',
  sec: 'sec',
  second: 'sec',
  m: 'min',
  min: 'min',
  minute: 'min',
  h: 'hour',
  hour: 'hour',
  d: 'day',
  day: 'day',
};

function limitModule(): ModuleParser {
  let match: LimitMatch = { match: 'limit', rate: 3, per: 'hour', burst: 5 };
  return {
    options: { '--limit': 'value', '--limit-burst': 'value' },
    take({ option, value }) {
      if (option === '--limit-burst') {
        if (!/^[1-9]\d{0,4}$/.test(value))
          return refuse(
            'limit: bad value for option "--limit-burst", or out of range (0-10000).\n',
          );
        match = { ...match, burst: Number(value) };
        return undefined;
      }
      const [rate = '', unit = 'second'] = value.split('/');
      const per = PERIODS[unit];
      if (!/^[1-9]\d*$/.test(rate) || !per)
        return refuse(`limit: bad value for option "--limit": "${value}"`);
      match = { ...match, rate: Number(rate), per };
      return undefined;
    },
    finish: () => accept(match),
  };
}

function rangeModule(): ModuleParser {
  let match: IpRangeMatch = { match: 'ip-range' };
  return {
    options: { '--src-range': 'value', '--dst-range': 'value' },
    take({ option, value, not }) {
      const [first = '', last = first] = value.split('-');
      if (ipVersion(first) === undefined || ipVersion(first) !== ipVersion(last))
        return refuse(`iprange: Bad IP address "${value}"\n`);
      match =
        option === '--src-range'
          ? { ...match, source: [first, last], ...(not && { notSource: true as const }) }
          : { ...match, destination: [first, last], ...(not && { notDestination: true as const }) };
      return undefined;
    },
    finish: () =>
      (match.source ?? match.destination)
        ? accept(match)
        : refuse("iprange match: You must specify `--src-range' or `--dst-range'"),
  };
}

function physdevModule(): ModuleParser {
  let match: PhysdevMatch = { match: 'physdev' };
  const IS = {
    '--physdev-is-in': 'isIn',
    '--physdev-is-out': 'isOut',
    '--physdev-is-bridged': 'isBridged',
  } as const;
  return {
    options: {
      '--physdev-in': 'value',
      '--physdev-out': 'value',
      '--physdev-is-in': 'flag',
      '--physdev-is-out': 'flag',
      '--physdev-is-bridged': 'flag',
    },
    take({ option, value, not }) {
      if (option === '--physdev-in')
        match = { ...match, in: value, ...(not && { notIn: true as const }) };
      else if (option === '--physdev-out')
        match = { ...match, out: value, ...(not && { notOut: true as const }) };
      else match = { ...match, [IS[option as keyof typeof IS]]: not ? 'not' : 'is' };
      return undefined;
    },
    finish: () =>
      Object.keys(match).length > 1
        ? accept(match)
        : refuse('PHYSDEV: no physdev option specified'),
  };
}

/** `-m statistic --mode nth --every n --packet p`: the mode is read by the module that has both. */
export function finishNth(
  parts: { every?: number; packet?: number },
  not: boolean,
): Parsed<NthMatch> {
  const { every, packet = 0 } = parts;
  if (every === undefined || every < 1)
    return refuse('statistic: option "--every" must be specified\n');
  if (packet >= every) return refuse('the --packet p must be 0 <= p <= n-1');
  return accept({ match: 'nth', every, packet, ...negated(not) });
}

function setModule(): ModuleParser {
  let match: Match | undefined;
  return {
    // Two words: the set, and which end of the packet each part of an element is.
    options: { '--match-set': 'two' },
    take({ value, not }) {
      const [set = '', flags = ''] = value.split(' ');
      const sides = flags.split(',');
      if (!sides.every((side) => side === 'src' || side === 'dst'))
        return refuse(`You must spefify (the comma separated list of) 'src' or 'dst'.\n`);
      match = { match: 'set', set, sides: sides, ...negated(not) };
      return undefined;
    },
    finish: () =>
      match ? accept(match) : refuse("You must specify `--match-set' with proper arguments"),
  };
}

function readIcmp6({ value, not }: OptionUse): Parsed<Match> {
  const [name = '', code] = value.split('/');
  const type = /^\d{1,3}$/.test(name) ? Number(name) : ICMP6_TYPES[name];
  if (type === undefined || type > 255) return refuse(`Invalid ICMPv6 type \`${value}'`);
  const match = { match: 'icmp6', type, ...negated(not) } as const;
  return accept(code === undefined ? match : { ...match, code: Number(code) });
}

const readMac = ({ value, not }: OptionUse): Parsed<Match> => {
  const parts = value.split(':');
  if (parts.length !== 6 || !parts.every((part) => /^[0-9a-fA-F]{1,2}$/.test(part)))
    return refuse(`mac: Bad value for "--mac-source" option: "${value}"`);
  const mac = parts.map((part) => part.toLowerCase().padStart(2, '0')).join(':');
  return accept({ match: 'mac', mac, ...negated(not) });
};

function readLength({ value, not }: OptionUse): Parsed<Match> {
  const range = parseRange(value, ':');
  return range && range[0] <= range[1]
    ? accept({ match: 'length', range, ...negated(not) })
    : refuse(`length: bad value for option "--length": "${value}"`);
}

function readConnmark({ value, not }: OptionUse): Parsed<Match> {
  const mark = parseMark(value);
  return mark
    ? accept({ match: 'connmark', ...mark, ...negated(not) })
    : refuse('connmark: bad integer value for option "--mark", or out of range.\n');
}

const must = (module: string, option: string) =>
  `${module}: option "${option}" must be specified\n`;

/** Modules that Services do without; undefined when there is none of the name. */
export function createMoreModules(name: string): ModuleParser | undefined {
  switch (name) {
    case 'owner':
      return ownerModule();
    case 'limit':
      return limitModule();
    case 'length':
      return single('--length', must('length', '--length'), readLength);
    case 'mac':
      return single('--mac-source', must('mac', '--mac-source'), readMac);
    case 'iprange':
      return rangeModule();
    case 'connmark':
      return single('--mark', must('connmark', '--mark'), readConnmark);
    case 'physdev':
      return physdevModule();
    case 'set':
      return setModule();
    case 'icmp6':
    case 'icmpv6':
    case 'ipv6-icmp':
      return single('--icmpv6-type', must('icmp6', '--icmpv6-type'), readIcmp6);
    default:
      return undefined;
  }
}
