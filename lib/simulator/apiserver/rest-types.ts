import type { Micros } from '../base/clock.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store } from './store.ts';
import type { Watcher } from './watch.ts';

/** An HTTP request without HTTP: what kubectl in the page and `sim serve` both send. */
export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With query: `/api/v1/pods?limit=500`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text; a protobuf body has one character per byte (latin1). */
  readonly body?: string;
  /** Who asks. Absent: somebody who may do everything, as the page's terminal and plain HTTP. */
  readonly user?: RequestUser;
}

/** Somebody, as an authenticator has found out. */
export interface RequestUser {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface PlainResponse {
  readonly type: 'json' | 'text';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Texts of `Warning` headers (code 299). */
  readonly warnings: readonly string[];
}

export type RestResponse =
  | PlainResponse
  /** A stream: poll it with `pollWatch` after every event of the cluster. Plain data. */
  | { readonly type: 'watch'; readonly status: 200; readonly watcher: Watcher }
  /** A followed log: poll it with `pollLog`. Plain data. */
  | { readonly type: 'log'; readonly status: 200; readonly follower: LogFollower }
  /** An upgraded connection into a pod. Whoever answers HTTP opens it; elsewhere it cannot be had. Plain data. */
  | { readonly type: 'session'; readonly status: 101; readonly session: PodSession };

interface ContainerStreams {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

/** What `exec`, `attach` and `port-forward` open. */
export type PodSession =
  | (ContainerStreams & { readonly verb: 'exec'; readonly command: readonly string[] })
  | (ContainerStreams & { readonly verb: 'attach' })
  | { readonly verb: 'portforward'; readonly namespace: string; readonly pod: string };

/** How far somebody has read a container's output. */
export interface LogFollower {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly query: LogQuery;
  /** Characters of the whole output that were sent. */
  offset: number;
}

export interface LogQuery {
  readonly previous: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  readonly timestamps: boolean;
}

/** What the API server needs of the rest of the cluster. */
export interface ApiServer {
  readonly store: Store;
  readonly options: Pick<ClusterOptions, 'kubernetesVersion'>;
  readonly now: Micros;
  /** An object as a reader finds it now: what agents renew all the time is worked out when it is asked for. */
  present?(object: KubeObject): KubeObject;
  /** A container's output so far; undefined when the container has none yet. The kubelet's part. */
  readLog?(namespace: string, pod: string, container: string, query: LogQuery): string | undefined;
}
