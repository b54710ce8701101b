/** Flags as pflag reads them. */
import { parseDuration } from './parse-duration.ts';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  /** `list` may be given several times, and with commas; `int` and `duration` as Go reads them. */
  readonly type: 'boolean' | 'string' | 'list' | 'int' | 'duration';
  /** The value when the flag stands without one (`--dry-run`): then a value needs `=`. */
  readonly bare?: string;
}

export const flag = (
  name: string,
  type: FlagSpec['type'],
  short?: string,
  bare?: string,
): FlagSpec => ({
  name,
  type,
  ...(short === undefined ? {} : { short }),
  ...(bare === undefined ? {} : { bare }),
});

/** Flags that every command takes. */
export const GLOBAL_FLAGS: readonly FlagSpec[] = [
  flag('namespace', 'string', 'n'),
  flag('help', 'boolean', 'h'),
  flag('context', 'string'),
  flag('kubeconfig', 'string'),
  flag('cluster', 'string'),
  flag('user', 'string'),
  flag('as', 'string'),
  flag('server', 'string', 's'),
  flag('request-timeout', 'string'),
  flag('v', 'int', 'v'),
  flag('as-group', 'list'),
  flag('as-uid', 'string'),
  flag('token', 'string'),
  flag('cache-dir', 'string'),
  flag('match-server-version', 'boolean'),
  flag('insecure-skip-tls-verify', 'boolean'),
  flag('warnings-as-errors', 'boolean'),
];

export interface ParsedFlags {
  /** Words that are no flags, in order. */
  readonly words: readonly string[];
  /** How many of `words` stood before `--`; undefined without `--`. */
  readonly dashAt?: number;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export type FlagResult =
  | { readonly ok: true; readonly flags: ParsedFlags }
  | { readonly ok: false; readonly message: string };

const BOOLEAN = /^(true|false|1|0|t|f|T|F|TRUE|FALSE|True|False)$/;

/** What Go says of a value that a flag of this type cannot have. */
function valueProblem(type: FlagSpec['type'], value: string): string | undefined {
  const shown = JSON.stringify(value);
  switch (type) {
    case 'boolean':
      return BOOLEAN.test(value)
        ? undefined
        : `strconv.ParseBool: parsing ${shown}: invalid syntax`;
    case 'int':
      return /^[-+]?(\d+|0x[\da-fA-F]+)$/.test(value)
        ? undefined
        : `strconv.ParseInt: parsing ${shown}: invalid syntax`;
    case 'duration':
      if (parseDuration(value) !== undefined) return undefined;
      return /^[-+]?\d+(\.\d*)?$/.test(value)
        ? `time: missing unit in duration ${shown}`
        : `time: invalid duration ${shown}`;
    case 'string':
    case 'list':
      return undefined;
  }
}

class FlagReader {
  readonly words: string[] = [];
  readonly values = new Map<string, string[]>();
  dashAt: number | undefined;
  private position = 0;
  private readonly args: readonly string[];
  private readonly specs: readonly FlagSpec[];

  constructor(args: readonly string[], specs: readonly FlagSpec[]) {
    this.args = args;
    this.specs = specs;
  }

  /** Reads all; gives the problem, or undefined. */
  read(stop: 'at-first-word' | 'at-end'): string | undefined {
    while (this.position < this.args.length) {
      const arg = this.args[this.position] ?? '';
      if (arg === '--') {
        this.dashAt = this.words.length;
        this.words.push(...this.args.slice(this.position + 1));
        return undefined;
      }
      if (arg === '-' || !arg.startsWith('-')) {
        if (stop === 'at-first-word') return undefined;
        this.words.push(arg);
        this.position += 1;
        continue;
      }
      this.position += 1;
      const problem = arg.startsWith('--') ? this.readLong(arg) : this.readShort(arg);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  rest(): readonly string[] {
    return this.args.slice(this.position);
  }

  private set(spec: FlagSpec, value: string): string | undefined {
    const problem = valueProblem(spec.type, value);
    if (problem !== undefined) {
      const shown = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
      return `invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: ${problem}`;
    }
    const known = this.values.get(spec.name) ?? [];
    this.values.set(spec.name, spec.type === 'list' ? [...known, value] : [value]);
    return undefined;
  }

  private readLong(arg: string): string | undefined {
    const [name = '', value] = arg.slice(2).split(/=(.*)/s);
    const spec = this.specs.find((candidate) => candidate.name === name);
    if (!spec) return `unknown flag: --${name}`;
    if (value !== undefined) return this.set(spec, value);
    if (spec.type === 'boolean') return this.set(spec, 'true');
    if (spec.bare !== undefined) return this.set(spec, spec.bare);
    const next = this.args[this.position];
    if (next === undefined) return `flag needs an argument: --${name}`;
    this.position += 1;
    return this.set(spec, next);
  }

  private readShort(arg: string): string | undefined {
    for (let at = 1; at < arg.length; at++) {
      const spec = this.specs.find(({ short }) => short === arg[at]);
      if (!spec) return `unknown shorthand flag: '${arg[at]}' in ${arg}`;
      const rest = arg.slice(at + 1);
      if (spec.type === 'boolean' && !rest.startsWith('=')) {
        this.set(spec, 'true');
        continue;
      }
      if (rest !== '') return this.set(spec, rest.startsWith('=') ? rest.slice(1) : rest);
      if (spec.bare !== undefined) return this.set(spec, spec.bare);
      const next = this.args[this.position];
      if (next === undefined) return `flag needs an argument: '${arg[at]}' in ${arg}`;
      this.position += 1;
      return this.set(spec, next);
    }
    return undefined;
  }
}

/** Reads a command's arguments. Messages are pflag's, without `error: `. */
export function parseFlags(args: readonly string[], specs: readonly FlagSpec[]): FlagResult {
  const reader = new FlagReader(args, [...specs, ...GLOBAL_FLAGS]);
  const problem = reader.read('at-end');
  if (problem !== undefined) return { ok: false, message: problem };
  const { words, values, dashAt } = reader;
  return { ok: true, flags: { words, values, ...(dashAt === undefined ? {} : { dashAt }) } };
}

/** Flags that stand before the command or its subcommand, and what is left. */
export function takeLeadingFlags(
  args: readonly string[],
  specs: readonly FlagSpec[] = [],
): {
  readonly before: readonly string[];
  readonly rest: readonly string[];
  readonly problem?: string;
} {
  const reader = new FlagReader(args, [...specs, ...GLOBAL_FLAGS]);
  const problem = reader.read('at-first-word');
  const rest = reader.rest();
  return {
    before: args.slice(0, args.length - rest.length),
    rest,
    ...(problem === undefined ? {} : { problem }),
  };
}
