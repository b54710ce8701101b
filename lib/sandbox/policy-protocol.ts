import type {
  CellKey,
  ColumnPort,
  Flow,
  JudgedConnection,
  LintFinding,
  ReachabilityView,
} from '#lib/simulator/index.ts';

/** What a page asks about the policies of its sandbox. Nothing of it changes the sandbox. */
export type PolicyQuestion =
  /** What every policy says to the connection of a hop, as the policies are now. */
  | { readonly type: 'judge'; readonly flow: Flow }
  /**
   * Who reaches whom: at the ports that pods declare, or at one port; and what is other than it was: before the last
   * act that changed anything of it, or at the start.
   */
  | {
      readonly type: 'reachability';
      readonly port?: ColumnPort;
      readonly since?: 'start' | 'last-change';
    }
  | { readonly type: 'cell'; readonly cell: CellKey };

export type PolicyAnswer =
  /** Without a connection: the policies of Kubernetes are about TCP, UDP and SCTP, and this is neither. */
  | { readonly type: 'judge'; readonly judged?: JudgedConnection }
  | {
      readonly type: 'reachability';
      readonly view: ReachabilityView;
      /** Ports that one may ask about: those that pods declare. */
      readonly ports: readonly ColumnPort[];
      readonly change?: { readonly gained: readonly CellKey[]; readonly lost: readonly CellKey[] };
      readonly notices: readonly LintFinding[];
    }
  /** Pairs of pods behind a cell: one for each verdict that differs, with how many are judged so. */
  | {
      readonly type: 'cell';
      readonly judged: readonly { readonly example: JudgedConnection; readonly pairs: number }[];
    };
