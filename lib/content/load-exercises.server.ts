import 'server-only';
import type { Exercise } from './content.ts';
import {
  hashContent,
  listFolder,
  readMdx,
  readScenario,
  readYaml,
  type Reading,
} from './read-content-file.server.ts';
import { exerciseSchema, solutionSchema } from './schema/exercise.ts';

/** content/exercises/<slug>/: exercise.yaml, brief.mdx, debrief.mdx, start/*.yaml, solution.yaml */
export async function loadExercises(reading: Reading): Promise<ReadonlyMap<string, Exercise>> {
  const exercises = new Map<string, Exercise>();
  for (const slug of await listFolder(reading, 'exercises')) {
    const exercise = await loadExercise(reading, slug);
    if (exercise !== undefined) exercises.set(slug, exercise);
  }
  return exercises;
}

async function loadExercise(reading: Reading, slug: string): Promise<Exercise | undefined> {
  const folder = `exercises/${slug}`;
  const source = await readYaml(reading, `${folder}/exercise.yaml`, exerciseSchema);
  const solution = await readYaml(reading, `${folder}/solution.yaml`, solutionSchema);
  const brief = await readMdx(reading, `${folder}/brief.mdx`);
  const debrief = await readMdx(reading, `${folder}/debrief.mdx`);
  if (!source || !solution || !brief || !debrief) return undefined;
  const scenario = await readScenario(reading, folder, slug, source.scenario);
  return {
    slug,
    source,
    scenario,
    solution,
    brief: brief.page,
    debrief: debrief.page,
    revision: hashContent([scenario, source.checks]),
  };
}
