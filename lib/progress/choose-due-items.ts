import type { Exercise, PlacedItem } from '#lib/content/content.ts';
import type { Evidence } from '#lib/review/evidence.ts';
import { dueToday, type SkillCard } from '#lib/review/schedule.ts';

export interface DueItem {
  readonly placed: PlacedItem;
  /** A cluster that this learner has not seen, for predictions. */
  readonly seed: string;
}

/**
 * One item for each due skill, in the order of the cards: one never answered, else the one answered longest ago, and
 * none twice. The skill is what is due; its prompt is another one wherever there is another one.
 */
export function chooseDueItems(
  due: readonly SkillCard[],
  items: Iterable<PlacedItem>,
  evidence: readonly Evidence[],
): DueItem[] {
  const last = new Map<string, number>();
  for (const { itemId, createdAt } of evidence) {
    if (itemId !== null) last.set(itemId, Math.max(last.get(itemId) ?? 0, createdAt.getTime()));
  }
  const candidates = [...items].filter(({ purpose }) => purpose !== 'predict');
  const taken = new Set<string>();
  return due.flatMap(({ skillId, reps }) => {
    const [chosen] = candidates
      .filter(({ item }) => item.skills.includes(skillId) && !taken.has(item.id))
      .sort((a, b) => (last.get(a.item.id) ?? 0) - (last.get(b.item.id) ?? 0));
    if (!chosen) return [];
    taken.add(chosen.item.id);
    return [{ placed: chosen, seed: `review-${reps + 1}` }];
  });
}

/** Cards whose time has come, wrong and certain first. A wrong answer waits its ten minutes. */
export const dueNow = (cards: Iterable<SkillCard>, now: Date): SkillCard[] =>
  dueToday(cards, now).filter(({ dueAt }) => dueAt <= now);

/** Exercises for due skills that no question asks for. */
export function chooseDueExercises(
  due: readonly SkillCard[],
  items: Iterable<PlacedItem>,
  exercises: Iterable<Exercise>,
): Exercise[] {
  const asked = new Set(
    [...items].filter(({ purpose }) => purpose !== 'predict').flatMap(({ item }) => item.skills),
  );
  const open = new Set(due.map(({ skillId }) => skillId).filter((skillId) => !asked.has(skillId)));
  return [...exercises].filter(({ source }) => source.skills.some((skill) => open.has(skill)));
}
