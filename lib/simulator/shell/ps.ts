import type { Process } from '../linux/network.ts';
import { finished, type Command, type CommandContext } from './command.ts';
import { localSystemOf } from './namespace-of-place.ts';

/** What one sees: on a machine everything that runs there, in a container its own processes. */
function visibleProcesses(context: CommandContext): Process[] {
  const { network } = context.cluster;
  const system = localSystemOf(context);
  if (!system) return [];
  const { process: main, machine } = system;
  return Object.values(network.processes).filter((process) => {
    if (process.exitCode !== undefined) return false;
    if (!main) return network.namespaces[process.namespace]?.machine === machine.name;
    const { because } = process;
    return (
      process.namespace === main.namespace &&
      because?.name === main.because?.name &&
      because?.detail === main.because?.detail
    );
  });
}

const HEADERS = {
  short: '    PID TTY          TIME CMD\n',
  full: 'UID          PID    PPID  C STIME TTY          TIME CMD\n',
  bsd: 'USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n',
} as const;

function line({ pid, program }: Process, form: keyof typeof HEADERS): string {
  const id = String(pid);
  switch (form) {
    case 'short':
      return `${id.padStart(7)} ?        00:00:00 ${program}\n`;
    case 'full':
      return `root     ${id.padStart(7)}       0  0 00:00 ?        00:00:00 ${program}\n`;
    case 'bsd':
      return `root     ${id.padStart(7)}  0.0  0.0      0     0 ?        Ss   00:00   0:00 ${program}\n`;
  }
}

/**
 * ps(1) of procps. Simplified: everything is shown whoever asks, a process is its program's name, costs nothing, and has
 * the same number inside a container as outside.
 */
export const ps: Command = (args, context) => {
  const words = args.join('').replaceAll('-', '');
  const form = words.includes('f') ? 'full' : words.includes('u') ? 'bsd' : 'short';
  const lines = visibleProcesses(context).map((process) => line(process, form));
  return finished(HEADERS[form] + lines.join(''));
};
