import type { Target } from '../rule.ts';
import { parseMark, type TargetParser } from './module-parser.ts';
import { accept, refuse } from './problem.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warning', 'notice', 'info', 'debug'];

function levelOf(text: string): number | undefined {
  if (/^[0-7]$/.test(text)) return Number(text);
  const index = LEVELS.findIndex((name) => name.startsWith(text) && text.length >= 3);
  return index < 0 ? undefined : index;
}

function logTarget(): TargetParser {
  let target: Extract<Target, { target: 'LOG' }> = { target: 'LOG' };
  return {
    options: { '--log-prefix': 'value', '--log-level': 'value' },
    take({ option, value }) {
      if (option === '--log-prefix') {
        if (value.length > 29) return refuse('LOG: Maximum length 29 for log prefix');
        target = { ...target, prefix: value };
        return undefined;
      }
      const level = levelOf(value);
      if (level === undefined) return refuse(`LOG: log-level ${value} unknown`);
      target = { ...target, level };
      return undefined;
    },
    finish: () => accept(target),
  };
}

function nflogTarget(): TargetParser {
  let target: Extract<Target, { target: 'NFLOG' }> = { target: 'NFLOG' };
  return {
    options: { '--nflog-prefix': 'value', '--nflog-group': 'value' },
    take({ option, value }) {
      if (option === '--nflog-prefix') target = { ...target, prefix: value };
      else if (/^\d{1,5}$/.test(value)) target = { ...target, group: Number(value) };
      else
        return refuse(`NFLOG: bad value for option "--nflog-group", or out of range (0-65535).\n`);
      return undefined;
    },
    finish: () => accept(target),
  };
}

type Connmark = Extract<Target, { target: 'CONNMARK' }>;

function connmarkTarget(): TargetParser {
  let target: Connmark | undefined;
  let mask = 0xffff_ffff;
  const make = (operation: Connmark['operation'], value: number): Connmark => ({
    target: 'CONNMARK',
    operation,
    value,
    mask,
  });
  return {
    options: {
      '--set-mark': 'value',
      '--set-xmark': 'value',
      '--save-mark': 'flag',
      '--restore-mark': 'flag',
      '--nfmask': 'value',
      '--ctmask': 'value',
      '--mask': 'value',
    },
    // eslint-disable-next-line complexity -- one line an option.
    take({ option, value }) {
      if (option === '--save-mark') target = make('save', 0);
      else if (option === '--restore-mark') target = make('restore', 0);
      else {
        const mark = parseMark(value);
        if (!mark)
          return refuse(`CONNMARK: bad integer value for option "${option}", or out of range.\n`);
        if (option.startsWith('--set')) {
          mask = option === '--set-mark' ? (mark.value | mark.mask) >>> 0 : mark.mask;
          target = make('set', mark.value);
          return undefined;
        }
        // Simplified: one mask for both marks.
        mask = mark.value;
        if (target) target = { ...target, mask };
      }
      return undefined;
    },
    finish: () => (target ? accept(target) : refuse('CONNMARK target: No operation specified')),
  };
}

type SetTarget = Extract<Target, { target: 'SET' }>;

function setTarget(): TargetParser {
  let target: SetTarget | undefined;
  let rest: Pick<SetTarget, 'exist' | 'timeout'> = {};
  return {
    options: { '--add-set': 'two', '--del-set': 'two', '--exist': 'flag', '--timeout': 'value' },
    take({ option, value }) {
      if (option === '--exist') rest = { ...rest, exist: true };
      else if (option === '--timeout') rest = { ...rest, timeout: Number(value) };
      else {
        const [set = '', flags = ''] = value.split(' ');
        const sides = flags.split(',') as ('src' | 'dst')[];
        if (!sides.every((side) => ['src', 'dst'].includes(side)))
          return refuse(`You must spefify (the comma separated list of) 'src' or 'dst'.\n`);
        target = { target: 'SET', operation: option === '--add-set' ? 'add' : 'del', set, sides };
      }
      return undefined;
    },
    finish: () =>
      target
        ? accept({ ...target, ...rest })
        : refuse("You must specify either `--add-set' or `--del-set' or `--map-set'"),
  };
}

/** Targets that decide nothing about a packet; undefined when there is none of the name. */
export function createMoreTargets(name: string): TargetParser | undefined {
  switch (name) {
    case 'LOG':
      return logTarget();
    case 'NFLOG':
      return nflogTarget();
    case 'CONNMARK':
      return connmarkTarget();
    case 'SET':
      return setTarget();
    default:
      return undefined;
  }
}
