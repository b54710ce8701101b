import { SECOND } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import { WORKSTATION } from '../bootstrap.ts';
import type { Cluster } from '../cluster.ts';
import { removeProcess, startProcess } from '../linux/process.ts';
import type { Step } from '../trace/step.ts';

/** Whether every step of a request is recorded. */
export type Recording = 'traced' | 'untraced';

/** Where a request comes from. */
export interface Place {
  /** Id of a network namespace. */
  readonly namespace: string;
  readonly hostname: string;
}

const AT_THE_WORKSTATION: Place = { namespace: WORKSTATION, hostname: WORKSTATION };

/** One HTTP request of a real curl, to the last FIN. Throws when it does not get its answer. */
export function sendOne(
  cluster: Cluster,
  url: string,
  recording: Recording,
  from: Place = AT_THE_WORKSTATION,
): string {
  const tag = recording === 'traced' ? cluster.openTrace(url) : undefined;
  const pid = startProcess(cluster.network, cluster.environment, {
    program: 'curl',
    args: ['-sS', '-o', '/dev/null', '-w', '%{http_code}', url],
    ...from,
    files: {},
    environment: {},
    ...(tag ? { tag } : {}),
  });
  const process = cluster.network.processes[pid];
  cluster.runUntil(() => process?.exitCode !== undefined, 30 * SECOND);
  cluster.advance(5_000);
  invariant(process?.output === '200', `curl ${url}: ${process?.output ?? 'no process'}`);
  removeProcess(cluster.network, pid);
  return tag?.trace ?? '';
}

/** The steps of one request. */
export const stepsOfOne = (cluster: Cluster, url: string, from?: Place): readonly Step[] =>
  cluster.trace(sendOne(cluster, url, 'traced', from))?.steps ?? [];
