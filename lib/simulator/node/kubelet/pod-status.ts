import type { Container, ContainerState, ContainerStatus } from '../../api/core/container.ts';
import type { Pod, PodCondition, PodPhase, PodStatus } from '../../api/core/pod.ts';
import { formatTimestamp, type Micros } from '../../base/clock.ts';
import { podPhase } from './pod-phase.ts';
import type { ContainerRuntime, PodRuntime, Termination } from './pod-runtime.ts';
import { fullImageName, imageId } from './image-id.ts';

function terminated(end: Termination): ContainerState {
  const { exitCode, reason, message, startedAt, finishedAt, id } = end;
  return {
    terminated: {
      exitCode,
      reason,
      ...(message === undefined ? {} : { message }),
      startedAt: formatTimestamp(startedAt),
      finishedAt: formatTimestamp(finishedAt),
      containerID: `containerd://${id}`,
    },
  };
}

function stateOf({ run }: ContainerRuntime, idle: string): ContainerState {
  switch (run.state) {
    case 'waiting': {
      const reason = run.reason === 'ContainerCreating' ? idle : run.reason;
      return {
        waiting: { reason, ...(run.message === undefined ? {} : { message: run.message }) },
      };
    }
    case 'starting':
      return { waiting: { reason: idle } };
    case 'running':
      if (run.postStart) return { waiting: { reason: idle } };
      return { running: { startedAt: formatTimestamp(run.startedAt) } };
    case 'exited':
      return terminated(run.termination);
  }
}

function idOf({ run, last }: ContainerRuntime): string | undefined {
  if (run.state === 'running') return run.id;
  return run.state === 'exited' ? run.termination.id : last?.id;
}

const holds = (container: ContainerRuntime, kind: 'startup' | 'readiness', spec: Container) => {
  const probe = kind === 'startup' ? spec.startupProbe : spec.readinessProbe;
  return !probe || container.probes[kind]?.verdict === 'success';
};

type Role = 'init' | 'main';

function containerStatus(
  spec: Container,
  container: ContainerRuntime,
  role: Role,
  idle: string,
): ContainerStatus {
  const isRunning = container.run.state === 'running' && !container.run.postStart;
  const started = isRunning && holds(container, 'startup', spec);
  const hasSucceeded = container.run.state === 'exited' && container.run.termination.exitCode === 0;
  const isOneShot = role === 'init' && spec.restartPolicy !== 'Always';
  const id = idOf(container);
  const image = spec.image ?? '';
  return {
    name: spec.name,
    state: stateOf(container, idle),
    lastState: container.last ? terminated(container.last) : {},
    ready: isOneShot ? hasSucceeded : started && holds(container, 'readiness', spec),
    restartCount: container.restarts,
    image: id === undefined ? image : fullImageName(image),
    imageID: id === undefined ? '' : imageId(image),
    ...(id === undefined ? {} : { containerID: `containerd://${id}` }),
    started,
  };
}

/** Go prints a list of strings so: `[web sidecar]`. */
const goList = (names: readonly string[]) => `[${names.join(' ')}]`;

type Draft = Pick<PodCondition, 'type' | 'status' | 'reason' | 'message'>;

const condition = (type: string, isTrue: boolean, reason?: string, message?: string): Draft => ({
  type,
  status: isTrue ? 'True' : 'False',
  ...(reason === undefined ? {} : { reason }),
  ...(message === undefined ? {} : { message }),
});

/** pkg/kubelet/status/generate.go, `GenerateContainersReadyCondition`. */
function containersReady(pod: Pod, statuses: readonly ContainerStatus[], phase: PodPhase): Draft {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return condition(type, false, 'PodCompleted');
  if (phase === 'Failed') return condition(type, false, 'PodFailed');
  const sidecars = (pod.spec.initContainers ?? []).filter(
    (each) => each.restartPolicy === 'Always',
  );
  const unready = [...sidecars, ...pod.spec.containers]
    .map(({ name }) => name)
    .filter((name) => !statuses.some((status) => status.name === name && status.ready));
  if (unready.length === 0) return condition(type, true);
  const message = `containers with unready status: ${goList(unready)}`;
  return condition(type, false, 'ContainersNotReady', message);
}

