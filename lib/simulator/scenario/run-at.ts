import { SECOND } from '../base/clock.ts';
import type { Sandbox } from './sandbox.ts';
import { placeOfClient } from './send-request.ts';

/** Runs one command where a client stands (`namespace/pod`, a node, `workstation`) and waits for its end. */
export function runAt(
  { cluster, shell }: Sandbox,
  from: string,
  argv: readonly string[],
): { output: string; exitCode: number } {
  const place = placeOfClient(cluster, from);
  if (!place) return { output: `There is no running pod ${from}.\n`, exitCode: 1 };
  const [name = '', ...args] = argv;
  const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
  const command = shell.findCommand(name, context);
  if (!command) return { output: `sh: ${name}: command not found\n`, exitCode: 127 };
  const result = command(args, context);
  if (result.type === 'finished') {
    return { output: result.stdout + result.stderr, exitCode: result.exitCode };
  }
  if (result.type !== 'process') return { output: '', exitCode: 0 };
  const ended = () => shell.outputOf(result.pid).exitCode !== undefined;
  cluster.runUntil(ended, 60 * SECOND);
  const { output, exitCode } = shell.outputOf(result.pid);
  return { output, exitCode: exitCode ?? 124 };
}
