import type { PlacedItem } from '#lib/content/content.ts';
import { decideItem } from '#lib/content/decide-item.ts';
import type { OptionFeedback, Submission, Verdict } from './public-item.ts';

/** Why this cannot be an answer to the item; undefined when it can be graded. */
export function findChoiceProblem(
  placed: PlacedItem,
  chosen: readonly string[],
): string | undefined {
  const { item } = placed;
  const ids = new Set(item.options.map(({ id }) => id));
  if (chosen.some((id) => !ids.has(id)))
    return 'An option was chosen that this question does not have.';
  if (new Set(chosen).size !== chosen.length) return 'An option was chosen twice.';
  switch (item.type) {
    case 'single':
    case 'predict':
      return chosen.length === 1 ? undefined : 'Choose one option.';
    case 'multiple':
      return chosen.length > 0 ? undefined : 'Choose at least one option.';
    case 'order':
      return chosen.length === ids.size ? undefined : 'Put all steps in order.';
  }
}

/** Grades an answer and gives a reason for every option. Holds the key: call it when the answer is to be recorded. */
export function gradeItem(
  placed: PlacedItem,
  submission: Pick<Submission, 'chosen' | 'confidence' | 'seed'>,
): Verdict {
  const { item, purpose } = placed;
  const { chosen, confidence } = submission;
  const key = decideItem(placed, submission.seed);
  const score =
    item.type === 'order'
      ? scoreOrder(key.right, chosen)
      : scoreSet(item.options.length, key.right, chosen);
  const options = item.options.map((option, at): OptionFeedback => {
    const isRight =
      item.type === 'order' ? chosen[at] === option.id : key.right.includes(option.id);
    return {
      id: option.id,
      isRight,
      isChosen: item.type === 'order' || chosen.includes(option.id),
      why: option.why,
      ...(option.belief === undefined ? {} : { belief: option.belief }),
      ...(item.type === 'order' ? { position: at + 1 } : {}),
    };
  });
  return {
    itemId: item.id,
    isCorrect: score === 1,
    score,
    chosen: [...chosen],
    confidence,
    options,
    ...(key.observed === undefined ? {} : { observed: key.observed }),
    isCounted: purpose !== 'predict',
  };
}

/** The share of options that are as they should be: chosen when right, left when wrong. */
function scoreSet(total: number, right: readonly string[], chosen: readonly string[]): number {
  const missed = right.filter((id) => !chosen.includes(id)).length;
  const extra = chosen.filter((id) => !right.includes(id)).length;
  if (missed + extra === 0) return 1;
  // Of one right option there is no half: a share is only meaningful where several are right.
  return right.length === 1 ? 0 : (total - missed - extra) / total;
}

/** The share of pairs of steps that stand in their right order. */
function scoreOrder(right: readonly string[], chosen: readonly string[]): number {
  let inOrder = 0;
  let pairs = 0;
  for (let a = 0; a < right.length; a += 1)
    for (let b = a + 1; b < right.length; b += 1) {
      pairs += 1;
      if (chosen.indexOf(right[a] ?? '') < chosen.indexOf(right[b] ?? '')) inOrder += 1;
    }
  return inOrder / pairs;
}
