import { killProcess, removeProcess, signalProcess } from '../../linux/process.ts';
import type { PodWork } from './pod-runtime.ts';

/** Whether a process is still there and has not ended. */
export function isAlive(pid: number, { context }: PodWork): boolean {
  const process = context.network.processes[pid];
  return process !== undefined && process.exitCode === undefined;
}

/** Asks a process to end. */
export function terminate(pid: number, { context }: PodWork): void {
  signalProcess(context.network, context.environment, pid, 'SIGTERM');
}

/** Ends a process at once (SIGKILL): exit code 137. */
export function kill(pid: number, work: PodWork): void {
  if (isAlive(pid, work)) killProcess(work.context.network, work.context.environment, pid);
}

/** Ends a process if need be, and forgets it with all that it printed. */
export function endProcess(pid: number, work: PodWork): void {
  kill(pid, work);
  removeProcess(work.context.network, pid);
  delete work.memory.owners[pid];
}
