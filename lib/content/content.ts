import type { Scenario } from '#lib/simulator/index.ts';
import type { Outline } from './remark-allow-list.ts';
import type { ExerciseSource, Solution } from './schema/exercise.ts';
import type { GlossaryFrontMatter } from './schema/glossary.ts';
import type { InterviewQuestion } from './schema/interview.ts';
import type { Item } from './schema/item.ts';
import type { LessonFrontMatter } from './schema/lesson.ts';
import type { Quiz } from './schema/quiz.ts';
import type { ModuleSource } from './schema/tracks.ts';

/** A compiled page of prose. */
export interface Page {
  readonly code: string;
  readonly outline: Outline;
}

/**
 * An item where it stands. Holds the answer key: of this only what `publishItem` (lib/quizzes) takes out may reach a
 * browser before the answer is recorded.
 */
export interface PlacedItem {
  readonly item: Item;
  readonly place: 'lesson' | 'quiz';
  /** Slug of the lesson or quiz. */
  readonly contentId: string;
  /** `predict` is asked before teaching and never counts; everything else does. */
  readonly purpose: 'predict' | 'check' | 'faded' | 'quiz';
  /** Hash of what was asked and how it is graded. */
  readonly revision: string;
  /** Where a prediction begins. */
  readonly scenario?: Scenario;
}

export interface Lesson {
  readonly slug: string;
  readonly module: string;
  /** `5.1`: module and place within it. */
  readonly number: string;
  readonly front: LessonFrontMatter;
  readonly page: Page;
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly items: readonly PlacedItem[];
  readonly revision: string;
}

export interface PlacedQuiz {
  readonly slug: string;
  readonly quiz: Quiz;
  readonly items: readonly PlacedItem[];
  readonly revision: string;
}

export interface Exercise {
  readonly slug: string;
  readonly source: ExerciseSource;
  readonly scenario: Scenario;
  readonly solution: Solution;
  readonly brief: Page;
  readonly debrief: Page;
  /** Hash of scenario and checks: a transcript belongs to one of these. */
  readonly revision: string;
}

export interface Module extends ModuleSource {
  readonly group: string;
}

export interface GlossaryEntry {
  readonly slug: string;
  readonly front: GlossaryFrontMatter;
  readonly page: Page;
}

/** All that is taught, read once and held together. */
export interface Content {
  readonly modules: readonly Module[];
  readonly lessons: ReadonlyMap<string, Lesson>;
  readonly quizzes: ReadonlyMap<string, PlacedQuiz>;
  readonly exercises: ReadonlyMap<string, Exercise>;
  readonly glossary: ReadonlyMap<string, GlossaryEntry>;
  /** Open questions by their id. Holds rubrics and model answers: nothing of it reaches a browser before the end. */
  readonly interviews: ReadonlyMap<string, InterviewQuestion>;
  /** Every item of lessons and quizzes by its id. */
  readonly items: ReadonlyMap<string, PlacedItem>;
}

/** Every skill that some content gives evidence of, in the order of the modules. */
export function listSkills(content: Content): string[] {
  const found = new Set<string>();
  for (const { item } of content.items.values()) for (const skill of item.skills) found.add(skill);
  for (const { source } of content.exercises.values())
    for (const skill of source.skills) found.add(skill);
  for (const { front } of content.lessons.values())
    for (const skill of front.skills) found.add(skill);
  const order = new Map(content.modules.map(({ slug, number }) => [slug, number]));
  const rank = (skill: string) => order.get(skill.split('.')[0] ?? '') ?? 0;
  return [...found].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}
