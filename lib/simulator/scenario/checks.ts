import type { Json } from '../api/meta/object.ts';

/** What must be true when an exercise is done. Data from exercise.yaml; each kind is decided by the simulator. */
export type Check =
  /** A client in `from` (`namespace/pod-prefix`) asks `url`; the answer's status, or how it failed. */
  | {
      readonly type: 'request';
      readonly title: string;
      readonly from: string;
      readonly url: string;
      readonly expect: RequestOutcome;
    }
  /** A field of an object, by JSONPath as kubectl takes it. */
  | {
      readonly type: 'object';
      readonly title: string;
      readonly kind: string;
      readonly namespace?: string;
      readonly name: string;
      readonly path: string;
      readonly equals: Json;
    }
  /** Ready endpoints of a Service, counted over its EndpointSlices. */
  | {
      readonly type: 'endpoints';
      readonly title: string;
      readonly namespace: string;
      readonly service: string;
      readonly ready: number;
    }
  /** Somebody asks `url` ten times a second while the command `during` is carried out, and nobody is let down. */
  | {
      readonly type: 'uninterrupted';
      readonly title: string;
      readonly from: string;
      readonly url: string;
      readonly during: string;
    }
  /**
   * Nothing that was unreachable at the start became reachable, but for the pairs `allowed` (`shop/* -> shop/catalog:80`).
   * With `mayLose`, too, nothing that was reachable was lost, but for those pairs.
   */
  | {
      readonly type: 'blast-radius';
      readonly title: string;
      readonly allowed: readonly string[];
      readonly mayLose?: readonly string[];
    }
  /**
   * Of all running pods and the newcomers, exactly those in `from` (patterns of `namespace/workload`) open a connection to `to`
   * (`shop/catalog:80` of a Service, `shop/catalog pod:8080` of a workload, `outside web-server:80`). A pod that stands behind
   * `to` does not ask for itself: it always gets through.
   */
  | {
      readonly type: 'isolation';
      readonly title: string;
      readonly to: string;
      readonly from: readonly string[];
      readonly newcomers?: readonly Newcomer[];
    }
  /** An object of the start is still there and unchanged in the paths named. */
  | {
      readonly type: 'kept';
      readonly title: string;
      readonly kind: string;
      readonly namespace?: string;
      readonly name: string;
      readonly paths: readonly string[];
    };

/** A pod that does not exist yet: it is created for the check, and its namespace too where there is none of that name. */
export interface Newcomer {
  /** Name of the pod, as `from` may name it. */
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the namespace, when the check creates it. */
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

export interface RequestOutcome {
  /** HTTP status; absent when no answer is expected. */
  readonly status?: number;
  readonly failure?: 'refused' | 'timeout' | 'unresolved' | 'unreachable';
}

/** One criterion with what was seen, in words and as data. */
export interface Finding {
  readonly title: string;
  readonly passed: boolean;
  /** `HTTP 200 in 4 ms`, `0 ready endpoints`. */
  readonly observed: string;
  readonly expected: string;
}

export interface Grade {
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}
