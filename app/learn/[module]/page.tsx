import Link from 'next/link';
import { notFound } from 'next/navigation';
import type { Metadata, Route } from 'next';
import { getReader } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { loadLessonStates } from '#lib/quizzes/lesson-states.server.ts';
import { LessonLinks } from '#components/mdx/module-map.tsx';
import { UnknownReader } from '#components/progress/unknown-reader.tsx';

interface ModulePageProps {
  readonly params: Promise<{ module: string }>;
}

async function findModule(slug: string) {
  const content = await loadContent();
  return { content, module: content.modules.find((module) => module.slug === slug) };
}

export async function generateMetadata({ params }: ModulePageProps): Promise<Metadata> {
  const { module } = await findModule((await params).module);
  return module ? { title: module.title, description: module.about } : {};
}

export default async function ModulePage({ params }: ModulePageProps) {
  const { content, module } = await findModule((await params).module);
  if (module === undefined) notFound();
  const { viewer, isKnown } = await getReader();
  const lessons = module.lessons.flatMap((slug) => content.lessons.get(slug) ?? []);
  const first = lessons[0];
  return (
    <main id="main" className="page narrow">
      <div className="plate">
        <Link href={'/learn'}>Learn</Link> · {module.group}
      </div>
      <h1>{module.title}</h1>
      <p className="lede">{module.about}</p>
      {!isKnown && <UnknownReader />}
      {first === undefined ? (
        <p>This module is planned; it has no lesson yet.</p>
      ) : (
        <>
          <h2>Lessons</h2>
          <LessonLinks
            module={module}
            lessons={content.lessons}
            states={await loadLessonStates(viewer)}
          />
          <h2>Show that you can do it</h2>
          <ul>
            {lessons.map(({ slug, front }) => (
              <li key={slug} className="row wrap">
                {front.quiz !== undefined && (
                  <Link className="btn" href={`/learn/${module.slug}/${slug}/quiz` as Route}>
                    Quiz, {content.quizzes.get(front.quiz)?.items.length} questions
                  </Link>
                )}
                {front.exercise !== undefined && (
                  <Link className="btn" href={`/exercises/${front.exercise}` as Route}>
                    {content.exercises.get(front.exercise)?.source.title}
                  </Link>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </main>
  );
}
