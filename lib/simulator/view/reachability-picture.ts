import type { Direction, PolicyRef } from '../policy/normal-policy.ts';
import type { PolicyProtocol } from '../policy/policy-protocol.ts';

/**
 * What the policies leave of one pair and one port. `partly`: some pods of a workload, or some ports of a column that stands
 * for all of them. `self`: a pod and itself, which always talk. `not-asked`: both ends are outside, or neither is the one in
 * focus.
 */
export type CellState =
  'reachable' | 'partly' | 'not-reachable' | 'undecidable' | 'self' | 'not-asked';

/** A row, or what columns lead to. */
export type ReachabilityEnd = WorkloadEnd | OutsideEnd;

/** Pods of one owner, or one of them where the workload is unfolded. */
export interface WorkloadEnd {
  readonly end: 'workload' | 'pod';
  /** `namespace/workload`, or `namespace/pod`. */
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** `namespace/pod` of all of them. */
  readonly pods: readonly string[];
  /** They have their nodes' addresses, and no policy selects them. */
  readonly isOnHostNetwork: boolean;
  /** Directions in which a NetworkPolicy isolates any of its pods. */
  readonly isolated: readonly Direction[];
}

/** Addresses that are nobody's in the cluster and that all policies treat alike. */
export interface OutsideEnd {
  readonly end: 'outside';
  /** `outside`: all addresses, or most of them where policies tell some apart; these are called by their first range. */
  readonly id: string;
  /** `10.0.0.0/8`, or `192.0.2.1-192.0.2.9` where it is no prefix; both families. */
  readonly ranges: readonly string[];
  /** How it is called on screens: `outside`, `203.0.113.0/24`, `outside, the rest`. */
  readonly name: string;
}

export interface ReachabilityColumn {
  /** Index in `ends`. */
  readonly to: number;
  /** Absent: every port, of ends that declare none. */
  readonly port?: ColumnPort;
}

export interface ColumnPort {
  readonly protocol: PolicyProtocol;
  readonly port: number;
  /** Of the container port. */
  readonly name?: string;
}

export interface ReachabilityCell {
  readonly state: CellState;
  /** Pairs of pods that get through, of all pairs that the cell stands for (a pod and itself left out). */
  readonly admitted: number;
  readonly pairs: number;
  /** Of a column without a port: what passes, `all`, `none` or `TCP 80,443 UDP 53`. */
  readonly ports?: string;
}

/** Whether policies are made into rules where pods run. */
export interface EnforcementView {
  /** `no-policies`: there is nothing to enforce. */
  readonly where: 'no-policies' | 'everywhere' | 'nowhere' | 'on-some-nodes';
  /** Nodes on which nobody does. */
  readonly ignoredOn: readonly string[];
  /** Policies that select pods there; everything passes those pods. */
  readonly ignored: readonly PolicyRef[];
  /** A sentence for people; absent when all is enforced, or nothing is there. */
  readonly sentence?: string;
}

/** Who may talk to whom, for a screen: plain data. Rows ask, columns are asked; policies alone decide, routes and listeners do not count. */
export interface ReachabilityView {
  readonly ends: readonly ReachabilityEnd[];
  /** Indices in `ends`. */
  readonly rows: readonly number[];
  readonly columns: readonly ReachabilityColumn[];
  /** `cells[row][column]`. */
  readonly cells: readonly (readonly ReachabilityCell[])[];
  readonly enforcement: EnforcementView;
  /** Workloads that had no room, by `id`; a focus or a namespace brings them. */
  readonly leftOut: readonly string[];
}

/** What of the cluster is asked for; absent: everything. */
export interface ReachabilityQuestion {
  /** Workloads that have room, 60 when absent: those in focus first, those of kube-system last. */
  readonly most?: number;
  /** `namespace/workload`: all other cells than those of its row and its columns are `not-asked`. */
  readonly focus?: string;
  readonly namespaces?: readonly string[];
  /** Workloads that are shown pod by pod. */
  readonly unfold?: readonly string[];
  /** One column of this port for each end. Absent: a column for each container port that pods declare. */
  readonly port?: ColumnPort;
}

/** One workload pair and what it gained or lost. */
export interface ReachabilityDifference {
  readonly change: 'gained' | 'lost';
  /** Ids of ends: `namespace/workload`, or a range. */
  readonly from: string;
  readonly to: string;
  /** `TCP 80,443 UDP 53`, `all`. */
  readonly ports: string;
}

/** A cell by what it is about, which stays the same when the picture is drawn anew. */
export interface CellKey {
  readonly from: string;
  readonly to: string;
  readonly port?: ColumnPort;
}
