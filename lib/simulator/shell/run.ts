import { MILLISECOND, SECOND, type Micros } from '../base/clock.ts';
import type { RestRequest, RestResponse } from '../apiserver/rest-types.ts';
import type { Cluster } from '../cluster.ts';
import type { Command, CommandContext, CommandResult, Follower, ShellPlace } from './command.ts';
import { addJob, jobCommand, pollJobs, type Signal } from './jobs.ts';
import { parseCommandLine } from './parse.ts';
import { inputRedirect, redirected, type Ended } from './redirect.ts';
import type { CommandList, Pipeline, SimpleCommand, Word } from './syntax.ts';
import { placeOf, type Foreground, type TerminalState } from './terminal.ts';

/** Which command a word means where the prompt stands; undefined gives "command not found". */
export type FindCommand = (name: string, context: CommandContext) => Command | undefined;

/** What a terminal stands on: handed in, so that this file knows no command by name. */
export interface ShellSystem {
  readonly cluster: Cluster;
  readonly findCommand: FindCommand;
  readonly followers: Readonly<Record<string, Follower>>;
  /** The API server's answer to a request of somebody's own kubectl. */
  answer(request: RestRequest): RestResponse;
  /** What Tab offers at the end of `line`. */
  complete(line: string, terminal: TerminalState): string[];
  /** The environment of a process that is started at this place. */
  environmentOf(place: ShellPlace): Readonly<Record<string, string>>;
  /** Ends what runs in the foreground: SIGINT to a process. */
  interrupt(pid: number): void;
  signal(pid: number, signal: Signal): void;
  outputOf(pid: number): { readonly output: string; readonly exitCode?: number };
}

/** A process that printed something and goes on after this long keeps the foreground and streams. */
const STREAM_AFTER: Micros = 3 * SECOND;
/** The longest a silent command is waited for: over TCP's own connect time-out (131 s). */
const PATIENCE: Micros = 300 * SECOND;
const MAX_COMMANDS_PER_LINE = 500;
const MAX_OUTPUT = 1_000_000;

/** After a line a person looks at the screen: what runs in the background goes on meanwhile. */
const GLANCE: Micros = 100 * MILLISECOND;

interface Run {
  readonly system: ShellSystem;
  readonly terminal: TerminalState;
  /** A line at the prompt tells of its jobs; a script, a loop and a substitution do not. */
  readonly from: 'prompt' | 'script';
  commands: number;
  output: string;
  /** `exit` was met: a script runs nothing more. */
  hasExited?: true;
}

/** What `kubectl exec` says behind a command that failed. */
const report = (exitCode: number, reports: 'exit code' | undefined) =>
  reports === undefined || exitCode === 0 ? '' : `command terminated with exit code ${exitCode}\n`;

/** Runs one input line. Returns what the terminal prints; a streaming command stays in `terminal.foreground`. */
export function runLine(line: string, terminal: TerminalState, system: ShellSystem): string {
  const source = terminal.pendingInput === '' ? line : `${terminal.pendingInput}\n${line}`;
  const parsed = parseCommandLine(source);
  if (!parsed.ok) {
    terminal.pendingInput = parsed.needsMore ? source : '';
    if (parsed.needsMore) return '';
    terminal.exitCode = 2;
    return `sh: ${parsed.message}\n`;
  }
  terminal.pendingInput = '';
  const run: Run = { system, terminal, from: 'prompt', commands: 0, output: '' };
  tellOfJobs(run);
  runList(parsed.list, run, 'may-stream');
  if (terminal.jobs.length > 0 && !terminal.foreground) system.cluster.advance(GLANCE);
  tellOfJobs(run);
  return run.output.slice(0, MAX_OUTPUT);
}

/** Lets time pass for what runs in the foreground; returns what it printed. */
export function continueForeground(
  terminal: TerminalState,
  system: ShellSystem,
  duration: Micros,
): string {
  system.cluster.advance(duration);
  const { foreground } = terminal;
  const fromJobs = pollJobs(terminal, system, 'still');
  if (!foreground) return fromJobs;
  return fromJobs + pollForeground(foreground, terminal, system);
}

