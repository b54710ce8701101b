import { inOrder, isCounted, type Evidence } from '#lib/review/evidence.ts';
import type { SkillCard } from '#lib/review/schedule.ts';

/** Where somebody stands in one skill. States can fall: nothing is kept for ever. */
export type Mastery = 'new' | 'practising' | 'proficient' | 'mastered' | 'refresh';

export interface SkillStanding {
  readonly skillId: string;
  readonly mastery: Mastery;
  /** Counted answers, and how many of them were right. */
  readonly answers: number;
  readonly right: number;
  readonly dueAt: Date | undefined;
}

const DAY = 24 * 60 * 60 * 1000;
const WINDOW = 5;
const PROFICIENT_SHARE = 0.85;
const DAYS_APART = 3;

/** Share of right answers among the last five; the newest weighs five times the oldest. */
function weightedShare(answers: readonly Evidence[]): number {
  const last = answers.slice(-WINDOW);
  const weightOf = (index: number) => index + 1 + (WINDOW - last.length);
  const sum = (items: readonly Evidence[]) =>
    items.reduce((total, item) => total + weightOf(last.indexOf(item)), 0);
  return sum(last.filter(({ isCorrect }) => isCorrect)) / sum(last);
}

const dayOf = ({ createdAt }: Evidence) => Math.floor(createdAt.getTime() / DAY);

/** The same question about the same cluster counts once a day: what was just read is not known yet. */
function withoutRepeats(answers: readonly Evidence[]): Evidence[] {
  const seen = new Set<string>();
  return answers.filter((answer) => {
    if (answer.isCorrect !== true || answer.itemId === null) return true;
    const key = `${answer.itemId} ${answer.seed ?? ''} ${dayOf(answer)}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** A generated question was right, where the skill has any. */
const isShownFresh = (answers: readonly Evidence[], variants: 'some' | 'none') =>
  variants === 'none' ||
  answers
    .slice(-WINDOW)
    .some(({ kind, seed, isCorrect }) => kind === 'QUIZ_ITEM' && seed !== null && isCorrect);

const isProficient = (answers: readonly Evidence[], variants: 'some' | 'none') =>
  answers.length >= WINDOW &&
  weightedShare(answers) >= PROFICIENT_SHARE &&
  isShownFresh(answers, variants);

/** Right in a mixed set on two days that lie at least three days apart. */
function isMastered(answers: readonly Evidence[]): boolean {
  const days = answers
    .filter(({ setting, isCorrect }) => setting === 'practice' && isCorrect)
    .map(dayOf);
  return days.some((first) => days.some((second) => second - first >= DAYS_APART));
}

const isOverdue = (card: SkillCard | undefined, now: Date) =>
  card !== undefined && card.dueAt.getTime() + DAY < now.getTime();

function masteryOf(
  answers: readonly Evidence[],
  card: SkillCard | undefined,
  variants: 'some' | 'none',
  now: Date,
): Mastery {
  if (answers.length === 0) return 'new';
  if (!isProficient(withoutRepeats(answers), variants)) return 'practising';
  if (isOverdue(card, now)) return 'refresh';
  return isMastered(answers) ? 'mastered' : 'proficient';
}

/**
 * Every skill's standing, from the attempts and the schedule alone: it can be recomputed at any time. `generated` names
 * the skills that have questions with fresh clusters.
 */
export function foldMastery(
  skills: readonly string[],
  generated: ReadonlySet<string>,
  evidence: readonly Evidence[],
  cards: readonly SkillCard[],
  now: Date,
): SkillStanding[] {
  const counted = inOrder(evidence).filter(isCounted);
  const bySkill = new Map(cards.map((card) => [card.skillId, card]));
  return skills.map((skillId) => {
    const answers = counted.filter(({ skillIds }) => skillIds.includes(skillId));
    const card = bySkill.get(skillId);
    return {
      skillId,
      mastery: masteryOf(answers, card, generated.has(skillId) ? 'some' : 'none', now),
      answers: answers.length,
      right: answers.filter(({ isCorrect }) => isCorrect).length,
      dueAt: card?.dueAt,
    };
  });
}
