import 'server-only';
import type { Viewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { publishItem } from '#lib/quizzes/publish-item.ts';
import type { PublicItem } from '#lib/quizzes/public-item.ts';
import { loadCards, loadEvidence } from '#lib/review/load-evidence.server.ts';
import { chooseDueExercises, chooseDueItems, dueNow } from './choose-due-items.ts';

export interface Practice {
  /** What is due now, wrong and certain first. */
  readonly questions: readonly PublicItem[];
  /** To be done again, for due skills that no question asks for. */
  readonly exercises: readonly { readonly title: string; readonly href: string }[];
  /** When the next skill is due after this. */
  readonly nextDueAt: Date | undefined;
  readonly bank: readonly {
    readonly title: string;
    readonly href: string;
    readonly count: number;
  }[];
}

/** Today's review, and every question there is. Keys stay here. */
export async function loadPractice(viewer: Viewer, now: Date): Promise<Practice> {
  const [content, evidence, cards] = await Promise.all([
    loadContent(),
    loadEvidence(viewer),
    loadCards(viewer),
  ]);
  const due = dueNow(cards, now);
  const later = cards
    .map(({ dueAt }) => dueAt.getTime())
    .filter((time) => time > now.getTime())
    .sort((a, b) => a - b)[0];
  return {
    questions: chooseDueItems(due, content.items.values(), evidence).map(({ placed, seed }) =>
      placed.item.type === 'predict' ? publishItem(placed, seed) : publishItem(placed),
    ),
    exercises: chooseDueExercises(due, content.items.values(), content.exercises.values()).map(
      ({ slug, source }) => ({ title: source.title, href: `/exercises/${slug}` }),
    ),
    nextDueAt: later === undefined ? undefined : new Date(later),
    bank: [...content.lessons.values()].flatMap(({ slug, module, front }) => {
      const quiz = content.quizzes.get(front.quiz ?? '');
      return quiz
        ? [{ title: front.title, href: `/learn/${module}/${slug}/quiz`, count: quiz.items.length }]
        : [];
    }),
  };
}
