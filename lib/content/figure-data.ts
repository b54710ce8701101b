import type { Hop, ReachabilityView, Topology, Trace } from '#lib/simulator/index.ts';

/** What a live figure draws: the cluster, and every hop of one request that was really sent in it. */
export interface FigureData {
  readonly topology: Topology;
  readonly trace: {
    readonly id: string;
    readonly title: string;
    readonly disposition: Trace['disposition'];
    readonly hops: readonly Hop[];
  };
}

/** A table of who reaches whom by policies. */
export type TableData = ReachabilityView;
