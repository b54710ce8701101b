import type { Metadata } from 'next';
import { getReader } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { loadLessonStates } from '#lib/quizzes/lesson-states.server.ts';
import { ModuleMap } from '#components/mdx/module-map.tsx';
import { UnknownReader } from '#components/progress/unknown-reader.tsx';

export const metadata: Metadata = { title: 'Learn' };

export default async function LearnPage() {
  const [content, { viewer, isKnown }] = await Promise.all([loadContent(), getReader()]);
  return (
    <main id="main" className="page">
      <h1>Learn</h1>
      {!isKnown && <UnknownReader />}
      <p className="lede">
        Seventeen modules, from the first packet to the interview. Each lesson begins with a
        prediction and stands on a cluster network that runs in the page.
      </p>
      <ModuleMap
        modules={content.modules}
        lessons={content.lessons}
        states={await loadLessonStates(viewer)}
      />
    </main>
  );
}
