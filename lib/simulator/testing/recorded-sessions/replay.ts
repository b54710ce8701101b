import { addNamespace } from '../../linux/network-state.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { startCluster } from '../../bootstrap.ts';
import { SECOND } from '../../base/clock.ts';
import { createShellSystem } from '../../shell/system.ts';
import { createTerminal } from '../../shell/terminal.ts';
import { runLine } from '../../shell/run.ts';
import type { SessionStep } from './session.ts';

/** Types the lines of a session in a fresh network namespace of a node, and says what came back. */
export function replaySession(lines: readonly string[]): SessionStep[] {
  const cluster = startCluster(DEFAULT_CLUSTER, 'sessions', 1_763_800_000 * SECOND);
  addNamespace(cluster.network, { id: 'session', machine: 'node-a' });
  const terminal = createTerminal('default', {});
  terminal.places.push({ type: 'node', node: 'node-a', netns: 'session' });
  const system = createShellSystem(cluster);
  return lines.map((line) => {
    const output = runLine(line, terminal, system);
    return { line, output, exitCode: terminal.exitCode };
  });
}
