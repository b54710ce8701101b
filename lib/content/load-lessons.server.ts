import 'server-only';
import type { Scenario } from '#lib/simulator/index.ts';
import type { Lesson, Module, Page, PlacedItem } from './content.ts';
import {
  checkShape,
  hashContent,
  listFolder,
  readMdx,
  readScenario,
  readYaml,
  type Reading,
} from './read-content-file.server.ts';
import type { Item } from './schema/item.ts';
import { lessonSchema } from './schema/lesson.ts';
import { lessonQuestionsSchema } from './schema/quiz.ts';

/** content/lessons/<slug>/: lesson.mdx, questions.yaml, start/*.yaml */
export async function loadLessons(
  reading: Reading,
  modules: readonly Module[],
): Promise<ReadonlyMap<string, Lesson>> {
  const lessons = new Map<string, Lesson>();
  for (const slug of await listFolder(reading, 'lessons')) {
    const lesson = await loadLesson(reading, slug, modules);
    if (lesson !== undefined) lessons.set(slug, lesson);
  }
  return lessons;
}

async function loadLesson(
  reading: Reading,
  slug: string,
  modules: readonly Module[],
): Promise<Lesson | undefined> {
  const folder = `lessons/${slug}`;
  const file = `${folder}/lesson.mdx`;
  const read = await readMdx(reading, file);
  if (read === undefined) return undefined;
  const front = checkShape(reading, file, lessonSchema, read.frontMatter);
  const owner = modules.find((module) => module.lessons.includes(slug));
  if (owner === undefined)
    reading.problems.push(`${file}: tracks.yaml has no module with this lesson`);
  if (front === undefined || owner === undefined) return undefined;
  const scenarios = new Map<string, Scenario>();
  for (const [name, source] of Object.entries(front.scenarios))
    scenarios.set(name, await readScenario(reading, folder, `${slug}/${name}`, source));
  const questions = await readYaml(reading, `${folder}/questions.yaml`, lessonQuestionsSchema);
  const items = (questions?.items ?? []).map((item) => placeItem(slug, item, read.page));
  return {
    slug,
    module: owner.slug,
    number: `${owner.number}.${owner.lessons.indexOf(slug) + 1}`,
    front,
    page: read.page,
    scenarios,
    items,
    revision: hashContent([front, read.page.code]),
  };
}

function placeItem(slug: string, item: Item, page: Page): PlacedItem {
  const element = page.outline.elements.find(
    ({ name, attributes }) => name === 'Question' && attributes['id'] === item.id,
  );
  const purpose = (element?.attributes['purpose'] ?? 'check') as PlacedItem['purpose'];
  return { item, place: 'lesson', contentId: slug, purpose, revision: hashContent(item) };
}
