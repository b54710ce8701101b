import { MILLISECOND, SECOND } from '../base/clock.ts';
import { startProgram } from '../shell/start-program.ts';
import type { Check, Finding } from './checks.ts';
import { act, type Sandbox } from './open-sandbox.ts';
import { placeOfClient } from './send-request.ts';

const BETWEEN_REQUESTS = 100 * MILLISECOND;
const TIMEOUT_SECONDS = 5;
/** The cluster is watched until it is settled, for at least the first of these and at most the second. */
const [AT_LEAST, AT_MOST] = [10 * SECOND, 90 * SECOND];

/** curl(1)'s exit codes in words; whatever else happens cut the connection. */
const FAILURES: Readonly<Record<number, string>> = {
  6: 'unresolved',
  7: 'refused',
  22: 'answered with an error',
  28: 'timed out',
};
const CUT_OFF = 'cut off';

interface Endurance {
  readonly sent: number;
  readonly failures: readonly string[];
}

/** Clients ask one after another, each without waiting for the one before, while the cluster does what it was told. */
function askThroughout({ cluster }: Sandbox, from: string, url: string): Endurance | undefined {
  const place = placeOfClient(cluster, from);
  if (!place) return undefined;
  const tag = cluster.openTrace(url);
  delete cluster.state.traces[tag.trace]; // nobody reads what hundreds of requests did
  const args = ['-sS', '-f', '-m', String(TIMEOUT_SECONDS), url];
  const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
  const began = cluster.now;
  const pids: number[] = [];
  const isOver = () =>
    cluster.now - began >= AT_MOST || (cluster.isSettled && cluster.now - began >= AT_LEAST);
  while (!isOver() && !cluster.isExhausted) {
    const started = startProgram('curl', args, context, tag);
    if (started.type !== 'process') return undefined;
    pids.push(started.pid);
    cluster.advance(BETWEEN_REQUESTS);
  }
  cluster.advance((TIMEOUT_SECONDS + 1) * SECOND);
  const failures = pids
    .map((pid) => cluster.network.processes[pid]?.exitCode ?? 28)
    .filter((exitCode) => exitCode !== 0)
    .map((exitCode) => FAILURES[exitCode] ?? CUT_OFF);
  return { sent: pids.length, failures };
}

function describe({ sent, failures }: Endurance): string {
  if (failures.length === 0) return `${sent} requests, none failed`;
  const kinds = [...new Set(failures)].sort();
  const counts = kinds.map((kind) => `${failures.filter((one) => one === kind).length} ${kind}`);
  return `${sent} requests, ${counts.join(', ')}`;
}

/** Whether clients notice anything while `during` is carried out. Changes the sandbox: hand in a fork. */
export function checkUninterrupted(
  check: Extract<Check, { type: 'uninterrupted' }>,
  fork: Sandbox,
): Finding {
  const expected = 'no request fails';
  const told = act(fork, { type: 'command', line: check.during });
  if (told.exitCode !== 0) {
    return { title: check.title, passed: false, observed: told.output.trim(), expected };
  }
  const seen = askThroughout(fork, check.from, check.url);
  return {
    title: check.title,
    passed: seen?.failures.length === 0,
    observed: seen ? describe(seen) : `no running pod ${check.from}`,
    expected,
  };
}
