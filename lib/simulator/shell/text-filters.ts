import { finished, type Command } from './command.ts';

const linesOf = (text: string) => text.replace(/\n$/, '').split('\n');
const joined = (lines: readonly string[]) => (lines.length > 0 ? `${lines.join('\n')}\n` : '');

/** Splits `-ivn 3 pattern file` into single-letter flags (with values for `valued`) and the rest. */
function splitFlags(
  args: readonly string[],
  valued: string,
): { flags: Map<string, string>; rest: string[] } {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (!/^-[A-Za-z0-9]/.test(arg)) {
      rest.push(arg);
      continue;
    }
    for (let j = 1; j < arg.length; j++) {
      const letter = arg[j] ?? '';
      if (valued.includes(letter)) {
        flags.set(letter, arg.slice(j + 1) || (args[++i] ?? ''));
        break;
      }
      flags.set(letter, '');
    }
  }
  return { flags, rest };
}

function inputOf(
  files: readonly string[],
  context: Parameters<Command>[1],
  tool: string,
): { text: string; error?: string } {
  if (files.length === 0 || files[0] === '-') return { text: context.stdin };
  let text = '';
  for (const file of files) {
    const content = context.files[file];
    if (content === undefined)
      return { text, error: `${tool}: ${file}: No such file or directory\n` };
    text += content;
  }
  return { text };
}

/** Basic and extended regular expressions, as far as a prompt needs: the JavaScript engine with a length cap. */
function patternOf(pattern: string, flags: Map<string, string>): RegExp | undefined {
  const source =
    flags.has('F') || pattern.length > 200
      ? pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      : flags.has('E')
        ? pattern
        : pattern.replace(
            /\\([|+?(){}])|([|+?(){}])/g,
            (_all, special: string | undefined, plain: string | undefined) =>
              special ?? `\\${plain ?? ''}`,
          );
  try {
    return new RegExp(flags.has('w') ? `\\b(?:${source})\\b` : source, flags.has('i') ? 'i' : '');
  } catch {
    return undefined;
  }
}

const grep: Command = (args, context) => {
  const { flags, rest } = splitFlags(args, 'eABCm');
  const [pattern, files] = flags.has('e') ? [flags.get('e') ?? '', rest] : [rest[0], rest.slice(1)];
  if (pattern === undefined) {
    return finished(
      '',
      2,
      "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
    );
  }
  const expression = patternOf(pattern, flags);
  if (!expression) return finished('', 2, 'grep: Invalid regular expression\n');
  const input = inputOf(files, context, 'grep');
  if (input.error !== undefined) return finished('', 2, input.error);
  const lines = input.text === '' ? [] : linesOf(input.text);
  const hits = lines.map((line) => expression.test(line) !== flags.has('v'));
  const count = hits.filter(Boolean).length;
  const code = count > 0 ? 0 : 1;
  if (flags.has('q')) return finished('', code);
  if (flags.has('c')) return finished(`${count}\n`, code);
  const before = Number(flags.get('B') ?? flags.get('C') ?? 0);
  const after = Number(flags.get('A') ?? flags.get('C') ?? 0);
  const shown: string[] = [];
  let last = -1;
  lines.forEach((line, i) => {
    const isNear = hits.slice(Math.max(0, i - after), i + before + 1).some(Boolean);
    if (!isNear) return;
    if (before + after > 0 && last >= 0 && i > last + 1) shown.push('--');
    shown.push(flags.has('n') ? `${i + 1}${hits[i] ? ':' : '-'}${line}` : line);
    last = i;
  });
  if (flags.has('o')) {
    const all = lines.flatMap(
      (line) => line.match(new RegExp(expression.source, `g${expression.flags}`)) ?? [],
    );
    return finished(joined(all), code);
  }
  return finished(joined(shown), code);
};

const headOrTail =
  (tool: 'head' | 'tail'): Command =>
  (args, context) => {
    const numeric = args.map((arg) => (/^-\d+$/.test(arg) ? `-n${arg.slice(1)}` : arg));
    const { flags, rest } = splitFlags(numeric, 'nc');
    const input = inputOf(rest, context, tool);
    if (input.error !== undefined) return finished('', 1, input.error);
    const count = Number(flags.get('n') ?? 10);
    if (!Number.isInteger(count)) {
      return finished('', 1, `${tool}: invalid number of lines: ‘${flags.get('n') ?? ''}’\n`);
    }
    const lines = input.text === '' ? [] : linesOf(input.text);
    if (tool === 'head')
      return finished(joined(count < 0 ? lines.slice(0, count) : lines.slice(0, count)));
    return finished(
      joined(
        (flags.get('n') ?? '').startsWith('+')
          ? lines.slice(count - 1)
          : lines.slice(-Math.abs(count)),
      ),
    );
  };

