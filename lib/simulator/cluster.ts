import { SECOND, type Micros } from './base/clock.ts';
import { EventQueue, type EventQueueState, type ScheduledEvent } from './base/event-queue.ts';
import { invariant } from './base/invariant.ts';
import { seedRandom, type RandomState } from './base/random.ts';
import type { KubeObject } from './api/meta/object.ts';
import { createStore, createStoreState } from './apiserver/create-store.ts';
import { recordEvent } from './apiserver/record-event.ts';
import type { ApiServer } from './apiserver/rest-types.ts';
import type { Store, StoreState } from './apiserver/store.ts';
import type { ClusterOptions } from './cluster-options.ts';
import type { Controller } from './controllers/controller.ts';
import { CONTROLLERS } from './controllers/list.ts';
import { NETWORK_TARGET, type NetworkEnvironment } from './linux/environment.ts';
import { handleNetworkEvent } from './linux/handle-network-event.ts';
import type { Image } from './linux/image.ts';
import type { Network, NetworkEvent, NetworkNamespace } from './linux/network.ts';
import { createNetwork } from './linux/network-state.ts';
import type { AgentContext, NodeAgent } from './node/agent.ts';
import { agentsOf } from './node/list.ts';
import { setMachinePower } from './node/machine-power.ts';
import { HEALTH_PROGRAM } from './node/kube-proxy/health-program.ts';
import { HEALTH_CHECK_PROGRAM } from './node/load-balancer/health-checks.ts';
import { SPEAKER_PROGRAM } from './node/load-balancer/speaker-program.ts';
import { createLocalEnd, LOCAL_END } from './node/port-forward/local-end.ts';
import { createPodEnd, POD_END } from './node/port-forward/pod-end.ts';
import { readContainerLog } from './node/kubelet/container-process.ts';
import { imagesOnDisk } from './node/kubelet/pod-runtime.ts';
import { presentObject } from './node/kubelet/present-object.ts';
import { PROBE_PROGRAM } from './node/kubelet/probe-program.ts';
import { createRecorder, type RecordedTraces, type TraceTag } from './trace/recorder.ts';
import { dispositionOf } from './trace/disposition.ts';
import type { Trace } from './trace/trace.ts';
import { IMAGES } from './workloads/images.ts';
import { targetOf, Watchers } from './watchers.ts';
import { WorkQueue } from './work-queue.ts';
import { createPrograms } from './workloads/programs.ts';

/** Everything that a running cluster is: plain data, copied by `structuredClone`, hashed by `fingerprint`. */
export interface ClusterState {
  readonly options: ClusterOptions;
  readonly queue: EventQueueState;
  readonly random: RandomState;
  readonly store: StoreState;
  readonly network: Network;
  readonly traces: RecordedTraces;
  readonly traceTitles: Record<string, string>;
  nextTrace: number;
  /** `agent/<name>/<node>` → what that agent remembers. */
  readonly agentMemory: Record<string, Record<string, unknown>>;
  /** Event targets of agents that were stopped: they hear nothing, and what they wrote stays. */
  readonly stoppedAgents: string[];
}

/** `settle` gives up after this much virtual time; whatever still changes then is not going to settle. */
const SETTLE_LIMIT: Micros = 120 * SECOND;
const KEPT_TRACES = 20;

/** State of a cluster with nothing in it, at time `now`. */
export function createClusterState(
  options: ClusterOptions,
  seed: string,
  now: Micros,
): ClusterState {
  return {
    options,
    queue: { now, sequence: 0, heap: [] },
    random: seedRandom(seed),
    store: createStoreState(),
    network: createNetwork(),
    traces: {},
    traceTitles: {},
    nextTrace: 1,
    agentMemory: {},
    stoppedAgents: [],
  };
}

/** The composition root: store, controllers, agents and machines on one clock. */
export class Cluster {
  readonly queue: EventQueue;
  readonly store: Store;
  readonly environment: NetworkEnvironment;
  private readonly agents: readonly NodeAgent[];
  private readonly work: WorkQueue;
  private readonly watchers: Watchers;

