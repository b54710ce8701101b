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
  /** Nothing that was unreachable at the start became reachable, but for the pairs named here (`from -> host:port`). */
  | { readonly type: 'blast-radius'; readonly title: string; readonly allowed: readonly string[] }
  /** An object of the start is still there and unchanged in the paths named. */
  | {
      readonly type: 'kept';
      readonly title: string;
      readonly kind: string;
      readonly namespace?: string;
      readonly name: string;
      readonly paths: readonly string[];
    };

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
