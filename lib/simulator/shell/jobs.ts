import { MILLISECOND } from '../base/clock.ts';
import type { CommandContext, CommandResult, Follower } from './command.ts';
import { finished } from './command.ts';
import type { Ended } from './redirect.ts';
import { placeOf, type Foreground, type Job, type TerminalState } from './terminal.ts';

export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGKILL';

/** The part of a shell's system that jobs need. */
interface JobSystem {
  readonly cluster: CommandContext['cluster'];
  readonly followers: Readonly<Record<string, Follower>>;
  interrupt(pid: number): void;
  signal(pid: number, signal: Signal): void;
  outputOf(pid: number): { readonly output: string; readonly exitCode?: number };
}

const SCREEN = 'screen';
/** Marks text on its way through the redirections, to see where they lead. */
const PROBE = '\u0000';

const pidOf = ({ runs }: Job) => (runs.type === 'process' ? runs.pid : 0);

/** Where `> file`, `&> file` or nothing sends the output; a probe is sent through and taken out again. */
function destinationOf(terminal: TerminalState, redirect: (ended: Ended) => Ended): string {
  const before = { ...terminal.files };
  const { stdout, stderr } = redirect({ stdout: PROBE, stderr: '', exitCode: 0 });
  if (stdout + stderr !== '') return SCREEN;
  const file = Object.keys(terminal.files).find((name) => terminal.files[name]?.endsWith(PROBE));
  if (file === undefined) return '/dev/null';
  terminal.files[file] = (terminal.files[file] ?? '').slice(0, -1);
  for (const name of Object.keys(before)) terminal.files[name] ??= before[name] ?? '';
  return file;
}

/** Puts what goes on into the background. Returns what a shell prints: `[1] 1234`. */
export function addJob(
  terminal: TerminalState,
  result: Extract<CommandResult, { type: 'process' | 'following' }>,
  text: string,
  redirect: (ended: Ended) => Ended,
): string {
  const id = Math.max(0, ...terminal.jobs.map((job) => job.id)) + 1;
  const runs: Foreground =
    result.type === 'process'
      ? { type: 'process', pid: result.pid, printed: 0 }
      : { type: 'following', follower: result.follower, state: result.state };
  const job: Job = { id, text, runs, output: destinationOf(terminal, redirect) };
  terminal.jobs.push(job);
  const first = result.type === 'following' ? result.stdout : '';
  return `[${id}] ${pidOf(job)}\n${put(terminal, job, first)}`;
}

/** Output of a job to its file, or back for the screen. */
function put(terminal: TerminalState, { output }: Job, text: string): string {
  if (output === SCREEN) return text;
  if (output !== '/dev/null') terminal.files[output] = (terminal.files[output] ?? '') + text;
  return '';
}

function poll(
  job: Job,
  terminal: TerminalState,
  system: JobSystem,
): { text: string; exitCode: number | undefined } {
  const { runs } = job;
  if (runs.type === 'process') {
    const { output, exitCode } = system.outputOf(runs.pid);
    const text = output.slice(runs.printed);
    runs.printed = output.length;
    return { text, exitCode: exitCode === undefined ? undefined : (job.endedBy ?? exitCode) };
  }
  const context: CommandContext = {
    cluster: system.cluster,
    place: placeOf(terminal),
    namespace: terminal.namespace,
    stdin: '',
    files: terminal.files,
  };
  const polled = system.followers[runs.follower]?.(runs.state, context);
  return { text: polled?.output ?? '', exitCode: polled?.exitCode };
}

const mark = (terminal: TerminalState, job: Job) => {
  const fromEnd = terminal.jobs.length - 1 - terminal.jobs.indexOf(job);
  return fromEnd === 0 ? '+' : fromEnd === 1 ? '-' : ' ';
};

const line = (terminal: TerminalState, job: Job, status: string, tail = '') =>
  `[${job.id}]${mark(terminal, job)}  ${status.padEnd(24)}${job.text}${tail}\n`;

/** What a shell calls an end by a signal. */
const BY_SIGNAL: Readonly<Record<number, string>> = {
  130: 'Interrupt',
  137: 'Killed',
  143: 'Terminated',
};

const statusOf = (exitCode: number) =>
  exitCode === 0 ? 'Done' : (BY_SIGNAL[exitCode] ?? `Exit ${exitCode}`);

/** What jobs have printed since the last time; at the prompt the shell says which have ended, and forgets them. */
export function pollJobs(
  terminal: TerminalState,
  system: JobSystem,
  when: 'at-the-prompt' | 'still',
): string {
  let screen = '';
  const ended: { job: Job; text: string }[] = [];
  for (const job of terminal.jobs) {
    const { text, exitCode } = poll(job, terminal, system);
    screen += put(terminal, job, text);
    if (exitCode !== undefined && when === 'at-the-prompt') {
      ended.push({ job, text: line(terminal, job, statusOf(exitCode)) });
    }
  }
  for (const { job, text } of ended) {
    terminal.jobs.splice(terminal.jobs.indexOf(job), 1);
    screen += text;
  }
  return screen;
}

function findJob(terminal: TerminalState, word: string | undefined): Job | undefined {
  if (word === undefined || word === '%%' || word === '%+') return terminal.jobs.at(-1);
  if (word.startsWith('%')) return terminal.jobs.find(({ id }) => id === Number(word.slice(1)));
  return terminal.jobs.find((job) => pidOf(job) === Number(word));
}

