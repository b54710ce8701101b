import { addNamespace } from '../../linux/network-state.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { startCluster } from '../../bootstrap.ts';
import { SECOND } from '../../base/clock.ts';
import { createShellSystem } from '../../shell/system.ts';
import { createTerminal } from '../../shell/terminal.ts';
import { continueForeground, runLine } from '../../shell/run.ts';
import { withoutTimes, type SessionStep } from './session.ts';

/** Seconds that a command may go on after it has begun to print. */
const PATIENCE = 60;

/** Types the lines of a session in a fresh network namespace of a node, and says what came back. */
export function replaySession(lines: readonly string[]): SessionStep[] {
  const cluster = startCluster(DEFAULT_CLUSTER, 'sessions', 1_763_800_000 * SECOND);
  addNamespace(cluster.network, { id: 'session', machine: 'node-a' });
  const terminal = createTerminal('default', {});
  terminal.places.push({ type: 'node', node: 'node-a', netns: 'session' });
  const system = createShellSystem(cluster);
  return lines.map((line) => {
    let output = runLine(line, terminal, system);
    for (let i = 0; i < PATIENCE && terminal.foreground; i++)
      output += continueForeground(terminal, system, SECOND);
    return { line, output: withoutTimes(output), exitCode: terminal.exitCode };
  });
}
