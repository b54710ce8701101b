import { DAY, HOUR, MINUTE, SECOND, parseTimestamp, type Micros } from '../base/clock.ts';
import { invariant } from '../base/invariant.ts';
import type { Event } from '../api/core/event.ts';
import type { TraceTag } from '../trace/recorder.ts';
import { startCluster } from '../bootstrap.ts';
import { Cluster } from '../cluster.ts';
import { completeClusterOptions } from '../cluster-options.ts';
import { fingerprint, restore, save } from '../snapshot.ts';
import {
  continueForeground,
  interruptForeground,
  runLine,
  type ShellSystem,
} from '../shell/run.ts';
import { createTerminal, type TerminalState } from '../shell/terminal.ts';
import { copyPlain } from '../base/copy.ts';
import type { Action } from './action.ts';
import type { RestResponse } from '../apiserver/rest-types.ts';
import { applyManifest } from './apply-manifest.ts';
import { createManifests } from './create-manifests.ts';
import { passTime } from './pass-time.ts';
import { performRequest } from './perform-request.ts';
import type { Scenario } from './scenario.ts';
import { sendRequest } from './send-request.ts';
import type { Transcript } from './transcript.ts';

/** The commands of a terminal over this cluster. Whoever opens a sandbox hands them in: a page loads them apart. */
export type CreateShell = (cluster: Cluster) => ShellSystem;

/** A cluster with its terminal: what a transcript folds to. */
export interface Sandbox {
  readonly cluster: Cluster;
  readonly terminal: TerminalState;
  readonly shell: ShellSystem;
  readonly createShell: CreateShell;
  /** The cluster's clock when the scenario began: before the first action. */
  readonly startedAt: Micros;
}

export interface ActionResult {
  /** What the terminal prints. */
  readonly output: string;
  readonly exitCode: number;
  /** What a `request` is answered with. */
  readonly response?: RestResponse;
}

/** The simulated now when a scenario does not begin at another time: a Monday morning. */
const DEFAULT_NOW = '2026-11-02T09:00:00Z';
const MAX_ADVANCE: Micros = HOUR;
/** A live sandbox is over before. */
const MAX_CLOCK: Micros = DAY;
/** From the first node to the last manifest, so that what is a day old is not 23 hours old. */
const SETTING_UP: Micros = 2 * MINUTE;
/** What a person takes for a line. */
const TYPING: Micros = 2 * SECOND;
/** The last stretch of a scenario's past is lived: probes fill the bridges' tables. */
const WARM_UP: Micros = 15 * SECOND;

const UNITS: Readonly<Record<string, Micros>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

function durationOf(text: string | undefined): Micros {
  const match = /^(\d+)([smhd])$/.exec(text ?? '1d');
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? DAY) : DAY;
}

const sandboxOf = (
  cluster: Cluster,
  terminal: TerminalState,
  createShell: CreateShell,
  startedAt: Micros,
): Sandbox => ({ cluster, terminal, shell: createShell(cluster), createShell, startedAt });

/** The same sandbox with other commands in its terminal. */
export const withShell = (
  { cluster, terminal, startedAt }: Sandbox,
  createShell: CreateShell,
): Sandbox => sandboxOf(cluster, terminal, createShell, startedAt);

/** The same sandbox on a cluster whose state was changed from outside: nothing remembered of it is left. */
export function reopenSandbox({ cluster, terminal, createShell, startedAt }: Sandbox): Sandbox {
  const again = new Cluster(cluster.state);
  again.eventBudget = cluster.eventBudget;
  return sandboxOf(again, terminal, createShell, startedAt);
}

/**
 * The state before the first action: cluster built, manifests applied, settled, and aged. Whoever takes a scenario from
 * somebody else asks `findOptionProblems` about its cluster first.
 */
