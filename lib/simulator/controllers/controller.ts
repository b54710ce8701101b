import type { Micros } from '../base/clock.ts';
import type { RandomState } from '../base/random.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { Store, StoreChange } from '../apiserver/store.ts';

/** What a controller may use. The store is the only way to act: as in a real cluster, by objects alone. */
export interface ControllerContext {
  readonly store: Store;
  readonly options: ClusterOptions;
  readonly now: Micros;
  readonly random: RandomState;
  /** Reconcile `key` again after `delay`, whatever changes meanwhile. */
  requeue(key: string, delay: Micros): void;
  /** Records an Event on an object; equal ones are counted, as client-go's recorder does. */
  recordEvent(
    this: void,
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
  ): void;
}

/** A level-triggered control loop: woken by keys, it looks at the store and makes it so. Keeps no state of its own. */
export interface Controller {
  /** `deployment-controller`: the source component of its events, and its event target on the queue. */
  readonly name: string;
  /** Set for the few that care for custom kinds; the others never hear of them, whatever their names. */
  readonly hears?: 'all-kinds';
  /** Which keys (any text; mostly `namespace/name`) a change wakes. Called for every committed change. */
  keysOf(change: StoreChange, store: Store): readonly string[];
  reconcile(key: string, context: ControllerContext): void;
}
