import type { Service } from '../../api/core/service.ts';
import type { ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';

/** A pod of a table: a client of everything, and a server on its ports. */
export interface TablePod {
  /** `namespace/name`. */
  readonly name: string;
  readonly node: string;
  /** Services choose it by `app`. Absent: its name without the namespace. */
  readonly app?: string;
  /** Its container ports, asked for by TCP; absent: 8080. */
  readonly ports?: readonly number[];
  /** Where it really listens, TCP and UDP; absent: on its container ports. */
  readonly listens?: readonly number[];
  readonly hostNetwork?: true;
  /** Its readiness probe fails. */
  readonly notReady?: true;
}

/** A Service of a table: `app` is its selector, ports default to 80 → 8080. */
export interface TableService {
  readonly name: string;
  readonly app: string;
  readonly spec?: Partial<Service['spec']>;
}

/** A cluster of which a table says who reaches what. */
export interface TableScenario {
  /** Name of the golden file. */
  readonly name: string;
  /** What the table teaches, for its head. */
  readonly about: string;
  readonly options?: Partial<ClusterOptions>;
  readonly pods: readonly TablePod[];
  readonly services: readonly TableService[];
  /** What goes wrong after everything has settled. */
  readonly fault?: (cluster: Cluster) => void;
  /** Pods that come after that. */
  readonly laterPods?: readonly TablePod[];
}
