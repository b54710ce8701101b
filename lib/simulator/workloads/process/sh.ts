import { MILLISECOND } from '../../base/clock.ts';
import type { Program, ProgramEvent, SocketId, SystemCalls } from '../../linux/program.ts';
import { formatDate } from '../calendar.ts';
import { compileScript, expandWord, type Instruction } from './script.ts';

interface Child {
  readonly program: string;
  state: unknown;
  exitCode?: number;
  readonly sockets: SocketId[];
  readonly timers: string[];
  readonly isMuted: boolean;
}

interface ShState {
  readonly instructions: readonly Instruction[];
  at: number;
  status: number;
  readonly variables: Record<string, string>;
  /** How far each `for` has come; the status of the last round of each `while`. */
  readonly loops: Record<number, number>;
  child?: Child;
  hasEnded: boolean;
}

type Programs = Readonly<Record<string, Program>>;

/** Steps between two breaths: a loop without a command that takes time must not stop the clock. */
const STEPS_AT_ONCE = 500;
const BREATH = 'sh';

/** The system calls as a child sees them: what it opens is closed at its end, and its end is not ours. */
function callsOf(child: Child, calls: SystemCalls): SystemCalls {
  const keep = <R extends ReturnType<SystemCalls['connect']>>(result: R): R => {
    if (result.ok) child.sockets.push(result.socket);
    return result;
  };
  return {
    now: calls.now,
    pid: calls.pid,
    hostname: calls.hostname,
    environment: calls.environment,
    random: () => calls.random(),
    readFile: (path) => calls.readFile(path),
    localAddresses: () => calls.localAddresses(),
    listen: (port, address, options) => keep(calls.listen(port, address, options)),
    accept: (listener) => calls.accept(listener),
    interfaces: () => calls.interfaces(),
    ownAddresses: () => calls.ownAddresses(),
    sourceTo: (destination) => calls.sourceTo(destination),
    connect: (to, options) => keep(calls.connect(to, options)),
    send: (socket, payload) => calls.send(socket, payload),
    close: (socket) => calls.close(socket),
    openUdp: (port, address, options) => keep(calls.openUdp(port, address, options)),
    sendTo: (socket, to, payload, options) => calls.sendTo(socket, to, payload, options),
    openPing: () => keep(calls.openPing()),
    sendEcho: (socket, to, sequence, options) => calls.sendEcho(socket, to, sequence, options),
    openCapture: (device) => keep(calls.openCapture(device)),
    sendFrame: (socket, frame) => calls.sendFrame(socket, frame),
    localAddress: (socket) => calls.localAddress(socket),
    peerAddress: (socket) => calls.peerAddress(socket),
    setTimer(name, delay) {
      if (!child.timers.includes(name)) child.timers.push(name);
      calls.setTimer(name, delay);
    },
    clearTimer: (name) => calls.clearTimer(name),
    print: (text) => (child.isMuted ? undefined : calls.print(text)),
    printError: (text) => calls.printError(text),
    exit(code) {
      child.exitCode = code;
    },
    record: (draft) => calls.record(draft),
  };
}

