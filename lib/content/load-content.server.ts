import 'server-only';
import path from 'node:path';
import type { Scenario } from '#lib/simulator/index.ts';
import type { Content, GlossaryEntry, Lesson, Module, PlacedItem, PlacedQuiz } from './content.ts';
import { loadExercises } from './load-exercises.server.ts';
import { loadLessons } from './load-lessons.server.ts';
import {
  checkShape,
  hashContent,
  listFolder,
  readMdx,
  readYaml,
  type Reading,
} from './read-content-file.server.ts';
import { glossarySchema } from './schema/glossary.ts';
import { interviewQuestionsSchema, type InterviewQuestion } from './schema/interview.ts';
import { quizSchema } from './schema/quiz.ts';
import { tracksSchema } from './schema/tracks.ts';

/** Content that does not hold together. The message lists everything that is wrong with it. */
export class ContentProblem extends Error {}

/** Reads all of content/ with what is wrong with it; whatever is broken is left out. */
export async function readContent(
  root = path.join(process.cwd(), 'content'),
): Promise<{ content: Content; problems: readonly string[] }> {
  const reading: Reading = { root, problems: [] };
  const modules = await loadModules(reading);
  const lessons = await loadLessons(reading, modules);
  const scenarios = new Map(
    [...lessons.values()].flatMap((lesson) =>
      [...lesson.scenarios].map(
        ([name, scenario]) => [`${lesson.slug}/${name}`, scenario] as const,
      ),
    ),
  );
  const placed = new Map<string, Lesson>();
  for (const [slug, lesson] of lessons)
    placed.set(slug, { ...lesson, items: withScenarios(reading, lesson.items, scenarios) });
  const quizzes = await loadQuizzes(reading, scenarios);
  const exercises = await loadExercises(reading);
  const glossary = await loadGlossary(reading);
  const interviews = await loadInterviews(reading);
  const items = indexItems(reading, placed, quizzes);
  return {
    content: { modules, lessons: placed, quizzes, exercises, glossary, interviews, items },
    problems: reading.problems,
  };
}

async function loadModules(reading: Reading): Promise<Module[]> {
  const tracks = await readYaml(reading, 'tracks.yaml', tracksSchema);
  const modules: Module[] = [];
  for (const group of tracks?.groups ?? [])
    for (const module of group.modules) modules.push({ ...module, group: group.title });
  return modules;
}

async function loadQuizzes(
  reading: Reading,
  scenarios: ReadonlyMap<string, Scenario>,
): Promise<ReadonlyMap<string, PlacedQuiz>> {
  const quizzes = new Map<string, PlacedQuiz>();
  for (const name of await listFolder(reading, 'quizzes')) {
    const slug = name.replace(/\.yaml$/, '');
    const quiz = await readYaml(reading, `quizzes/${name}`, quizSchema);
    if (quiz === undefined) continue;
    const items = quiz.items.map((item): PlacedItem => ({
      item,
      place: 'quiz',
      contentId: slug,
      purpose: 'quiz',
      revision: hashContent(item),
    }));
    quizzes.set(slug, {
      slug,
      quiz,
      items: withScenarios(reading, items, scenarios),
      revision: hashContent(quiz),
    });
  }
  return quizzes;
}

/** Gives predictions the scenario that they name, and a revision that changes with it. */
function withScenarios(
  reading: Reading,
  items: readonly PlacedItem[],
  scenarios: ReadonlyMap<string, Scenario>,
): PlacedItem[] {
  return items.map((placed) => {
    if (placed.item.type !== 'predict') return placed;
    const scenario = scenarios.get(placed.item.scenario);
    if (scenario === undefined) {
      reading.problems.push(`${placed.item.id}: there is no scenario ${placed.item.scenario}`);
      return placed;
    }
    return { ...placed, scenario, revision: hashContent([placed.item, scenario]) };
  });
}

async function loadGlossary(reading: Reading): Promise<ReadonlyMap<string, GlossaryEntry>> {
  const entries = new Map<string, GlossaryEntry>();
  for (const name of await listFolder(reading, 'glossary')) {
    const file = `glossary/${name}`;
    const read = await readMdx(reading, file);
    const front = read && checkShape(reading, file, glossarySchema, read.frontMatter);
    const slug = name.replace(/\.mdx$/, '');
    if (read && front) entries.set(slug, { slug, front, page: read.page });
  }
  return entries;
}

async function loadInterviews(reading: Reading): Promise<ReadonlyMap<string, InterviewQuestion>> {
  const questions = new Map<string, InterviewQuestion>();
  for (const name of await listFolder(reading, 'interviews')) {
    const topic = await readYaml(reading, `interviews/${name}`, interviewQuestionsSchema);
    for (const question of topic?.questions ?? []) {
      if (questions.has(question.id))
        reading.problems.push(`${question.id}: two interview questions have this id`);
      questions.set(question.id, question);
    }
  }
  return questions;
}

function indexItems(
  reading: Reading,
  lessons: ReadonlyMap<string, Lesson>,
  quizzes: ReadonlyMap<string, PlacedQuiz>,
): ReadonlyMap<string, PlacedItem> {
  const items = new Map<string, PlacedItem>();
  for (const owner of [...lessons.values(), ...quizzes.values()])
    for (const placed of owner.items) {
      if (items.has(placed.item.id))
        reading.problems.push(`${placed.item.id}: two items have this id`);
      items.set(placed.item.id, placed);
    }
  return items;
}

const kept = globalThis as unknown as { hopwiseContent?: Promise<Content> };

/** All content, read once for each process (again and again in development). Throws ContentProblem. */
export function loadContent(): Promise<Content> {
  if (process.env.NODE_ENV === 'development') return readOrThrow();
  kept.hopwiseContent ??= readOrThrow().catch((error: unknown) => {
    delete kept.hopwiseContent;
    throw error;
  });
  return kept.hopwiseContent;
}

async function readOrThrow(): Promise<Content> {
  const { content, problems } = await readContent();
  if (problems.length > 0) throw new ContentProblem(problems.join('\n'));
  return content;
}
