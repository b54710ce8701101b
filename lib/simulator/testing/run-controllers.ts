import type { Pod } from '../api/core/pod.ts';
import type { Event } from '../api/core/event.ts';
import type { ApiResult, KubeObject } from '../api/meta/object.ts';
import { createStore, createStoreState } from '../apiserver/create-store.ts';
import { recordEvent } from '../apiserver/record-event.ts';
import type { Store } from '../apiserver/store.ts';
import {
  formatTimestamp,
  MILLISECOND,
  parseTimestamp,
  SECOND,
  type Micros,
} from '../base/clock.ts';
import { EventQueue } from '../base/event-queue.ts';
import { seedRandom } from '../base/random.ts';
import { DEFAULT_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import type { Controller, ControllerContext } from '../controllers/controller.ts';

/** Controllers over a real store and clock, without machines: what tests of a control loop need. */
export interface ControllerBench {
  readonly store: Store;
  readonly queue: EventQueue;
  /** Runs until only periodic work is left; fails when that takes too many steps. */
  settle: () => void;
  advance(duration: Micros): void;
  /** Adds an object that must be acceptable. */
  add<T extends KubeObject>(object: T): T;
  /** `Reason: message`, oldest first, of everything or of one kind of object. */
  events(kind?: string): string[];
  /** Plays the kubelets: assigned pods get an address and become ready, deleted ones go. */
  playKubelets(): void;
}

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const MOST_STEPS = 20_000;
const MOST_ROUNDS = 200;

export function accept<T>(result: ApiResult<T>): T {
  if (!result.ok) throw new Error(result.status.message ?? 'refused');
  return result.value;
}

export function runControllers(
  controllers: readonly Controller[],
  options: ClusterOptions = DEFAULT_CLUSTER,
): ControllerBench {
  const queue = new EventQueue({ now: START, sequence: 0, heap: [] });
  const random = seedRandom('bench');
  const store = createStore({ state: createStoreState(), options, now: () => queue.now, random });

  store.subscribe((change) => {
    for (const controller of controllers) {
      for (const key of controller.keysOf(change, store)) {
        queue.schedule(2 * MILLISECOND, controller.name, key);
      }
    }
  });

  const contextOf = ({ name }: Controller): ControllerContext => ({
    store,
    options,
    now: queue.now,
    random,
    requeue: (key, delay) => queue.schedule(delay, name, key),
    recordEvent: (object, type, reason, message) =>
      recordEvent(store, queue.now, { object, type, reason, message, component: name }),
  });

  const step = () => {
    const event = queue.next();
    const controller = controllers.find(({ name }) => name === event?.target);
    if (event && controller) controller.reconcile(String(event.payload), contextOf(controller));
  };

  const bench: ControllerBench = {
    store,
    queue,
    settle() {
      let steps = 0;
      while (queue.state.heap.some(({ payload }) => !String(payload).startsWith('periodic:'))) {
        if (steps++ > MOST_STEPS) throw new Error('the controllers do not settle');
        step();
      }
    },
    advance(duration) {
      const end = queue.now + duration;
      while ((queue.peek()?.at ?? Infinity) <= end) step();
      queue.advanceTo(end);
    },
    add: (object) => accept(store.create(object)),
    events: (kind) => formatEvents(store, kind),
    playKubelets: () => playKubelets(bench),
  };
  return bench;
}

function formatEvents(store: Store, kind: string | undefined): string[] {
  // The name ends with the time in hexadecimal.
  const timeOf = ({ metadata }: Event) => metadata.name.split('.').at(-1) ?? '';
  return store
    .list<Event>('Event')
    .filter(({ involvedObject }) => kind === undefined || involvedObject.kind === kind)
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
    .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`);
}

function playKubelets({ store, queue, settle }: ControllerBench): void {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    settle();
    const pods = store.list<Pod>('Pod');
    const going = pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined);
    const coming = pods.filter(
      (pod) => pod.spec.nodeName && !pod.status?.podIP && !going.includes(pod),
    );
    for (const { metadata } of going) {
      accept(store.delete('Pod', metadata.namespace, metadata.name, { gracePeriodSeconds: 0 }));
    }
    for (const pod of coming) {
      const taken = store.list<Pod>('Pod').map(({ status }) => status?.podIP);
      const last = Array.from({ length: 250 }, (_, i) => i + 2).find(
        (number) => !taken.includes(`10.244.0.${number}`),
      );
      accept(store.updateStatus(readyPod(pod, `10.244.0.${last ?? 0}`, queue.now)));
    }
    if (going.length + coming.length === 0) return;
    queue.advanceTo(queue.now + SECOND);
  }
  throw new Error('the pods do not settle');
}

/** A pod as its kubelet shows it when all is well. */
export function readyPod(pod: Pod, address: string, now: Micros): Pod {
  const conditions = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'Ready');
  const ready = {
    type: 'Ready',
    status: 'True' as const,
    lastTransitionTime: formatTimestamp(now),
  };
  return {
    ...pod,
    status: {
      ...pod.status,
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [...conditions, ready],
    },
  };
}
