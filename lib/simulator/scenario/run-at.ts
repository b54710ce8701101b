import { SECOND } from '../base/clock.ts';
import type { Cluster } from '../cluster.ts';
import { startProgram } from '../shell/start-program.ts';
import { placeOfClient } from './send-request.ts';

const PATIENCE = 60 * SECOND;

/**
 * Runs one program of the network (`dig`, `ping`) where a client stands (`namespace/pod`, a node, `workstation`) and
 * waits for its end. Like `sendRequest` it needs no image that has the program.
 */
export function runAt(
  cluster: Cluster,
  from: string,
  program: string,
  args: readonly string[],
): { output: string; exitCode: number } {
  const place = placeOfClient(cluster, from);
  if (!place) return { output: `There is no running pod ${from}.\n`, exitCode: 1 };
  const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
  const started = startProgram(program, args, context);
  if (started.type !== 'process') return { output: '', exitCode: 1 };
  const process = () => cluster.network.processes[started.pid];
  cluster.runUntil(() => process()?.exitCode !== undefined, PATIENCE);
  return { output: process()?.output ?? '', exitCode: process()?.exitCode ?? 124 };
}
