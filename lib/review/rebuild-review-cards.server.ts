import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { readReviewState } from './load-evidence.server.ts';
import { foldCards, type SkillCard } from './schedule.ts';

/** Skills whose stored card is not what the attempts fold to; empty when all is well. */
export async function findUnequalCards(userId: string): Promise<string[]> {
  const { evidence, cards } = await readReviewState(userId);
  const folded = foldCards(evidence);
  const stored = new Map(cards.map((card) => [card.skillId, card]));
  const skills = new Set([...folded.keys(), ...stored.keys()]);
  return [...skills].filter((skill) => !isSameCard(folded.get(skill), stored.get(skill))).sort();
}

function isSameCard(a: SkillCard | undefined, b: SkillCard | undefined): boolean {
  const plain = (card: SkillCard | undefined) =>
    card && [
      card.dueAt.getTime(),
      card.priority,
      card.lastReviewedAt?.getTime() ?? null,
      card.reps,
      card.lapses,
      // Keys in one order: jsonb keeps its own.
      Object.entries(card.state).sort(([x], [y]) => (x < y ? -1 : 1)),
    ];
  return JSON.stringify(plain(a)) === JSON.stringify(plain(b));
}

/**
 * Writes the review cards of a user anew from the attempts, for instance after a guest's work was merged. An answer
 * that arrives meanwhile is noticed, and the cards are written once more.
 */
export async function rebuildReviewCards(userId: string): Promise<void> {
  for (let tries = 0; tries < 3; tries += 1) {
    const { evidence } = await readReviewState(userId);
    const cards = [...foldCards(evidence).values()];
    await db().$transaction([
      db().reviewCard.deleteMany({ where: { userId } }),
      db().reviewCard.createMany({
        data: cards.map((card) => ({ ...card, userId, state: { ...card.state } })),
      }),
    ]);
    // An answer that came between the fold and the write is seen by the comparison, and folded again.
    if ((await findUnequalCards(userId)).length === 0) return;
  }
  throw new Error('the review cards changed while they were written anew');
}
