import type { ClusterOptions } from '../cluster-options.ts';

/** Where a sandbox starts: a cluster, what was applied to it, and how long it has been running. Plain data. */
export interface Scenario {
  /** Stable name, for people and for transcripts: the exercise's slug. */
  readonly name: string;
  /** Given options replace those of DEFAULT_CLUSTER. */
  readonly cluster?: Partial<ClusterOptions>;
  /** YAML texts, applied in order before time begins; several documents each. */
  readonly manifests: readonly string[];
  /** Lines that a previous owner ran on the way (`kubectl label ...`), after the manifests have settled. */
  readonly prepare?: readonly string[];
  /** The workstation's current namespace. */
  readonly namespace?: string;
  /** Files on the workstation, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** How old the cluster is when the learner arrives; ages in `kubectl get` show it. Default one day. */
  readonly age?: string;
  /** The simulated instant at which the learner arrives, RFC 3339 in UTC. Default: a Monday morning. */
  readonly now?: string;
}