/** Ctrl-C. */
export function interruptForeground(terminal: TerminalState, system: ShellSystem): string {
  const { foreground } = terminal;
  if (!foreground) {
    terminal.pendingInput = '';
    return '^C\n';
  }
  let output = '^C';
  if (foreground.type === 'process') {
    system.interrupt(foreground.pid);
    system.cluster.advance(MILLISECOND);
    output += pollForeground(foreground, terminal, system);
  }
  terminal.exitCode = 130;
  delete terminal.foreground;
  return `${output}\n`;
}

function pollForeground(
  foreground: Foreground,
  terminal: TerminalState,
  system: ShellSystem,
): string {
  if (foreground.type === 'process') {
    const { output, exitCode } = system.outputOf(foreground.pid);
    const fresh = output.slice(foreground.printed);
    foreground.printed = output.length;
    if (exitCode === undefined) return fresh;
    endForeground(terminal, exitCode);
    return fresh + report(exitCode, foreground.reports);
  }
  const result = system.followers[foreground.follower]?.(
    foreground.state,
    contextOf(terminal, system, ''),
  );
  if (result?.exitCode !== undefined) endForeground(terminal, result.exitCode);
  return result?.output ?? '';
}

function endForeground(terminal: TerminalState, exitCode: number): void {
  terminal.exitCode = exitCode;
  delete terminal.foreground;
}

function tellOfJobs(run: Run, when: 'at-the-prompt' | 'still' = 'at-the-prompt'): void {
  if (run.from === 'prompt') run.output += pollJobs(run.terminal, run.system, when);
}

function contextOf(terminal: TerminalState, system: ShellSystem, stdin: string): CommandContext {
  return {
    cluster: system.cluster,
    place: placeOf(terminal),
    get namespace() {
      return terminal.namespace;
    },
    set namespace(value: string) {
      terminal.namespace = value;
    },
    stdin,
    files: terminal.files,
  };
}

function runList(list: CommandList, run: Run, streaming: 'may-stream' | 'to-the-end'): void {
  list.forEach((pipeline, i) => {
    const { exitCode } = run.terminal;
    if (run.hasExited) return;
    if (pipeline.after === '&&' && exitCode !== 0) return;
    if (pipeline.after === '||' && exitCode === 0) return;
    runPipeline(pipeline, run, i === list.length - 1 ? streaming : 'to-the-end');
  });
}

function runPipeline(pipeline: Pipeline, run: Run, streaming: 'may-stream' | 'to-the-end'): void {
  if (pipeline.background !== undefined && startJob(pipeline, pipeline.background, run)) return;
  let stdin = '';
  pipeline.commands.forEach((command, i) => {
    const isLast = i === pipeline.commands.length - 1;
    if (command.type === 'for') {
      const inner: Run = { ...run, from: 'script', output: '' };
      for (const value of command.words.flatMap((word) => expandWord(word, run))) {
        run.terminal.variables[command.variable] = value;
        runList(command.body, inner, 'to-the-end');
        if (inner.output.length > MAX_OUTPUT || inner.commands > MAX_COMMANDS_PER_LINE) break;
        if (inner.hasExited) break;
      }
      run.commands = inner.commands;
      if (inner.hasExited) run.hasExited = true;
      if (isLast) run.output += inner.output;
      else stdin = inner.output;
      return;
    }
    const mayStream = streaming === 'may-stream' && isLast && pipeline.commands.length === 1;
    const ended = runSimple(command, stdin, run, mayStream ? 'may-stream' : 'to-the-end');
    run.terminal.exitCode = ended.exitCode;
    if (isLast) run.output += ended.stdout + ended.stderr;
    else {
      stdin = ended.stdout;
      run.output += ended.stderr;
    }
  });
}

