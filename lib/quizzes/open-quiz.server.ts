import 'server-only';
import type { Viewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import type { QuestionView } from './lesson-view.ts';
import { loadVerdicts } from './load-verdicts.server.ts';
import { publishItem } from './publish-item.ts';

export interface QuizView {
  readonly title: string;
  readonly kubernetes: string;
  readonly reviewed: string;
  readonly questions: readonly QuestionView[];
  /** Slug of the exercise that comes next. */
  readonly exercise: string | undefined;
}

/** The quiz of a lesson with what this viewer answered before; keys stay here. */
export async function openQuiz(
  viewer: Viewer,
  module: string,
  lessonSlug: string,
): Promise<QuizView | undefined> {
  const { lessons, quizzes } = await loadContent();
  const lesson = lessons.get(lessonSlug);
  const placed = quizzes.get(lesson?.front.quiz ?? '');
  if (lesson?.module !== module || placed === undefined) return undefined;
  const verdicts = await loadVerdicts(viewer, placed.items);
  const { title, kubernetes, reviewed } = placed.quiz;
  return {
    title,
    kubernetes,
    reviewed,
    exercise: lesson.front.exercise,
    questions: placed.items.map((item) => {
      const verdict = verdicts.get(item.item.id);
      return { item: publishItem(item), ...(verdict === undefined ? {} : { verdict }) };
    }),
  };
}
