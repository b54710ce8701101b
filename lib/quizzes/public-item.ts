import type { Confidence, Setting } from '#lib/review/evidence.ts';

/**
 * What a browser may know of an item before the answer is recorded: taken out field by field, never by leaving keys
 * out. No mark of the right option, no reason, no belief, no observed value.
 */
export interface PublicItem {
  readonly id: string;
  readonly type: 'single' | 'multiple' | 'order' | 'predict';
  /** Hash of what is asked: an answer to another revision is not graded. */
  readonly revision: string;
  /** Code between backticks; a blank line begins a paragraph. */
  readonly stem: string;
  readonly code?: string;
  /** In an order that says nothing. */
  readonly options: readonly { readonly id: string; readonly text: string }[];
  /** Seed of the cluster that a prediction is about. */
  readonly seed?: string;
  /** Never counts: asked before anything was taught. */
  readonly isPrediction: boolean;
}

/** What the page sends. */
export interface Submission {
  readonly key: string;
  readonly itemId: string;
  readonly revision: string;
  /** The chosen option ids; for an order, all of them in the learner's order. */
  readonly chosen: readonly string[];
  readonly confidence: Confidence;
  readonly setting: Setting;
  readonly seed?: string | undefined;
}

export interface OptionFeedback {
  readonly id: string;
  readonly isRight: boolean;
  readonly isChosen: boolean;
  readonly why: string;
  /** The mistaken belief that the option comes from. */
  readonly belief?: string;
  /** For an order: the place where it belongs, from 1. */
  readonly position?: number;
}

/** Told once the answer is recorded. */
export interface Verdict {
  readonly itemId: string;
  readonly isCorrect: boolean;
  /** From 0 to 1. */
  readonly score: number;
  readonly chosen: readonly string[];
  readonly confidence: Confidence;
  readonly options: readonly OptionFeedback[];
  /** What the simulator saw, for predictions. */
  readonly observed?: string;
  readonly isCounted: boolean;
}
