import Link from 'next/link';
import { notFound } from 'next/navigation';
import type { Metadata, Route } from 'next';
import { getReader } from '#lib/auth/viewer.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { renderMdx } from '#lib/content/render-mdx.server.ts';
import { openLesson } from '#lib/quizzes/open-lesson.server.ts';
import { FinishLesson } from '#components/mdx/finish-lesson.tsx';
import { LessonPanes } from '#components/mdx/lesson-panes.tsx';
import { lessonPalette } from '#components/mdx/lesson-palette.tsx';
import { LessonRail } from '#components/mdx/lesson-rail.tsx';
import { ReviewedOn } from '#components/mdx/reviewed-on.tsx';
import { UnknownReader } from '#components/progress/unknown-reader.tsx';
import { ownerOf } from '#components/quizzes/owner-of.ts';
import { SendLeftovers } from '#components/quizzes/send-leftovers.tsx';

interface LessonPageProps {
  readonly params: Promise<{ module: string; lesson: string }>;
  readonly searchParams: Promise<{ look?: string | string[] }>;
}

export async function generateMetadata({ params }: LessonPageProps): Promise<Metadata> {
  const lesson = (await loadContent()).lessons.get((await params).lesson);
  return lesson ? { title: lesson.front.title, description: lesson.front.summary } : {};
}

export default async function LessonPage({ params, searchParams }: LessonPageProps) {
  const { module, lesson: slug } = await params;
  const { look } = await searchParams;
  const { viewer, isKnown } = await getReader();
  const view = await openLesson(viewer, slug, look === undefined ? [] : [look].flat());
  if (view === undefined || view.lesson.module !== module) notFound();
  const { modules } = await loadContent();
  const { front, number, page } = view.lesson;
  const owner = ownerOf(viewer);
  return (
    <main id="main" className="lesson-grid">
      <SendLeftovers owner={owner} />
      <LessonRail modules={modules} current={module} />
      <LessonPanes>
        <header className="lesson-head">
          <div className="plate row wrap">
            <span>{number}</span>
            <span aria-hidden="true">·</span>
            <ReviewedOn kubernetes={front.kubernetes} reviewed={front.reviewed} />
            <span className="end nowrap">{front.minutes} min</span>
          </div>
          <h1>{front.title}</h1>
          {!(isKnown && view.isProgressKnown) && <UnknownReader />}
        </header>
        {renderMdx(page.code, lessonPalette(view, viewer))}
        <footer className="lesson-end">
          <div className="row wrap">
            {front.quiz !== undefined && (
              <Link className="btn primary" href={`/learn/${module}/${slug}/quiz` as Route}>
                Take the quiz
              </Link>
            )}
            {front.exercise !== undefined && (
              <Link className="btn" href={`/exercises/${front.exercise}` as Route}>
                Fix a broken cluster
              </Link>
            )}
            <FinishLesson
              key={String(view.isFinished)}
              slug={slug}
              owner={owner}
              isFinished={view.isFinished}
            />
          </div>
          <h2>Sources</h2>
          <ol>
            {front.sources.map(({ title, url }) => (
              <li key={url}>
                <a href={url} rel="noreferrer">
                  {title}
                </a>
              </li>
            ))}
          </ol>
        </footer>
      </LessonPanes>
    </main>
  );
}
