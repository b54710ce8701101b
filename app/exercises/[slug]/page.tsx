import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { renderMdx } from '#lib/content/render-mdx.server.ts';
import { loadDraft } from '#lib/exercises/drafts.server.ts';
import { publishExercise } from '#lib/exercises/publish-exercise.ts';
import { replayPool } from '#lib/exercises/replay-pool.server.ts';
import { loadStanding } from '#lib/exercises/standing.server.ts';
import { ExercisePanel } from '#components/exercises/exercise-panel.tsx';
import { PROSE_ELEMENTS } from '#components/exercises/prose-elements.tsx';

interface Props {
  readonly params: Promise<{ slug: string }>;
}

async function findExercise({ params }: Props) {
  return (await loadContent()).exercises.get((await params).slug);
}

export async function generateMetadata(props: Props): Promise<Metadata> {
  const exercise = await findExercise(props);
  return exercise ? { title: exercise.source.title, description: exercise.source.summary } : {};
}

export default async function Page(props: Props) {
  const exercise = await findExercise(props);
  if (!exercise) notFound();
  const viewer = await getViewer();
  const [standing, draft] = await Promise.all([
    loadStanding(viewer, exercise),
    loadDraft(viewer, exercise.slug),
  ]);
  replayPool().warm();
  return (
    <main id="main" className="full">
      <ExercisePanel
        exercise={publishExercise(exercise)}
        draft={draft}
        {...standing}
        brief={renderMdx(exercise.brief.code, PROSE_ELEMENTS)}
        debrief={standing.hasPassed ? renderMdx(exercise.debrief.code, PROSE_ELEMENTS) : null}
      />
    </main>
  );
}
