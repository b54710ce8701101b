import type { Container, Probe } from '../../api/core/container.ts';
import type { Pod } from '../../api/core/pod.ts';
import { MILLISECOND, SECOND, type Micros } from '../../base/clock.ts';
import { nextFloat } from '../../base/random.ts';
import type { Process } from '../../linux/network.ts';
import { recordContainerEvent } from './pod-containers.ts';
import type { ContainerRuntime, PodWork, ProbeKind, ProbeRuntime } from './pod-runtime.ts';
import { networkProbe, startNetworkProbe, timeoutOf } from './probe-request.ts';
import { endProcess } from './processes.ts';
import { runInContainer } from './start-process.ts';

/** How often an attempt is looked at while the pod's first verdict is open: what keeps `settle` waiting for it. */
const ATTEMPT_WATCH = 250 * MILLISECOND;

const KINDS = ['startup', 'liveness', 'readiness'] as const;
const TITLES: Record<ProbeKind, string> = {
  startup: 'Startup',
  liveness: 'Liveness',
  readiness: 'Readiness',
};

const probeOf = (spec: Container, kind: ProbeKind): Probe | undefined => {
  switch (kind) {
    case 'startup':
      return spec.startupProbe;
    case 'liveness':
      return spec.livenessProbe;
    case 'readiness':
      return spec.readinessProbe;
  }
};

/** Starts one attempt. Undefined when there is nothing that could be asked. */
const attempt = (pod: Pod, spec: Container, probe: Probe, work: PodWork): number | undefined =>
  probe.exec?.command
    ? runInContainer(pod, spec, probe.exec.command, `${spec.name} (probe)`, work)
    : startNetworkProbe(spec, networkProbe(spec, probe, work), 'probe', work);

const successesNeeded = (probe: Probe, kind: ProbeKind) =>
  kind === 'readiness' ? (probe.successThreshold ?? 1) : 1;

/** Counts a result; the verdict changes at the threshold (prober/worker.go `doProbe`). */
function count(probe: Probe, kind: ProbeKind, state: ProbeRuntime, result: 'success' | 'failure') {
  state.streak = state.lastResult === result ? state.streak + 1 : 1;
  state.lastResult = result;
  const needed =
    result === 'success' ? successesNeeded(probe, kind) : (probe.failureThreshold ?? 3);
  if (state.streak >= needed) state.verdict = result;
}

function noteFailure(pod: Pod, spec: Container, kind: ProbeKind, output: string, work: PodWork) {
  const message = `${TITLES[kind]} probe failed: ${output}`;
  recordContainerEvent(pod, spec, 'Warning', 'Unhealthy', message, work);
}

interface Attempt {
  readonly pod: Pod;
  readonly spec: Container;
  readonly probe: Probe;
  readonly kind: ProbeKind;
  readonly state: ProbeRuntime;
}

/** How an attempt ended: its result and what it printed; undefined while it goes on. */
function resultOf(
  { probe, state }: Attempt,
  process: Process | undefined,
  now: Micros,
): { readonly result: 'success' | 'failure'; readonly output: string } | undefined {
  if (!process) return { result: 'failure', output: '' };
  if (process.exitCode !== undefined) {
    const result = process.exitCode === 0 ? 'success' : 'failure';
    return { result, output: process.output.trimEnd() };
  }
  if (state.deadline === undefined || now < state.deadline) return undefined;
  const command = (probe.exec?.command ?? []).join(' ');
  const output = `command timed out: "${command}" timed out after ${timeoutOf(probe) / SECOND}s`;
  return { result: 'failure', output };
}

function hear(attempt: Attempt, pid: number, work: PodWork): void {
  const { pod, spec, probe, kind, state } = attempt;
  const { network, now } = work.context;
  const ended = resultOf(attempt, network.processes[pid], now);
  if (!ended) return;
  endProcess(pid, work);
  delete state.pid;
  delete state.deadline;
  count(probe, kind, state, ended.result);
  if (ended.result === 'failure') noteFailure(pod, spec, kind, ended.output, work);
}