const wc: Command = (args, context) => {
  const { flags, rest } = splitFlags(args, '');
  const input = inputOf(rest, context, 'wc');
  if (input.error !== undefined) return finished('', 1, input.error);
  const lines = input.text.split('\n').length - 1;
  const words = input.text.split(/\s+/).filter(Boolean).length;
  const all: [string, number][] = [
    ['l', lines],
    ['w', words],
    ['c', input.text.length],
  ];
  const wanted = flags.size > 0 ? all.filter(([flag]) => flags.has(flag)) : all;
  const numbers = wanted.map(([, count]) =>
    wanted.length > 1 ? String(count).padStart(7) : String(count),
  );
  return finished(`${numbers.join(' ')}${rest.length > 0 ? ` ${rest.join(' ')}` : ''}\n`);
};

/** By code unit, as LC_ALL=C does. */
const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const sort: Command = (args, context) => {
  const { flags, rest } = splitFlags(args, 'kt');
  const input = inputOf(rest, context, 'sort');
  if (input.error !== undefined) return finished('', 2, input.error);
  const column = Number.parseInt(flags.get('k') ?? '0', 10);
  const keyOf = (line: string) =>
    column > 0 ? (line.trim().split(/\s+/)[column - 1] ?? '') : line;
  const lines = input.text === '' ? [] : linesOf(input.text);
  lines.sort((a, b) =>
    flags.has('n')
      ? (Number.parseFloat(keyOf(a)) || 0) - (Number.parseFloat(keyOf(b)) || 0)
      : byText(keyOf(a), keyOf(b)),
  );
  if (flags.has('r')) lines.reverse();
  return finished(
    joined(flags.has('u') ? lines.filter((line, i) => line !== lines[i - 1]) : lines),
  );
};

const uniq: Command = (args, context) => {
  const { flags, rest } = splitFlags(args, '');
  const input = inputOf(rest, context, 'uniq');
  if (input.error !== undefined) return finished('', 1, input.error);
  const groups: { line: string; count: number }[] = [];
  for (const line of input.text === '' ? [] : linesOf(input.text)) {
    const last = groups[groups.length - 1];
    if (last?.line === line) last.count += 1;
    else groups.push({ line, count: 1 });
  }
  return finished(
    joined(
      groups.map(({ line, count }) =>
        flags.has('c') ? `${String(count).padStart(7)} ${line}` : line,
      ),
    ),
  );
};

const echo: Command = (args) => {
  const [first, ...rest] = args;
  if (first === '-n') return finished(rest.join(' '));
  if (first === '-e')
    return finished(`${rest.join(' ').replace(/\\n/g, '\n').replace(/\\t/g, '\t')}\n`);
  return finished(`${args.join(' ')}\n`);
};

const seq: Command = (args) => {
  const numbers = args.map(Number);
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0]]
      : numbers.length === 2
        ? [numbers[0], 1, numbers[1]]
        : numbers;
  if (
    numbers.some((value) => !Number.isFinite(value)) ||
    first === undefined ||
    last === undefined ||
    !step
  ) {
    return finished('', 1, `seq: invalid floating point argument: ‘${args.join(' ')}’\n`);
  }
  const count = Math.min(10_000, Math.floor((last - first) / step) + 1);
  return finished(
    joined(Array.from({ length: Math.max(0, count) }, (_, i) => String(first + i * step))),
  );
};

const tee: Command = (args, context) => {
  for (const file of args) context.files[file] = context.stdin;
  return finished(context.stdin);
};

/** Tools that only turn text into text; they exist wherever a shell does. */
export const TEXT_FILTERS: Readonly<Record<string, Command>> = {
  grep,
  head: headOrTail('head'),
  tail: headOrTail('tail'),
  wc,
  sort,
  uniq,
  echo,
  seq,
  tee,
  true: () => finished(''),
  false: () => finished('', 1),
};