function toForeground(word: string | undefined, terminal: TerminalState, system: JobSystem) {
  const job = findJob(terminal, word);
  if (!job) return finished('', 1, `sh: fg: ${word ?? 'current'}: no such job\n`);
  terminal.jobs.splice(terminal.jobs.indexOf(job), 1);
  const { text, exitCode } = poll(job, terminal, system);
  const shown = `${job.text}\n${put(terminal, job, text)}`;
  if (exitCode === undefined) terminal.foreground = job.runs;
  return finished(shown, exitCode ?? 0);
}

const SIGNALS: Readonly<Record<string, Signal>> = {
  INT: 'SIGINT',
  2: 'SIGINT',
  KILL: 'SIGKILL',
  9: 'SIGKILL',
  TERM: 'SIGTERM',
  15: 'SIGTERM',
};

const KILL_USAGE =
  'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n';

/** `-9`, `-KILL`, `-s SIGKILL`, and what it is sent to. */
function readKill(args: readonly string[]): { name: string; targets: readonly string[] } {
  const [first = '', second = '', ...rest] = args;
  if (first === '-s' || first === '-n') return { name: second, targets: rest };
  if (/^-./.test(first)) return { name: first.slice(1), targets: args.slice(1) };
  return { name: 'TERM', targets: args };
}

function kill(args: readonly string[], terminal: TerminalState, system: JobSystem): CommandResult {
  const { name, targets } = readKill(args);
  if (targets.length === 0) return finished('', 2, KILL_USAGE);
  const signal = SIGNALS[name.replace(/^SIG/, '')];
  if (!signal) return finished('', 1, `sh: kill: ${name}: invalid signal specification\n`);
  let stderr = '';
  for (const word of targets) {
    const job = findJob(terminal, word);
    if (job?.runs.type === 'process') system.signal(job.runs.pid, signal);
    else if (job) terminal.jobs.splice(terminal.jobs.indexOf(job), 1);
    else {
      stderr += word.startsWith('%')
        ? `sh: kill: ${word}: no such job\n`
        : `sh: kill: (${word}) - No such process\n`;
    }
  }
  system.cluster.advance(MILLISECOND);
  for (const word of targets) endByDefault(findJob(terminal, word), signal, system);
  return finished('', stderr === '' ? 0 : 1, stderr);
}

/** What a program does not answer ends it, unless it is a container's first (signal(7)). */
function endByDefault(job: Job | undefined, signal: Signal, system: JobSystem): void {
  if (job?.runs.type !== 'process' || signal === 'SIGKILL') return;
  if (system.outputOf(job.runs.pid).exitCode !== undefined) return;
  job.endedBy = signal === 'SIGINT' ? 130 : 143;
  system.signal(job.runs.pid, 'SIGKILL');
}

/** `jobs`, `-l` with process ids, `-p` with nothing else; with jobs that are named, those alone. */
function list(args: readonly string[], terminal: TerminalState): CommandResult {
  const letters = args.filter((arg) => arg.startsWith('-')).join('');
  const named = args.filter((arg) => !arg.startsWith('-'));
  const missing = named.find((word) => !findJob(terminal, word));
  if (missing !== undefined) return finished('', 1, `sh: jobs: ${missing}: no such job\n`);
  const jobs = named.length === 0 ? terminal.jobs : named.map((word) => findJob(terminal, word));
  const lines = jobs.flatMap((job) => {
    if (!job) return [];
    if (letters.includes('p')) return [`${pidOf(job)}\n`];
    const text = line(terminal, job, 'Running', ' &');
    return [letters.includes('l') ? text.replace(/^(\[\d+\].) /, `$1 ${pidOf(job)}`) : text];
  });
  return finished(lines.join(''));
}

/** A last one that nobody ends (tcpdump without -c) is not waited for longer than this. */
const WAIT_LIMIT = 60_000 * MILLISECOND;

/** `wait`: for all jobs, or for those that are named, whose last one gives the exit code. */
function wait(args: readonly string[], terminal: TerminalState, system: JobSystem): CommandResult {
  for (const word of args) {
    if (findJob(terminal, word)) continue;
    const text = word.startsWith('%')
      ? `${word}: no such job`
      : `pid ${word} is not a child of this shell`;
    return finished('', 127, `sh: wait: ${text}\n`);
  }
  const codeOf = ({ runs, endedBy }: Job) =>
    endedBy ?? (runs.type === 'process' ? system.outputOf(runs.pid).exitCode : 0);
  const waited =
    args.length === 0 ? [...terminal.jobs] : args.flatMap((word) => findJob(terminal, word) ?? []);
  system.cluster.runUntil(() => waited.every((job) => codeOf(job) !== undefined), WAIT_LIMIT);
  const last = args.length === 0 ? undefined : waited.at(-1);
  return finished('', last ? (codeOf(last) ?? 0) : 0);
}

/** The commands of job control; undefined for every other name. Simplified: `kill` reaches a terminal's own jobs alone. */
export function jobCommand(
  name: string,
  args: readonly string[],
  terminal: TerminalState,
  system: JobSystem,
): CommandResult | undefined {
  switch (name) {
    case 'jobs':
      return list(args, terminal);
    case 'fg':
      return toForeground(args[0], terminal, system);
    case 'kill':
      return kill(args, terminal, system);
    case 'wait':
      return wait(args, terminal, system);
    case 'bg': {
      const job = findJob(terminal, args[0]);
      return finished(
        '',
        job ? 0 : 1,
        job
          ? `sh: bg: job ${job.id} already in background\n`
          : `sh: bg: ${args[0] ?? 'current'}: no such job\n`,
      );
    }
    default:
      return undefined;
  }
}
