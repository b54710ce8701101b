import type { LiveEntry, RestRequest, Transcript } from '#lib/simulator/index.ts';

/** What the process that folds live sandboxes is asked. Plain data. */
export interface FoldJob {
  readonly sandboxId: string;
  /** Number of the entry that the answer is about: everything up to it is folded. */
  readonly sequence: number;
  /** Microseconds of the cluster's life that the answer is about. */
  readonly clock: number;
  /** Entries that the process may not have yet, in order; with `base` all of them. */
  readonly entries: readonly LiveEntry[];
  readonly base?: Transcript;
  readonly ask: Ask;
}

export type Ask =
  /** How long the cluster has lived, for the clock of a sandbox that begins to be live. */
  | { readonly type: 'elapsed' }
  /** A request that changes nothing: a read, a review, a dry run. */
  | { readonly type: 'read'; readonly request: RestRequest; readonly stream: string }
  /** What the write of the entry `sequence` is answered with. */
  | { readonly type: 'result' }
  /** What streams have to say since they were asked last; streams that are not named end. */
  | { readonly type: 'poll'; readonly streams: readonly string[] };

export interface PlainAnswer {
  readonly type: 'plain';
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly warnings: readonly string[];
}

export interface StreamPart {
  readonly text: string;
  readonly isClosed: boolean;
}

export type FoldAnswer =
  | { readonly type: 'elapsed'; readonly clock: number }
  | PlainAnswer
  /** A stream has been opened under the name that the job gave it. */
  | { readonly type: 'stream'; readonly contentType: string }
  | { readonly type: 'parts'; readonly parts: Readonly<Record<string, StreamPart>> }
  /** Entries are missing: those after `after`, or everything when it is undefined. */
  | { readonly type: 'need'; readonly after?: number }
  /** The cluster has used up the events that it may fire. */
  | { readonly type: 'exhausted' };
