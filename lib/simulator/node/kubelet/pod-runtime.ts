import type { Micros } from '../../base/clock.ts';
import type { AgentContext } from '../agent.ts';
import type { BackOff } from './back-off.ts';

/** What a kubelet knows about one pod on its node. Plain data in the agent's memory. */
export interface PodRuntime {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly startedAt: Micros;
  sandbox: Sandbox;
  /** Init containers and containers by name: names are unique in a pod. */
  readonly containers: Record<string, ContainerRuntime>;
  /** Set when the pod is on its way out. */
  stopping?: { killAt: Micros; removeAt?: Micros };
  /** Why the kubelet itself ends the pod, and calls it failed. */
  failure?: { readonly reason: string; readonly message: string };
}

export type Sandbox =
  | { readonly state: 'absent'; readonly retryAt: Micros }
  | { readonly state: 'creating'; readonly readyAt: Micros }
  | {
      readonly state: 'ready';
      readonly id: string;
      /** The machine's own namespace for a pod on the host's network. */
      readonly netns: string;
      readonly addresses: readonly string[];
    }
  /** Its network is gone; the addresses stay in the status of a finished pod. */
  | { readonly state: 'released'; readonly addresses: readonly string[] };

export interface ContainerRuntime {
  image: ImageState;
  /** Of the pulls that failed, in a row. */
  imageBackOff?: BackOff;
  run: RunState;
  restarts: number;
  /** How it ended the last time, when it has been started again or waits for it. */
  last?: Termination;
  backOff?: BackOff;
  /** The process before the current one: `kubectl logs --previous`. */
  previousPid?: number;
  readonly probes: Partial<Record<ProbeKind, ProbeRuntime>>;
  /** Being stopped: until when it may take, the preStop hook under way, and when SIGKILL follows the SIGTERM that was sent. */
  stop?: { deadline: Micros; hook?: HookRun; killAt?: Micros };
  /** A probe asked for another start: the container is being stopped, killed at this time at the latest. */
  restartBy?: Micros;
}

/** A lifecycle hook under way: a process, or a pause. `nothing` could not even begin. */
export type HookRun =
  | { readonly type: 'process'; readonly pid: number }
  | { readonly type: 'sleep'; readonly until: Micros }
  | { readonly type: 'nothing' };

export type ImageState =
  | { readonly state: 'unknown' }
  | { readonly state: 'pulling'; readonly since: Micros; readonly endsAt: Micros }
  | { readonly state: 'present' }
  | {
      readonly state: 'failed';
      readonly reason:
        'ErrImagePull' | 'ImagePullBackOff' | 'InvalidImageName' | 'ErrImageNeverPull';
      readonly message: string;
      readonly failedAt: Micros;
      readonly retryAt: Micros;
    };

export interface Termination {
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt: Micros;
  readonly finishedAt: Micros;
  readonly id: string;
}

type RunState =
  | { readonly state: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly state: 'starting'; readonly startsAt: Micros; readonly id: string }
  | {
      readonly state: 'running';
      readonly pid: number;
      readonly startedAt: Micros;
      readonly id: string;
      /** Until it is over, the container does not count as running. */
      postStart?: HookRun;
    }
  | { readonly state: 'exited'; readonly pid?: number; readonly termination: Termination };

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeRuntime {
  /** What counts now; a probe that never answered has its initial value. */
  verdict: 'success' | 'failure' | 'undecided';
  /** Equal results in a row, and which. */
  streak: number;
  lastResult?: 'success' | 'failure';
  nextAt: Micros;
  /** The attempt under way. */
  pid?: number;
  /** When an attempt that runs a command counts as failed. */
  deadline?: Micros;
}

/** What a kubelet keeps between calls. */
export interface KubeletMemory {
  /** By pod uid. */
  readonly pods: Record<string, PodRuntime>;
  /** Images on the node's disk, by the name they were pulled under. */
  readonly images: Record<string, true>;
  /** Which pod a process belongs to: containers, probes, hooks. */
  readonly owners: Record<number, string>;
  /** It has been stopped, and has not said yet that it runs again. */
  wasStopped?: true;
}

/** The kubelet's own view of its memory; made when it is first needed. */
export function kubeletMemory({ memory }: Pick<AgentContext, 'memory'>): KubeletMemory {
  memory['pods'] ??= {};
  memory['images'] ??= {};
  memory['owners'] ??= {};
  return memory as unknown as KubeletMemory;
}

/** The names of the images that a kubelet has pulled, from its memory. */
export const imagesOnDisk = (memory: Record<string, unknown> | undefined): readonly string[] =>
  Object.keys((memory as Partial<KubeletMemory> | undefined)?.images ?? {});

/** What one step of the kubelet works with. */
export interface PodWork {
  readonly context: AgentContext;
  readonly memory: KubeletMemory;
  readonly runtime: PodRuntime;
  /** Look at this pod again at `time`. Work that would go on for ever is `periodic`. */
  wakeAt(time: Micros, kind: 'work' | 'periodic'): void;
}

export const newContainerRuntime = (): ContainerRuntime => ({
  image: { state: 'unknown' },
  run: { state: 'waiting', reason: 'ContainerCreating' },
  restarts: 0,
  probes: {},
});

/** `web-7c9d_default(3f2a...)`: how the kubelet names a pod in messages. */
export const formatPod = ({ name, namespace, uid }: PodRuntime) => `${name}_${namespace}(${uid})`;