/**
 * Starts a command and leaves it. False when it is nothing that goes on: then it is run as it stands, which is over before
 * anything else happens. Simplified: of a pipe, and of `a && b &`, only a last simple command goes to the background.
 */
function startJob({ commands }: Pipeline, text: string, run: Run): boolean {
  const [command] = commands;
  if (command?.type !== 'simple' || commands.length > 1) return false;
  const [name, ...args] = command.words.flatMap((word) => expandWord(word, run));
  const context = contextOf(run.terminal, run.system, '');
  const result =
    name === undefined ? undefined : run.system.findCommand(name, context)?.(args, context);
  if (!result) return false;
  if (result.type !== 'process' && result.type !== 'following') {
    const { stdout, stderr } = redirect(finishResult(result, run, 'to-the-end'), command, run);
    run.output += stdout + stderr;
    return true;
  }
  const job = addJob(run.terminal, result, text, (ended) => redirect(ended, command, run));
  if (run.from === 'prompt') run.output += job;
  return true;
}

const redirect = (ended: Ended, { redirects }: SimpleCommand, run: Run) =>
  redirected(ended, redirects, run.terminal, (word) => expandWord(word, run));

function runSimple(
  command: SimpleCommand,
  stdin: string,
  run: Run,
  streaming: 'may-stream' | 'to-the-end',
): Ended {
  for (const { name, value } of command.assignments) {
    run.terminal.variables[name] = expandWord(value, run).join(' ');
  }
  const [name, ...args] = command.words.flatMap((word) => expandWord(word, run));
  const input = inputRedirect(command.redirects, run.terminal, (word) => expandWord(word, run));
  if (input.error !== undefined) return { stdout: '', stderr: input.error, exitCode: 1 };
  if (name === undefined) return redirect({ stdout: '', stderr: '', exitCode: 0 }, command, run);
  run.commands += 1;
  if (run.commands > MAX_COMMANDS_PER_LINE) {
    return { stdout: '', stderr: 'sh: too many commands in one line\n', exitCode: 1 };
  }
  const ofJobs = jobCommand(name, args, run.terminal, run.system);
  if (ofJobs) return redirect(finishResult(ofJobs, run, streaming), command, run);
  const context = contextOf(run.terminal, run.system, input.text ?? stdin);
  const found = run.system.findCommand(name, context);
  if (!found) return { stdout: '', stderr: `sh: ${name}: command not found\n`, exitCode: 127 };
  return redirect(finishResult(found(args, context), run, streaming), command, run);
}

/** Waits for a result to end, or leaves it in the foreground when it streams. */
function finishResult(
  result: CommandResult,
  run: Run,
  streaming: 'may-stream' | 'to-the-end',
): Ended {
  const { terminal, system } = run;
  switch (result.type) {
    case 'finished':
      return result;
    case 'moved':
      if (result.place === 'back' && run.from === 'script') run.hasExited = true;
      else if (result.place !== 'back') terminal.places.push(result.place);
      else if (terminal.places.length > 1) terminal.places.pop();
      return { stdout: '', stderr: '', exitCode: result.exitCode ?? 0 };
    case 'elsewhere':
      return { stdout: '', stderr: 'sh: nested too deep\n', exitCode: 1 };
    case 'script':
      return runScript(result, run);
    case 'process': {
      const ended = waitForProcess(result, run, streaming);
      tellOfJobs(run, 'still');
      return ended;
    }
    case 'following': {
      if (streaming === 'may-stream') {
        terminal.foreground = { type: 'following', follower: result.follower, state: result.state };
        return { stdout: result.stdout, stderr: result.stderr ?? '', exitCode: 0 };
      }
      let stdout = result.stdout;
      let exitCode: number | undefined;
      system.cluster.runUntil(() => {
        const polled = system.followers[result.follower]?.(
          result.state,
          contextOf(terminal, system, ''),
        );
        stdout += polled?.output ?? '';
        exitCode = polled?.exitCode;
        return exitCode !== undefined || stdout.length > MAX_OUTPUT;
      }, PATIENCE);
      return { stdout, stderr: result.stderr ?? '', exitCode: exitCode ?? 130 };
    }
  }
}

