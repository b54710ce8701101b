import 'server-only';
import type { Viewer } from '#lib/auth/viewer.ts';
import type { Content } from '#lib/content/content.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { loadPassedExercises } from '#lib/exercises/standing.server.ts';
import { loadLessonStates, type LessonState } from '#lib/quizzes/lesson-states.server.ts';
import type { Evidence } from '#lib/review/evidence.ts';
import { loadCards, loadEvidence } from '#lib/review/load-evidence.server.ts';
import { chooseDueExercises, chooseDueItems, dueNow } from './choose-due-items.ts';

export interface Home {
  readonly continue?: { readonly title: string; readonly href: string; readonly note: string };
  readonly due: {
    readonly count: number;
    readonly minutes: number;
    readonly wrongAndCertain: number;
  };
  readonly hasProgress: boolean;
}

/** What one due item takes, in minutes. */
const MINUTES_PER_ITEM = 1.2;
const CERTAIN_AND_WRONG = 2;

interface Done {
  readonly states: ReadonlyMap<string, LessonState>;
  readonly passed: ReadonlySet<string>;
  readonly evidence: readonly Evidence[];
}

/** The first thing that is not done, lesson by lesson: read it, take its quiz, repair its cluster. */
function nextStep(content: Content, { states, passed, evidence }: Done): Home['continue'] {
  const answered = new Set(evidence.map(({ itemId }) => itemId));
  for (const { slug: module } of content.modules) {
    for (const lesson of content.lessons.values()) {
      if (lesson.module !== module) continue;
      const { title, minutes, quiz: quizSlug, exercise: exerciseSlug } = lesson.front;
      const href = `/learn/${module}/${lesson.slug}`;
      const state = states.get(lesson.slug);
      if (state !== 'finished') {
        const note =
          state === 'started' ? 'You have begun this lesson.' : `A lesson of ${minutes} minutes.`;
        return { title, href, note };
      }
      const open = content.quizzes
        .get(quizSlug ?? '')
        ?.items.filter(({ item }) => !answered.has(item.id));
      if (open && open.length > 0) {
        const note =
          open.length === 1 ? 'One question is open.' : `${open.length} questions are open.`;
        return { title: `Quiz: ${title}`, href: `${href}/quiz`, note };
      }
      const exercise = content.exercises.get(exerciseSlug ?? '');
      if (exercise && !passed.has(exercise.slug)) {
        const note = `A cluster to repair, about ${exercise.source.minutes} minutes.`;
        return { title: exercise.source.title, href: `/exercises/${exercise.slug}`, note };
      }
    }
  }
  return undefined;
}

/** What the home page of somebody who has begun shows. */
export async function loadHome(viewer: Viewer, now: Date): Promise<Home> {
  const [content, evidence, cards, states, passed] = await Promise.all([
    loadContent(),
    loadEvidence(viewer),
    loadCards(viewer),
    loadLessonStates(viewer),
    loadPassedExercises(viewer),
  ]);
  const due = dueNow(cards, now);
  const items = [...content.items.values()];
  const count =
    chooseDueItems(due, items, evidence).length +
    chooseDueExercises(due, items, content.exercises.values()).length;
  const next = nextStep(content, { states, passed, evidence });
  return {
    ...(next ? { continue: next } : {}),
    due: {
      count,
      minutes: Math.max(1, Math.round(count * MINUTES_PER_ITEM)),
      wrongAndCertain: Math.min(
        count,
        due.filter(({ priority }) => priority === CERTAIN_AND_WRONG).length,
      ),
    },
    hasProgress: evidence.length > 0 || states.size > 0,
  };
}
