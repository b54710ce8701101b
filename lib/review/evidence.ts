export type Confidence = 'GUESS' | 'FAIRLY' | 'CERTAIN';
export const CONFIDENCES = ['GUESS', 'FAIRLY', 'CERTAIN'] as const satisfies readonly Confidence[];
export type AttemptKind = 'PREDICTION' | 'QUIZ_ITEM' | 'QUIZ' | 'EXERCISE' | 'LESSON';
/** Where an item was answered. A mixed set of due items is what mastery is shown in. */
export type Setting = 'lesson' | 'quiz' | 'practice';

/** As much of a kept attempt as schedules and mastery are folded from. */
export interface Evidence {
  readonly id: string;
  readonly kind: AttemptKind;
  readonly contentId: string;
  readonly itemId: string | null;
  readonly isCorrect: boolean | null;
  readonly confidence: Confidence | null;
  /** Seed of a generated variant; null when there was none. */
  readonly seed: string | null;
  readonly setting: Setting;
  readonly skillIds: readonly string[];
  readonly createdAt: Date;
}

/** Does it say that somebody can, or cannot, do something? Predictions before teaching and failed checks do not. */
export function isCounted(evidence: Pick<Evidence, 'kind' | 'isCorrect'>): boolean {
  if (evidence.kind === 'QUIZ_ITEM') return evidence.isCorrect !== null;
  return evidence.kind === 'EXERCISE' && evidence.isCorrect === true;
}

/** The order in which attempts count: by time, then by id, which is time-ordered too. */
export function inOrder(evidence: readonly Evidence[]): Evidence[] {
  return [...evidence].sort(
    (a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1),
  );
}
