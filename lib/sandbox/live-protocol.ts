import type { LiveEntry, Transcript } from '#lib/simulator/index.ts';

/** An entry as a page hears it. */
export type HeardEntry = LiveEntry & { readonly source: 'PAGE' | 'KUBECTL' };

/** What a page is told when its sandbox begins to be live. The kubeconfig is told once: only a hash of its token is kept. */
export interface LiveBeginning {
  readonly id: string;
  /** Where everybody begins to fold: the page's transcript, with today's date. */
  readonly base: Transcript;
  readonly kubeconfig: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

/** What happened since a page asked last. */
export interface LiveAnswer {
  readonly state: 'live' | 'ended';
  readonly entries: readonly HeardEntry[];
  /** Microseconds of the cluster's life: whatever comes later stands later. */
  readonly clock: number;
}
