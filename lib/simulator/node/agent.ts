import type { Micros } from '../base/clock.ts';
import type { RandomState } from '../base/random.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store, StoreChange } from '../apiserver/store.ts';
import type { NetworkEnvironment } from '../linux/environment.ts';
import type { Image } from '../linux/image.ts';
import type { Network } from '../linux/network.ts';
import type { ClusterOptions } from '../cluster-options.ts';

/** What an agent on a node may use: the API, and its own machine. */
export interface AgentContext {
  readonly node: string;
  readonly options: ClusterOptions;
  /** The image registry, by repository. */
  readonly images: Readonly<Record<string, Image>>;
  readonly store: Store;
  readonly network: Network;
  readonly environment: NetworkEnvironment;
  readonly now: Micros;
  readonly random: RandomState;
  /** Private plain data of this agent on this node, kept between calls: caches, leases, back-off. */
  readonly memory: Record<string, unknown>;
  /** Plain data that all instances of this agent keep together, so that a thousand nodes keep it once. */
  together(): Record<string, unknown>;
  requeue(key: string, delay: Micros): void;
  /** Whether the same agent runs on another node: what a session between the two tells. */
  readonly isPeerRunning: (node: string) => boolean;
  recordEvent(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    /** Of what part: `spec.containers{web}`. */
    fieldPath?: string,
  ): void;
}

/**
 * A program on every node that turns objects into rules, routes and processes: kubelet, kube-proxy, CNI agent.
 * It may be stopped; what it wrote then stays as it is.
 */
export interface NodeAgent {
  readonly name: string;
  /** The one machine where it runs; absent: every node. */
  readonly place?: string;
  /**
   * The nodes that a change may wake; absent: every one. Nothing but a short cut: on any other node `keysOf` would give no
   * key, and with thousands of nodes most changes are of one.
   */
  nodesOf?(change: StoreChange, store: Store): readonly string[] | 'all';
  /** Keys that a change wakes on `node`. */
  keysOf(change: StoreChange, node: string, store: Store): readonly string[];
  reconcile(key: string, context: AgentContext): void;
  /** It keeps nothing between calls: no memory is made for it. */
  readonly isForgetful?: true;
  /** On a dormant node it hears of no change: all that it does there is what `onWake` does. */
  readonly sleepsWithNode?: true;
  /** Keys that are woken on every other node when this agent stops or starts: its sessions end or begin. */
  readonly keysOfSession?: readonly string[];
  /** Somebody comes to this dormant node: what the agent has put off there is to be written now. */
  onWake?(context: AgentContext): void;
  /** It is being stopped: what ends with its process (listeners, what it remembers) goes; rules and routes stay. */
  onStop?(context: AgentContext): void;
  /** Processes of this agent's that ended, or output that it waits for (a kubelet watches its containers). */
  onProcessExit?(pid: number, context: AgentContext): void;
}
