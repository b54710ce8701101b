import type {
  Action,
  Finding,
  Hop,
  LiveEntry,
  Scenario,
  Topology,
  Trace,
  Transcript,
} from '#lib/simulator/index.ts';
import type { PolicyAnswer, PolicyQuestion } from './policy-protocol.ts';

/** A trace as the page shows it: hops with words, made beside the simulator. */
export interface ShownTrace {
  readonly id: string;
  readonly title: string;
  readonly disposition: Trace['disposition'];
  readonly hops: readonly Hop[];
}

/** An object row of the Objects tab. */
export interface ObjectRow {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly yaml: string;
}

/** What the page draws after every action: derived, never sent back. */
export interface SandboxView {
  readonly topology: Topology;
  readonly objects: readonly ObjectRow[];
  /** `Kubernetes 1.35 · 2 nodes · bridge, routed · kube-proxy iptables`. */
  readonly summary: string;
  /** RFC 3339, the cluster's clock. */
  readonly now: string;
  readonly prompt: string;
  readonly isRunning: boolean;
  /** Something runs in the background, and may print at any time. */
  readonly hasJobs?: true;
  readonly lastTrace?: ShownTrace;
  readonly actionCount: number;
}

export interface ActionOutcome {
  /** What the terminal prints for this action. */
  readonly output: string;
  readonly exitCode?: number;
  readonly view: SandboxView;
}

/** What following the ordered stream of a live sandbox led to. */
export interface LiveOutcome {
  readonly view: SandboxView;
  /** For each entry: what the terminal printed, in order. */
  readonly printed: readonly {
    readonly sequence: number;
    /** Where the prompt stood. */
    readonly prompt: string;
    readonly output: string;
    readonly exitCode: number;
    /** Of an entry that takes back: the act that it took. */
    readonly taken?: Action;
  }[];
  /** What it printed as time passed after the last entry. */
  readonly output: string;
  /** What Undo would take back: the last act by anybody. */
  readonly lastAct?: { readonly of: number; readonly action: Action };
  /** The stream until now as a transcript like any other. Only when there were entries. */
  readonly transcript?: Transcript;
}

/** A fault of ours: the page says so, keeps the work, and the attempt does not count. */
export interface SandboxFault {
  readonly fault: string;
}

/** The worker's side, called through comlink. */
export interface SandboxWorker {
  /** Folds a transcript from the start. An engine newer than the transcript still opens it and says so. */
  open(transcript: Transcript): Promise<SandboxView | SandboxFault>;
  act(action: Action): Promise<ActionOutcome | SandboxFault>;
  /** Folds the ordered stream of a live sandbox from its beginning. */
  openLive(
    base: Transcript,
    entries: readonly LiveEntry[],
    clock: number,
  ): Promise<LiveOutcome | SandboxFault>;
  /** Does the next entries of the stream, and lets time pass until `clock`. */
  follow(entries: readonly LiveEntry[], clock: number): Promise<LiveOutcome | SandboxFault>;
  /** Takes the last action back by folding the rest again. */
  undo(): Promise<SandboxView | SandboxFault>;
  complete(line: string): Promise<readonly string[]>;
  transcript(): Promise<Transcript>;
  /** Hash of the whole state, to compare with another machine that folded the same transcript. */
  fingerprint(): Promise<string>;
  /** Asks a question of a fork, without changing the sandbox: live figures and predictions. */
  traceRequest(from: string, url: string): Promise<ShownTrace | SandboxFault>;
  /** Who may talk to whom, and why; what answers comes when it is asked first. */
  askPolicies(question: PolicyQuestion): Promise<PolicyAnswer | SandboxFault>;
}

export type { Action, Finding, Hop, LiveEntry, Scenario, Topology, Trace, Transcript };
