import type { Metadata } from 'next';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { publishCard } from '#lib/exercises/publish-exercise.ts';
import { loadPassedExercises } from '#lib/exercises/standing.server.ts';
import { ExerciseList } from '#components/exercises/exercise-list.tsx';

export const metadata: Metadata = {
  title: 'Exercises',
  description: 'Broken clusters to repair in the page, checked by replaying what you did.',
};

export default async function Page() {
  const { exercises } = await loadContent();
  const passed = await loadPassedExercises(await getViewer());
  return (
    <main id="main" className="page">
      <h1>Exercises</h1>
      <p className="dim">
        A cluster with something wrong in it. Find out what, repair it, and let the server check.
      </p>
      <ExerciseList exercises={[...exercises.values()].map(publishCard)} passed={passed} />
    </main>
  );
}
