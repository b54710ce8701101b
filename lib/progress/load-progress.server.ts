import 'server-only';
import type { Viewer } from '#lib/auth/viewer.ts';
import { listSkills, type Content } from '#lib/content/content.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { loadPassedExercises } from '#lib/exercises/standing.server.ts';
import { loadLessonStates, type LessonState } from '#lib/quizzes/lesson-states.server.ts';
import { loadCards, loadEvidence } from '#lib/review/load-evidence.server.ts';
import { foldMastery, type SkillStanding } from './fold-mastery.ts';

export interface Progress {
  readonly isEmpty: boolean;
  readonly skills: readonly SkillStanding[];
  readonly lessons: readonly {
    readonly title: string;
    readonly href: string;
    readonly state: LessonState | 'new';
  }[];
  readonly exercises: readonly {
    readonly title: string;
    readonly href: string;
    readonly isPassed: boolean;
  }[];
  readonly answers: number;
}

/** Skills that have questions about clusters nobody has seen. */
const generatedSkills = (content: Content) =>
  new Set(
    [...content.items.values()].flatMap(({ item, purpose }) =>
      item.type === 'predict' && purpose !== 'predict' ? item.skills : [],
    ),
  );

/** All that a viewer has shown so far, folded anew from the attempts. */
export async function loadProgress(viewer: Viewer, now: Date): Promise<Progress> {
  const [content, evidence, cards, states, passed] = await Promise.all([
    loadContent(),
    loadEvidence(viewer),
    loadCards(viewer),
    loadLessonStates(viewer),
    loadPassedExercises(viewer),
  ]);
  return {
    isEmpty: evidence.length === 0 && states.size === 0,
    skills: foldMastery(listSkills(content), generatedSkills(content), evidence, cards, now),
    lessons: [...content.lessons.values()].map(({ slug, module, front }) => ({
      title: front.title,
      href: `/learn/${module}/${slug}`,
      state: states.get(slug) ?? 'new',
    })),
    exercises: [...content.exercises.values()].map(({ slug, source }) => ({
      title: source.title,
      href: `/exercises/${slug}`,
      isPassed: passed.has(slug),
    })),
    answers: evidence.length,
  };
}
