import { createEmptyCard, fsrs, Rating, type Card, type Grade } from 'ts-fsrs';
import { inOrder, isCounted, type Confidence, type Evidence } from './evidence.ts';

/** What ts-fsrs remembers of a skill, as plain data; dates and counts stand in columns of their own. */
export interface Memory {
  readonly stability: number;
  readonly difficulty: number;
  readonly elapsed_days: number;
  readonly scheduled_days: number;
  readonly learning_steps: number;
  readonly state: number;
}

/** When a skill is due again. `reps` counts the answers and is the version of the card. */
export interface SkillCard {
  readonly skillId: string;
  readonly state: Memory;
  readonly dueAt: Date;
  /** 2 after a wrong answer given with certainty, 1 after another wrong one, else 0. Higher comes first. */
  readonly priority: number;
  readonly lastReviewedAt: Date | null;
  readonly reps: number;
  readonly lapses: number;
}

export interface SkillAnswer {
  readonly isCorrect: boolean;
  readonly confidence: Confidence | null;
  readonly at: Date;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A wrong answer comes back on the same day, a right one not before the next, and nothing later than this. */
export const WRONG_RETURNS_AFTER = 10 * MINUTE;
export const LONGEST_INTERVAL = 180 * DAY;
const LONGEST_AFTER_GUESS = 3 * DAY;

// Without fuzz and short-term steps a schedule is a function of its answers alone: it can be folded again.
const scheduler = fsrs({ request_retention: 0.9, enable_fuzz: false, enable_short_term: false });

function gradeOf({ isCorrect, confidence }: SkillAnswer): Grade {
  if (!isCorrect) return Rating.Again;
  return confidence === 'GUESS' ? Rating.Hard : Rating.Good;
}

function toFsrs(card: SkillCard | undefined, at: Date): Card {
  if (card === undefined || card.reps === 0) return createEmptyCard(at);
  return {
    ...card.state,
    state: card.state.state,
    due: card.dueAt,
    reps: card.reps,
    lapses: card.lapses,
    ...(card.lastReviewedAt ? { last_review: card.lastReviewedAt } : {}),
  };
}

function memoryOf(card: Card): Memory {
  const { stability, difficulty, scheduled_days, learning_steps, state } = card;

  return {
    stability,
    difficulty,
    elapsed_days: card.elapsed_days,
    scheduled_days,
    learning_steps,
    state,
  };
}

const later = (at: Date, milliseconds: number) => new Date(at.getTime() + milliseconds);

function dueAfter(card: SkillCard | undefined, answer: SkillAnswer, interval: number): Date {
  if (!answer.isCorrect) return later(answer.at, WRONG_RETURNS_AFTER);
  if (isStillOwed(card, answer.at)) return card.dueAt;
  const longest = answer.confidence === 'GUESS' ? LONGEST_AFTER_GUESS : LONGEST_INTERVAL;
  return later(answer.at, Math.min(Math.max(interval, DAY), longest));
}

/** A wrong answer is asked for again: a right one to another question before that does not settle it. */
function isStillOwed(card: SkillCard | undefined, at: Date): card is SkillCard {
  return card !== undefined && card.priority > 0 && at < card.dueAt;
}

/** The card after one answer. Pure: the same card and answer give the same card. */
export function answerSkill(
  skillId: string,
  card: SkillCard | undefined,
  answer: SkillAnswer,
): SkillCard {
  const { card: next } = scheduler.next(toFsrs(card, answer.at), answer.at, gradeOf(answer));
  const priority = answer.isCorrect
    ? isStillOwed(card, answer.at)
      ? card.priority
      : 0
    : answer.confidence === 'CERTAIN'
      ? 2
      : 1;
  return {
    skillId,
    state: memoryOf(next),
    dueAt: dueAfter(card, answer, next.due.getTime() - answer.at.getTime()),
    priority,
    lastReviewedAt: answer.at,
    reps: (card?.reps ?? 0) + 1,
    lapses: (card?.lapses ?? 0) + (answer.isCorrect ? 0 : 1),
  };
}

/** A skill that was taught and not asked for yet: due the next day. A skill with a card keeps it. */
export function introduceSkill(skillId: string, card: SkillCard | undefined, at: Date): SkillCard {
  if (card !== undefined) return card;
  return {
    skillId,
    state: memoryOf(createEmptyCard(at)),
    dueAt: later(at, DAY),
    priority: 0,
    lastReviewedAt: null,
    reps: 0,
    lapses: 0,
  };
}

/** The cards that one attempt changes, given those that stand. */
export function scheduleAttempt(
  cards: ReadonlyMap<string, SkillCard>,
  attempt: Pick<Evidence, 'kind' | 'isCorrect' | 'confidence' | 'skillIds' | 'createdAt'>,
): SkillCard[] {
  const { skillIds, confidence, createdAt: at } = attempt;
  if (attempt.kind === 'LESSON')
    return skillIds
      .filter((skillId) => !cards.has(skillId))
      .map((skillId) => introduceSkill(skillId, undefined, at));
  if (!isCounted(attempt)) return [];
  const answer = { isCorrect: attempt.isCorrect === true, confidence, at };
  return [...new Set(skillIds)].map((skillId) => answerSkill(skillId, cards.get(skillId), answer));
}

/** All cards of a learner, from the attempts alone: what is stored must equal this. */
export function foldCards(attempts: readonly Evidence[]): ReadonlyMap<string, SkillCard> {
  const cards = new Map<string, SkillCard>();
  for (const attempt of inOrder(attempts))
    for (const card of scheduleAttempt(cards, attempt)) cards.set(card.skillId, card);
  return cards;
}

/** Until when something counts as due today: the end of the day in UTC, where the server keeps its days. */
export function endOfDay(now: Date): Date {
  return new Date(Math.ceil((now.getTime() + 1) / DAY) * DAY);
}

/** Cards that are due today, wrong and certain first, then the longest due. */
export function dueToday(cards: Iterable<SkillCard>, now: Date): SkillCard[] {
  const end = endOfDay(now);
  return [...cards]
    .filter(({ dueAt }) => dueAt < end)
    .sort(
      (a, b) =>
        b.priority - a.priority ||
        a.dueAt.getTime() - b.dueAt.getTime() ||
        (a.skillId < b.skillId ? -1 : 1),
    );
}