/** `sh -c '...'`: the whole language, where the script's place is. */
function runScript(
  { line, place, reports }: Extract<CommandResult, { type: 'script' }>,
  run: Run,
): Ended {
  const parsed = parseCommandLine(line);
  if (!parsed.ok) return { stdout: '', stderr: `sh: ${parsed.message}\n`, exitCode: 2 };
  const { terminal } = run;
  const inner: Run = { ...run, from: 'script', output: '' };
  const variables = { ...terminal.variables };
  terminal.places.push(place);
  runList(parsed.list, inner, 'to-the-end');
  terminal.places.pop();
  restore(terminal.variables, variables);
  run.commands = inner.commands;
  const { exitCode } = terminal;
  return { stdout: inner.output, stderr: report(exitCode, reports), exitCode };
}

/** What a script sets is its own. */
function restore(
  variables: Record<string, string>,
  before: Readonly<Record<string, string>>,
): void {
  for (const name of Object.keys(variables)) if (!(name in before)) delete variables[name];
  Object.assign(variables, before);
}

/** timeout(1): what was ended by the clock counts as 124. */
const exitCodeOf = (exitCode: number, deadline: Micros | undefined, now: Micros) =>
  deadline !== undefined && now >= deadline ? 124 : exitCode;

function waitForProcess(
  { pid, deadline, reports }: Extract<CommandResult, { type: 'process' }>,
  run: Run,
  streaming: 'may-stream' | 'to-the-end',
): Ended {
  const { system, terminal } = run;
  const hasEnded = () => system.outputOf(pid).exitCode !== undefined;
  const since = system.cluster.now;
  const streams = () =>
    streaming === 'may-stream' &&
    system.cluster.now - since >= STREAM_AFTER &&
    system.outputOf(pid).output !== '';
  system.cluster.runUntil(() => hasEnded() || streams(), PATIENCE);
  if (!hasEnded() && streaming === 'may-stream') {
    const { output } = system.outputOf(pid);
    const { length: printed } = output;
    terminal.foreground = { type: 'process', pid, printed, ...(reports ? { reports } : {}) };
    return { stdout: output, stderr: '', exitCode: 0 };
  }
  if (!hasEnded()) {
    system.interrupt(pid);
    system.cluster.advance(MILLISECOND);
  }
  const { output, exitCode } = system.outputOf(pid);
  const code = exitCodeOf(exitCode ?? 130, deadline, system.cluster.now);
  return { stdout: output, stderr: report(code, reports), exitCode: code };
}

/** One word to its arguments: quoted parts stay whole, an unquoted expansion is split at blanks. */
function expandWord(word: Word, run: Run): string[] {
  const results: string[] = [''];
  const isQuoted = word.some((part) => part.type === 'text' || part.quoted);
  for (const part of word) {
    if (part.type === 'text') {
      results[results.length - 1] += part.text;
      continue;
    }
    const value =
      part.type === 'variable' ? variableOf(part.name, run) : substitute(part.list, run);
    const pieces = part.quoted ? [value] : value.split(/\s+/).filter((piece) => piece !== '');
    pieces.forEach((piece, i) => {
      if (i > 0) results.push('');
      results[results.length - 1] += piece;
    });
  }
  return results.length === 1 && results[0] === '' && !isQuoted ? [] : results;
}

function variableOf(name: string, run: Run): string {
  if (name === '?') return String(run.terminal.exitCode);
  const { terminal, system } = run;
  return terminal.variables[name] ?? system.environmentOf(placeOf(terminal))[name] ?? '';
}

function substitute(list: CommandList, run: Run): string {
  const inner: Run = { ...run, from: 'script', output: '' };
  runList(list, inner, 'to-the-end');
  run.commands = inner.commands;
  return inner.output.replace(/\n+$/, '');
}