  constructor(readonly state: ClusterState) {
    this.agents = agentsOf(state.options);
    this.queue = new EventQueue(state.queue);
    this.work = new WorkQueue(this.queue, state.stoppedAgents);
    this.store = createStore({
      state: state.store,
      options: state.options,
      now: () => this.queue.now,
      random: state.random,
    });
    this.environment = {
      queue: this.queue,
      random: state.random,
      recorder: createRecorder(state.traces, () => this.queue.now),
      programs: {
        ...createPrograms({ store: this.store }),
        [PROBE_PROGRAM.name]: PROBE_PROGRAM,
        [HEALTH_PROGRAM.name]: HEALTH_PROGRAM,
        [SPEAKER_PROGRAM.name]: SPEAKER_PROGRAM,
        [HEALTH_CHECK_PROGRAM.name]: HEALTH_CHECK_PROGRAM,
        [LOCAL_END]: createLocalEnd(() => this),
        [POD_END]: createPodEnd(() => this),
      },
      exited: [],
      wake: (namespace) => {
        this.wake(namespace);
      },
    };
    this.watchers = new Watchers(this.agents, state.options.nodes, this.store, this.work, (node) =>
      Boolean(state.network.namespaces[node]?.isDormant),
    );
    this.store.subscribe((change) => this.watchers.hear(change));
  }

  get options(): ClusterOptions {
    return this.state.options;
  }

  get network(): Network {
    return this.state.network;
  }

  get random(): RandomState {
    return this.state.random;
  }

  get images(): Readonly<Record<string, Image>> {
    return IMAGES;
  }

  get now(): Micros {
    return this.queue.now;
  }

  /** Events that may still be fired: an untrusted transcript is replayed with a finite number. */
  eventBudget = Number.POSITIVE_INFINITY;

  /** The budget was used up: nothing happens any more, and whoever replays says so. */
  get isExhausted(): boolean {
    return this.eventBudget <= 0;
  }

  /** Whether only periodic work, timers and packets are left. */
  get isSettled(): boolean {
    return !this.work.hasWork;
  }

  /** What REST needs: kubectl in the page and `sim serve` both enter there. */
  get apiServer(): ApiServer {
    return {
      store: this.store,
      options: this.options,
      now: this.now,
      present: (object) =>
        presentObject(object, {
          store: this.store,
          now: this.now,
          images: this.images,
          imagesOf: (node) => imagesOnDisk(this.state.agentMemory[`agent/kubelet/${node}`]),
        }),
      readLog: (namespace, pod, container, query) =>
        readContainerLog(
          this.network,
          this.store,
          namespace,
          pod,
          container,
          query.previous ? 'previous' : 'current',
        ),
    };
  }

  /** Fires the next event. False when nothing is due, or the budget is used up. */
  step(): boolean {
    if (this.isExhausted) return false;
    this.eventBudget -= 1;
    const event = this.queue.next();
    if (!event) return false;
    if (event.target === NETWORK_TARGET) {
      handleNetworkEvent(this.network, event.payload as NetworkEvent, this.environment);
    } else this.dispatch(event);
    this.reportExits();
    return true;
  }

  /** Fires all events of the next `duration` and moves the clock to its end. */
  advance(duration: Micros): void {
    const end = this.now + duration;
    this.runUntil(() => false, duration);
    this.queue.advanceTo(end);
  }

  /** Fires events until `isDone`, at most for `limit` of virtual time. True when it became so. */
  runUntil(isDone: () => boolean, limit: Micros): boolean {
    const end = this.now + limit;
    while (!isDone()) {
      const next = this.queue.peek();
      if (!next || next.at > end || !this.step()) return false;
    }
    return true;
  }

  /** Lets controllers and agents finish: runs until only periodic work (probes, back-off) is left. */
  settle(): void {
    const end = this.now + SETTLE_LIMIT;
    while (this.work.hasWork) {
      const next = this.queue.peek();
      if (!next || next.at > end || !this.step()) return;
    }
  }

  /** Opens a trace; the tag goes to whoever causes packets. The oldest traces are forgotten. */
  openTrace(title: string): TraceTag {
    const id = `t${this.state.nextTrace++}`;
    this.state.traces[id] = { packets: 0, steps: [] };
    this.state.traceTitles[id] = title;
    const ids = Object.keys(this.state.traces);
    for (const old of ids.slice(0, Math.max(0, ids.length - KEPT_TRACES))) {
      delete this.state.traces[old];
      delete this.state.traceTitles[old];
    }
    return { trace: id, packet: 0 };
  }