function reap(state: ShState, child: Child, calls: SystemCalls): void {
  for (const socket of child.sockets) calls.close(socket);
  for (const timer of child.timers) calls.clearTimer(timer);
  state.status = child.exitCode ?? 0;
  delete state.child;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\' };
const unescape = (text: string) =>
  text.replaceAll(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);

function echo(args: readonly string[]): string {
  const flags = args.slice(0, args.findIndex((arg) => !/^-[neE]+$/.test(arg)) + 1 || args.length);
  const options = flags.filter((arg) => /^-[neE]+$/.test(arg));
  const text = args.slice(options.length).join(' ');
  const isRaw = !options.some((option) => option.includes('e'));
  return (
    (isRaw ? text : unescape(text)) + (options.some((option) => option.includes('n')) ? '' : '\n')
  );
}

/** `[ -n x ]`, `[ a = b ]`, `[ 1 -lt 2 ]`. */
function test(args: readonly string[], calls: SystemCalls): boolean {
  const words = args[args.length - 1] === ']' ? args.slice(0, -1) : args;
  const [a = '', b = '', c = ''] = words;
  if (a === '!') return !test(words.slice(1), calls);
  if (words.length === 1) return a !== '';
  if (words.length === 2) {
    if (a === '-n') return b !== '';
    if (a === '-z') return b === '';
    return (
      (a === '-f' || a === '-e' || a === '-r' || a === '-s') && calls.readFile(b) !== undefined
    );
  }
  switch (b) {
    case '=':
    case '==':
      return a === c;
    case '!=':
      return a !== c;
    case '-eq':
      return Number(a) === Number(c);
    case '-ne':
      return Number(a) !== Number(c);
    case '-lt':
      return Number(a) < Number(c);
    case '-gt':
      return Number(a) > Number(c);
    case '-le':
      return Number(a) <= Number(c);
    case '-ge':
      return Number(a) >= Number(c);
    default:
      return false;
  }
}

function cat(paths: readonly string[], out: (text: string) => void, calls: SystemCalls): number {
  let status = 0;
  for (const path of paths) {
    const text = calls.readFile(path);
    if (text !== undefined) out(text);
    else {
      calls.printError(`cat: can't open '${path}': No such file or directory\n`);
      status = 1;
    }
  }
  return status;
}

/** A command that needs no process. Undefined when it is none of those. */
function builtIn(
  state: ShState,
  argv: readonly string[],
  isMuted: boolean,
  calls: SystemCalls,
): number | undefined {
  const [name = '', ...args] = argv;
  const out = (text: string) => {
    if (!isMuted) calls.print(text);
  };
  switch (name) {
    case ':':
    case 'true':
    case 'trap':
    case 'wait':
    case 'set':
    case 'cd':
    case 'export':
    // Simplified: a script writes no files, so that these have nothing to do.
    case 'mkdir':
    case 'touch':
    case 'cp':
    case 'mv':
    case 'rm':
      if (name === 'export') {
        for (const arg of args) {
          const equals = arg.indexOf('=');
          if (equals > 0) state.variables[arg.slice(0, equals)] = arg.slice(equals + 1);
        }
      }
      return 0;
    case 'false':
      return 1;
    case 'echo':
      out(echo(args));
      return 0;
    case 'printf':
      out(unescape(args[0] ?? '').replaceAll(/%[sd]/g, () => args.splice(1, 1)[0] ?? ''));
      return 0;
    case '[':
    case 'test':
      return test(args, calls) ? 0 : 1;
    case 'hostname':
      out(`${calls.hostname}\n`);
      return 0;
    case 'date':
      out(`${formatDate(calls.now)}\n`);
      return 0;
    case 'env':
      for (const [key, value] of Object.entries(calls.environment)) out(`${key}=${value}\n`);
      return 0;
    case 'cat':
      return cat(args, out, calls);
    case 'exit':
      state.hasEnded = true;
      return args[0] === undefined ? state.status : Number(args[0]) & 255;
    default:
      return undefined;
  }
}

function valueOf(state: ShState, name: string, calls: SystemCalls): string {
  if (name === '?') return String(state.status);
  if (name === '$') return String(calls.pid);
  if (name === '(hostname)') return calls.hostname;
  if (name === '(date)') return formatDate(calls.now);
  return state.variables[name] ?? calls.environment[name] ?? '';
}

/** Name of a program by its command: `/usr/bin/curl` is curl. */
export const baseName = (command: string) => command.slice(command.lastIndexOf('/') + 1);

function run(
  state: ShState,
  { words, isMuted }: Extract<Instruction, { op: 'run' }>,
  programs: Programs,
  calls: SystemCalls,
): void {
  const expanded = words.flatMap((word) => expandWord(word, (name) => valueOf(state, name, calls)));
  const argv = expanded[0] === 'exec' ? expanded.slice(1) : expanded;
  const [command] = argv;
  if (command === undefined) return;
  const status = builtIn(state, argv, isMuted, calls);
  if (status !== undefined) {
    state.status = status;
    return;
  }
  const program = programs[baseName(command)];
  if (!program) {
    calls.printError(`sh: ${command}: not found\n`);
    state.status = 127;
    return;
  }
  const child: Child = { program: program.name, state: null, sockets: [], timers: [], isMuted };
  state.child = child;
  child.state = program.start(argv.slice(1), callsOf(child, calls));
  if (child.exitCode !== undefined) reap(state, child, calls);
}

function step(
  state: ShState,
  instruction: Instruction,
  programs: Programs,
  calls: SystemCalls,
): void {
  state.at += 1;
  const expand = (word: string) => expandWord(word, (name) => valueOf(state, name, calls));
  switch (instruction.op) {
    case 'jump':
      state.at = instruction.to;
      return;
    case 'jump-if-ok':
      if (state.status === 0) state.at = instruction.to;
      return;
    case 'jump-if-failed':
      if (state.status !== 0) state.at = instruction.to;
      return;
    case 'assign':
      state.variables[instruction.name] = expand(instruction.word).join(' ');
      state.status = 0;
      return;
    case 'next': {
      const words = instruction.words.flatMap(expand);
      const count = state.loops[instruction.loop] ?? 0;
      const word = words[count];
      if (word === undefined) {
        delete state.loops[instruction.loop];
        state.at = instruction.to;
      } else {
        state.loops[instruction.loop] = count + 1;
        state.variables[instruction.name] = word;
      }
      return;
    }
    case 'remember':
      state.loops[instruction.slot] = instruction.status === 'ok' ? 0 : state.status;
      return;
    case 'recall':
      state.status = state.loops[instruction.slot] ?? 0;
      return;
    case 'ok':
      state.status = 0;
      return;
    case 'run':
      run(state, instruction, programs, calls);
  }
}

function proceed(state: ShState, programs: Programs, calls: SystemCalls): void {
  for (let steps = 0; steps < STEPS_AT_ONCE; steps++) {
    if (state.child) return;
    const instruction = state.instructions[state.at];
    if (!instruction || state.hasEnded) {
      calls.exit(state.status);
      return;
    }
    step(state, instruction, programs, calls);
  }
  calls.setTimer(BREATH, MILLISECOND);
}

function handleChild(
  state: ShState,
  child: Child,
  event: ProgramEvent,
  programs: Programs,
  calls: SystemCalls,
): void {
  const program = programs[child.program];
  program?.handle(child.state, event, callsOf(child, calls));
  if (child.exitCode === undefined) return;
  reap(state, child, calls);
  proceed(state, programs, calls);
}

/** A shell that runs the scripts of containers: `sh -c 'while true; do wget -qO- http://web; sleep 1; done'`. */
export function createSh(programs: Programs): Program<ShState> {
  return {
    name: 'sh',
    start(args, calls) {
      const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
      const path = args.find((arg) => !arg.startsWith('-'));
      const text = at >= 0 ? (args[at + 1] ?? '') : path === undefined ? '' : calls.readFile(path);
      const script = compileScript(text ?? '');
      const state: ShState = {
        instructions: script.ok ? script.instructions : [],
        at: 0,
        status: 0,
        variables: {},
        loops: {},
        hasEnded: false,
      };
      if (text === undefined) {
        calls.printError(`sh: 0: cannot open ${path}: No such file\n`);
        calls.exit(2);
      } else if (!script.ok) {
        calls.printError(`sh: 1: ${script.error}\n`);
        calls.exit(2);
      } else proceed(state, programs, calls);
      return state;
    },
    handle(state, event, calls) {
      if (event.type === 'signal') {
        // The first process of a container: the kernel drops a SIGTERM that nobody handles.
        if (event.signal === 'SIGINT') calls.exit(130);
      } else if (event.type === 'timer' && event.name === BREATH) proceed(state, programs, calls);
      else if (state.child) handleChild(state, state.child, event, programs, calls);
    },
  };
}

/** true(1), false(1), echo(1), hostname(1) and the like as programs of their own: one command of the shell. */
export function createCommand(name: string, programs: Programs): Program<ShState> {
  const sh = createSh(programs);
  return {
    ...sh,
    name,
    start(args, calls) {
      const quoted = [name, ...args].map((arg) => `'${arg.replaceAll("'", `'\\''`)}'`).join(' ');
      return sh.start(['-c', quoted], calls);
    },
  };
}
