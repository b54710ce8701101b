import type { ToldVerdict } from '#lib/simulator/policies.ts';
import type {
  CellKey,
  ColumnPort,
  Flow,
  JudgedConnection,
  LintFinding,
  ReachabilityView,
} from '#lib/simulator/index.ts';

/** When a sandbox was as it is compared with: at the start, or before the last act that changed who reaches whom. */
export type Moment = 'start' | 'last-change';

/** What a page asks about the policies of its sandbox. Nothing of it changes the sandbox. */
export type PolicyQuestion =
  /** What every policy says to the connection of a hop, as the policies are now. */
  | { readonly type: 'judge'; readonly flow: Flow }
  /** Who reaches whom: at the ports that pods declare, or at one port; and what is other than it was then. */
  | {
      readonly type: 'reachability';
      readonly port?: ColumnPort;
      readonly since?: Moment;
    }
  | { readonly type: 'cell'; readonly cell: CellKey };

/** A connection with the whole account of every policy, and that account in sentences. */
export interface ToldConnection extends JudgedConnection {
  readonly told: ToldVerdict;
}

export type PolicyAnswer =
  /** Without a connection: the policies of Kubernetes are about TCP, UDP and SCTP, and this is neither. */
  | { readonly type: 'judge'; readonly judged?: ToldConnection }
  | {
      readonly type: 'reachability';
      readonly view: ReachabilityView;
      /** Ports that one may ask about: those that pods declare. */
      readonly ports: readonly ColumnPort[];
      readonly change?: { readonly gained: readonly CellKey[]; readonly lost: readonly CellKey[] };
      readonly findings: readonly LintFinding[];
    }
  /** Pairs of pods behind a cell: one for each verdict that differs, with how many are judged so. */
  | {
      readonly type: 'cell';
      readonly judged: readonly { readonly example: ToldConnection; readonly pairs: number }[];
    };