  trace(id: string): Trace | undefined {
    const recorded = this.state.traces[id];
    if (!recorded) return undefined;
    const flow = recorded.steps[0]?.flow;
    return {
      id,
      title: this.state.traceTitles[id] ?? '',
      steps: recorded.steps,
      disposition: dispositionOf(recorded.steps),
      ...(flow ? { flow } : {}),
    };
  }

  /** Stops or starts an agent on a node, as `systemctl` would. A started agent looks at everything again. */
  setAgent(name: string, node: string, to: 'stopped' | 'running'): void {
    const agent = this.agents.find((candidate) => candidate.name === name);
    invariant(agent, `no agent ${name}`);
    const target = targetOf(agent, node);
    const index = this.state.stoppedAgents.indexOf(target);
    if (to === 'stopped' && index < 0) {
      agent.onStop?.(this.agentContext(agent, node));
      this.state.stoppedAgents.push(target);
      this.work.stop(target);
    }
    if (to === 'running' && index >= 0) {
      this.state.stoppedAgents.splice(index, 1);
      this.work.start(target);
      this.watchers.hearEverything(agent, node, this.state.store);
    }
    this.watchers.hearOfPeer(agent, node);
  }

  /** Turns the machine of a node off or on: whatever runs there is silent while it is off. */
  setPower(node: string, to: 'on' | 'off'): void {
    setMachinePower(this.network, node, to);
    for (const { name, place } of this.agents) {
      if (place === undefined) this.setAgent(name, node, to === 'on' ? 'running' : 'stopped');
    }
  }

  /** Has the agents of a dormant node write what they have put off there. Not an action: it shows what was there already. */
  wake(namespace: NetworkNamespace): void {
    if (!namespace.isDormant) return;
    delete namespace.isDormant;
    for (const agent of this.agents) agent.onWake?.(this.agentContext(agent, namespace.machine));
  }

  private dispatch(event: ScheduledEvent): void {
    const key = this.work.take(event);
    invariant(key !== undefined, `event for ${event.target} has no key`);
    const [role, name = '', node = ''] = event.target.split('/');
    if (role === 'controller') {
      const controller = CONTROLLERS.find((candidate) => candidate.name === name);
      invariant(controller, `no controller ${name}`);
      this.reconcileController(controller, key);
      return;
    }
    const agent = this.agents.find((candidate) => candidate.name === name);
    invariant(agent, `no agent ${name}`);
    if (!this.work.isStopped(event.target)) agent.reconcile(key, this.agentContext(agent, node));
  }

  private reconcileController(controller: Controller, key: string): void {
    controller.reconcile(key, {
      store: this.store,
      options: this.options,
      now: this.now,
      random: this.random,
      requeue: (again, delay) => this.work.enqueue(`controller/${controller.name}`, again, delay),
      recordEvent: (object, type, reason, message) =>
        this.recordEvent(controller.name, undefined, object, type, reason, message),
    });
  }

  private agentContext(agent: NodeAgent, node: string): AgentContext {
    const target = targetOf(agent, node);
    return {
      node,
      options: this.options,
      images: this.images,
      store: this.store,
      network: this.network,
      environment: this.environment,
      now: this.now,
      random: this.random,
      memory: agent.isForgetful ? {} : (this.state.agentMemory[target] ??= {}),
      together: () => (this.state.agentMemory[`agent/${agent.name}`] ??= {}),
      requeue: (key, delay) => this.work.enqueue(target, key, delay),
      isPeerRunning: (peer) => !this.work.isStopped(targetOf(agent, peer)),
      recordEvent: (object, type, reason, message, fieldPath) =>
        this.recordEvent(agent.name, node, object, type, reason, message, fieldPath),
    };
  }

  private recordEvent(
    component: string,
    host: string | undefined,
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    fieldPath?: string,
  ): void {
    recordEvent(this.store, this.now, {
      object,
      type,
      reason,
      message,
      component,
      ...(host === undefined ? {} : { host }),
      ...(fieldPath === undefined ? {} : { fieldPath }),
    });
  }

  private reportExits(): void {
    for (const pid of this.environment.exited.splice(0)) {
      const process = this.network.processes[pid];
      const node = process && this.network.namespaces[process.namespace]?.machine;
      if (node === undefined || !this.watchers.isNode(node)) continue;
      for (const agent of this.agents) {
        if (!this.work.isStopped(targetOf(agent, node))) {
          agent.onProcessExit?.(pid, this.agentContext(agent, node));
        }
      }
    }
  }
}