export function startScenario(scenario: Scenario, seed: string, createShell: CreateShell): Sandbox {
  const now = parseTimestamp(scenario.now ?? DEFAULT_NOW);
  invariant(now !== undefined, 'a scenario begins at a time');
  const age = durationOf(scenario.age);
  const options = completeClusterOptions(scenario.cluster);
  const cluster = startCluster(options, seed, now - age - SETTING_UP);
  const sandbox = sandboxOf(cluster, createTerminal('default', {}), createShell, now);
  for (const manifest of scenario.manifests) {
    const refusal = createManifests(cluster, manifest, 'default');
    invariant(refusal === undefined, `scenario ${scenario.name}: ${refusal ?? ''}`);
  }
  cluster.settle();
  for (const line of scenario.prepare ?? []) {
    const output = runLine(line, sandbox.terminal, sandbox.shell);
    invariant(sandbox.terminal.exitCode === 0, `scenario ${scenario.name}: ${line}: ${output}`);
    cluster.settle();
  }
  // Simplified: nothing happens while a scenario ages; probes and leases of that day are not replayed but for its end.
  if (cluster.now < now - WARM_UP) cluster.queue.skip(now - WARM_UP - cluster.now);
  cluster.advance(now - cluster.now);
  expireEvents(cluster);
  forgetTraces(cluster);
  return sandboxOf(
    new Cluster(cluster.state),
    createTerminal(scenario.namespace ?? 'default', scenario.files ?? {}),
    createShell,
    now,
  );
}

/** Events live for an hour (kube-apiserver --event-ttl). */
function expireEvents(cluster: Cluster): void {
  for (const event of cluster.store.list<Event>('Event')) {
    const last = parseTimestamp(event.lastTimestamp ?? '') ?? cluster.now;
    if (cluster.now - last > HOUR) {
      cluster.store.delete('Event', event.metadata.namespace, event.metadata.name);
    }
  }
}

function forgetTraces(cluster: Cluster): void {
  for (const id of Object.keys(cluster.state.traces)) {
    delete cluster.state.traces[id];
    delete cluster.state.traceTitles[id];
  }
}

/**
 * Folds a transcript. The same transcript gives the same sandbox on every machine. `eventBudget` bounds the work of
 * an untrusted one: past it the cluster stands still, and `cluster.isExhausted` says so.
 */
export function openSandbox(
  transcript: Transcript,
  createShell: CreateShell,
  eventBudget = Number.POSITIVE_INFINITY,
): Sandbox {
  const sandbox = startScenario(transcript.scenario, transcript.seed, createShell);
  sandbox.cluster.eventBudget = eventBudget;
  for (const action of transcript.actions) {
    if (sandbox.cluster.isExhausted) break;
    act(sandbox, action);
  }
  return sandbox;
}

/** Does one action. What the learner did wrong is in the output, in the real tool's words. */
export function act(sandbox: Sandbox, action: Action): ActionResult {
  const { terminal, shell, cluster } = sandbox;
  const done = (output: string): ActionResult => ({ output, exitCode: terminal.exitCode });
  switch (action.type) {
    case 'command':
      // Controllers work while a person types: what the last command asked for is under way by now.
      cluster.advance(TYPING);
      return done(runLine(action.line, terminal, shell));
    case 'interrupt':
      return done(interruptForeground(terminal, shell));
    case 'advance':
      return done(
        continueForeground(terminal, shell, Math.min(Math.max(0, action.duration), MAX_ADVANCE)),
      );
    case 'apply': {
      const { output, failed } = applyManifest(shell, action.yaml, terminal.namespace);
      return { output, exitCode: failed ? 1 : 0 };
    }
    case 'send': {
      const { output, exitCode } = sendRequest(sandbox, action.from, action.to);
      return { output, exitCode };
    }
    case 'request':
      return performRequest(shell, action);
    case 'clock':
      return done(passTime(sandbox, sandbox.startedAt + Math.min(action.to, MAX_CLOCK)));
  }
}

/** A copy that goes its own way: what-if, checks and figures leave the original untouched. */
export function forkSandbox(sandbox: Sandbox): Sandbox {
  const fork = sandboxOf(
    restore(save(sandbox.cluster)),
    copyPlain(sandbox.terminal),
    sandbox.createShell,
    sandbox.startedAt,
  );
  fork.cluster.eventBudget = sandbox.cluster.eventBudget;
  return fork;
}

/** What two machines compare after folding the same transcript. */
export function sandboxFingerprint(sandbox: Sandbox): string {
  return fingerprint({ cluster: sandbox.cluster.state, terminal: sandbox.terminal });
}

/** What Tab offers at the end of `line`. */
export function completeLine(sandbox: Sandbox, line: string): string[] {
  return sandbox.shell.complete(line, sandbox.terminal);
}

/** The newest trace that has steps. */
export function lastTrace(sandbox: Sandbox): TraceTag['trace'] | undefined {
  const ids = Object.keys(sandbox.cluster.state.traces);
  return ids.reverse().find((id) => (sandbox.cluster.state.traces[id]?.steps.length ?? 0) > 0);
}