function begin({ pod, spec, probe, kind, state }: Attempt, work: PodWork): void {
  const { context } = work;
  const pid = attempt(pod, spec, probe, work);
  state.nextAt = context.now + (probe.periodSeconds ?? 10) * SECOND;
  if (pid === undefined) {
    const what = probe.exec
      ? `exec: "${probe.exec.command?.[0] ?? ''}": executable file not found in $PATH`
      : 'invalid port';
    const message = `${TITLES[kind]} probe errored and resulted in unknown state: ${what}`;
    recordContainerEvent(pod, spec, 'Warning', 'Unhealthy', message, work);
    count(probe, kind, state, 'failure');
    return;
  }
  state.pid = pid;
  if (probe.exec) state.deadline = context.now + timeoutOf(probe);
}

/** A probe is work until its first verdict; what it repeats afterwards is periodic. */
function schedule({ state }: Attempt, work: PodWork): void {
  const kind = state.verdict === 'undecided' ? 'work' : 'periodic';
  if (state.pid === undefined) {
    work.wakeAt(state.nextAt, kind);
    return;
  }
  if (state.deadline !== undefined) work.wakeAt(state.deadline, 'work');
  if (kind === 'work') work.wakeAt(work.context.now + ATTEMPT_WATCH, 'work');
}

function newProbe(probe: Probe, kind: ProbeKind, work: PodWork): ProbeRuntime {
  const { now, random } = work.context;
  // The kubelet spreads first attempts over a period; here over a second, after the initial delay.
  const jitter = Math.round(nextFloat(random) * 1000) * MILLISECOND;
  const delay = (probe.initialDelaySeconds ?? 0) * SECOND;
  return {
    verdict: kind === 'liveness' ? 'success' : 'undecided',
    streak: 0,
    nextAt: now + delay + jitter,
  };
}

/** Whether a probe has its turn: nothing before the startup probe succeeded, and that one only until then. */
function hasTurn(spec: Container, container: ContainerRuntime, kind: ProbeKind, work: PodWork) {
  if (work.runtime.stopping && kind !== 'readiness') return false;
  const hasStarted = container.probes.startup?.verdict === 'success';
  return kind === 'startup' ? !hasStarted : !spec.startupProbe || hasStarted;
}

/** One look at one probe: hears what came back, asks again when it is time. */
function runProbe(attempt: Attempt, work: PodWork): 'healthy' | 'restart' {
  const { kind, state } = attempt;
  if (state.pid !== undefined) hear(attempt, state.pid, work);
  if (kind !== 'readiness' && state.verdict === 'failure') return 'restart';
  if (kind === 'startup' && state.verdict === 'success') return 'healthy';
  if (state.pid === undefined && work.context.now >= state.nextAt) begin(attempt, work);
  schedule(attempt, work);
  return 'healthy';
}

/**
 * Runs the probes of a container that runs. `restart` when liveness or startup failed for good.
 * Source: pkg/kubelet/prober/worker.go.
 */
export function runProbes(
  pod: Pod,
  spec: Container,
  container: ContainerRuntime,
  work: PodWork,
): 'healthy' | 'restart' {
  if (container.run.state !== 'running' || container.run.postStart) return 'healthy';
  for (const kind of KINDS) {
    const probe = probeOf(spec, kind);
    if (!probe || !hasTurn(spec, container, kind, work)) continue;
    const state = (container.probes[kind] ??= newProbe(probe, kind, work));
    if (runProbe({ pod, spec, probe, kind, state }, work) === 'restart') return 'restart';
  }
  return 'healthy';
}

/** Ends attempts that are under way: their container is being stopped. */
export function stopProbes(container: ContainerRuntime, work: PodWork): void {
  for (const kind of KINDS) {
    const pid = container.probes[kind]?.pid;
    if (pid !== undefined) endProcess(pid, work);
    delete container.probes[kind];
  }
}