function podReady(pod: Pod, base: Draft): Draft {
  if (base.status !== 'True') return { ...base, type: 'Ready' };
  const problems = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const found = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (!found) {
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    }
    if (found.status === 'True') return [];
    return [
      `the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`,
    ];
  });
  if (problems.length === 0) return condition('Ready', true);
  return condition('Ready', false, 'ReadinessGatesNotReady', problems.join(', '));
}

function initialized(
  inits: readonly ContainerStatus[],
  hasStarted: boolean,
  phase: PodPhase,
): Draft {
  if (phase === 'Succeeded') return condition('Initialized', true, 'PodCompleted');
  const open = inits.filter((status) => !status.ready && !status.started);
  if (hasStarted || open.length === 0) return condition('Initialized', true);
  const message = `containers with incomplete status: ${goList(open.map(({ name }) => name))}`;
  return condition('Initialized', false, 'ContainersNotInitialized', message);
}

function stamped(pod: Pod, drafts: readonly Draft[], now: Micros): PodCondition[] {
  const { generation } = pod.metadata;
  return drafts.map((draft) => {
    const before = pod.status?.conditions?.find(({ type }) => type === draft.type);
    const lastTransitionTime =
      before?.status === draft.status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : formatTimestamp(now);
    return {
      ...draft,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime,
    };
  });
}

const OWN_CONDITIONS: readonly string[] = [
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
];

/** The status of a pod from what the kubelet knows: everything that the API shows of it. */
export function podStatus(
  pod: Pod,
  runtime: PodRuntime,
  addresses: readonly string[],
  hostIps: readonly string[],
  now: Micros,
): PodStatus {
  const specs = pod.spec.initContainers ?? [];
  const statusOf = (role: Role, idle: string) => (spec: Container) => {
    const container = runtime.containers[spec.name];
    return container ? [containerStatus(spec, container, role, idle)] : [];
  };
  const inits = specs.flatMap(statusOf('init', 'PodInitializing'));
  const idle = specs.length > 0 ? 'PodInitializing' : 'ContainerCreating';
  const statuses = pod.spec.containers.flatMap(statusOf('main', idle));
  const debuggers = (pod.spec.ephemeralContainers ?? []).flatMap(
    statusOf('main', 'ContainerCreating'),
  );
  const ownPhase = podPhase(pod, [...inits, ...statuses], runtime.stopping ? 'ending' : 'goes on');
  const isOver = [...inits, ...statuses].every(({ state }) => !state?.running);
  const phase = runtime.failure && isOver ? 'Failed' : ownPhase;
  const ready = containersReady(pod, [...inits, ...statuses], phase);
  const hasStarted = statuses.some(
    ({ state, lastState }) => state?.running ?? lastState?.terminated,
  );
  const drafts: Draft[] = [
    condition('PodReadyToStartContainers', runtime.sandbox.state === 'ready'),
    initialized(inits, hasStarted, phase),
    podReady(pod, ready),
    ready,
    condition('PodScheduled', true),
  ];
  const foreign = (pod.status?.conditions ?? []).filter(
    ({ type }) => !OWN_CONDITIONS.includes(type),
  );
  const { generation } = pod.metadata;
  return {
    ...pod.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: [...stamped(pod, drafts, now), ...foreign],
    hostIP: hostIps[0] ?? '',
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(addresses[0] === undefined
      ? {}
      : { podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) }),
    startTime: formatTimestamp(runtime.startedAt),
    ...(inits.length > 0 ? { initContainerStatuses: inits } : {}),
    containerStatuses: statuses,
    ...(debuggers.length > 0 ? { ephemeralContainerStatuses: debuggers } : {}),
    ...(runtime.failure && isOver ? runtime.failure : {}),
  };
}
