import type { Cluster } from '../cluster.ts';
import type { ShellSystem } from './run.ts';

/** A terminal that knows no command yet: enough for a cluster that is looked at, and to which packets are sent. */
export const noCommands = (cluster: Cluster): ShellSystem => ({
  cluster,
  findCommand: () => undefined,
  followers: {},
  complete: () => [],
  environmentOf: () => ({}),
  interrupt: () => {},
  signal: () => {},
  outputOf: () => ({ output: '', exitCode: 127 }),
});
