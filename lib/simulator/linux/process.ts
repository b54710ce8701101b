import type { ObjectRef } from '../base/object-ref.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { removeCaptures } from './capture.ts';
import { NETWORK_TARGET, type NetworkEnvironment } from './environment.ts';
import { stackOf } from './kernel.ts';
import type { Network, NetworkEvent, Process } from './network.ts';
import type { ProgramEvent } from './program.ts';
import { createSystemCalls } from './system-calls.ts';
import { socketsOfProcess } from './socket-index.ts';
import { closeAssociation } from './sctp.ts';
import { removeSocket } from './sockets.ts';
import type { Stack } from './stack.ts';
import { closeConnection } from './tcp.ts';

export interface ProcessDraft {
  readonly program: string;
  readonly args: readonly string[];
  /** Id of the network namespace it runs in. */
  readonly namespace: string;
  readonly hostname: string;
  readonly files: Record<string, string>;
  readonly environment: Record<string, string>;
  /** Absent: root. */
  readonly uid?: number;
  readonly because?: ObjectRef;
  /** The trace that what it sends belongs to. */
  readonly tag?: TraceTag;
}

/** execve(): the program starts at once, as the next event. Returns its pid. */
export function startProcess(
  network: Network,
  environment: NetworkEnvironment,
  draft: ProcessDraft,
): number {
  const pid = network.nextPid++;
  const { args, ...rest } = draft;
  network.processes[pid] = { ...rest, pid, state: undefined, timers: {}, nextTimer: 1, output: '' };
  schedule(environment, {
    type: 'start',
    pid,
    args,
    ...(draft.tag ? { tag: draft.tag } : {}),
  });
  return pid;
}

function schedule(environment: NetworkEnvironment, event: NetworkEvent): void {
  environment.queue.schedule(0, NETWORK_TARGET, event);
}

/** kill(2). SIGKILL ends the process at once (exit code 137); the others are an event that it may answer. */
export function signalProcess(
  network: Network,
  environment: NetworkEnvironment,
  pid: number,
  signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL',
): void {
  const process = network.processes[pid];
  if (process?.exitCode !== undefined || !process) return;
  if (signal === 'SIGKILL') endProcess(network, environment, process, 137);
  else schedule(environment, { type: 'notify', pid, event: { type: 'signal', signal } });
}

/** SIGKILL: the process ends at once, with exit code 137, and is reported like any other. */
export function killProcess(network: Network, environment: NetworkEnvironment, pid: number): void {
  signalProcess(network, environment, pid, 'SIGKILL');
}

/** Forgets a process that has ended (wait(2)). */
export function removeProcess(network: Network, pid: number): void {
  delete network.processes[pid];
}

/** The process is over: its sockets are closed as the kernel closes them, and whoever waits is told. */
function endProcess(
  network: Network,
  environment: NetworkEnvironment,
  process: Process,
  exitCode: number,
): void {
  if (process.exitCode !== undefined) return;
  process.exitCode = exitCode;
  for (const name of Object.keys(process.timers)) delete process.timers[name];
  environment.exited.push(process.pid);
  const stack = stackOf(network, environment, process.namespace);
  if (!stack) return;
  removeCaptures(stack.namespace, ({ pid }) => pid === process.pid);
  for (const socket of socketsOfProcess(stack.namespace, process.pid)) {
    socket.isOrphan = true;
    if (socket.protocol === 'tcp') closeConnection(stack, socket);
    else if (socket.protocol === 'sctp') closeAssociation(stack, socket);
    else removeSocket(stack, socket.id);
  }
}

/** The first instructions of a process. */
export function runStart(
  network: Network,
  environment: NetworkEnvironment,
  event: { pid: number; args: readonly string[]; tag?: TraceTag },
): void {
  enter(network, environment, event.pid, (process, stack) => {
    const program = environment.programs[process.program];
    if (!program) {
      process.output += `exec: "${process.program}": executable file not found in $PATH\n`;
      endProcess(network, environment, process, 127);
      return;
    }
    process.state = program.start(event.args, callsOf(stack, process, event.tag));
  });
}

/** A process hears of something. A signal that its program does not answer is ignored, as by process 1 of a container. */
export function runNotify(
  network: Network,
  environment: NetworkEnvironment,
  event: { pid: number; event: ProgramEvent; tag?: TraceTag | undefined },
): void {
  enter(network, environment, event.pid, (process, stack) => {
    const program = environment.programs[process.program];
    program?.handle(process.state, event.event, callsOf(stack, process, event.tag));
  });
}

/** A timer fires, unless it was moved or cleared meanwhile. */
export function runTimer(
  network: Network,
  environment: NetworkEnvironment,
  event: { pid: number; name: string; token: number; tag?: TraceTag },
): void {
  const process = network.processes[event.pid];
  if (process?.timers[event.name] !== event.token) return;
  delete process.timers[event.name];
  runNotify(network, environment, {
    pid: event.pid,
    event: { type: 'timer', name: event.name },
    tag: event.tag,
  });
}

function enter(
  network: Network,
  environment: NetworkEnvironment,
  pid: number,
  work: (process: Process, stack: Stack) => void,
): void {
  const process = network.processes[pid];
  const stack = process && stackOf(network, environment, process.namespace);
  if (!process || !stack || process.exitCode !== undefined) return;
  work(process, stack);
}

const callsOf = (stack: Stack, process: Process, tag: TraceTag | undefined) =>
  createSystemCalls(stack, process, tag, (code) =>
    endProcess(stack.network, stack.environment, process, code),
  );
