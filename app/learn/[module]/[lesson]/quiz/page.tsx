import Link from 'next/link';
import { notFound } from 'next/navigation';
import type { Metadata, Route } from 'next';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { openQuiz } from '#lib/quizzes/open-quiz.server.ts';
import { ReviewedOn } from '#components/mdx/reviewed-on.tsx';
import { ownerOf } from '#components/quizzes/owner-of.ts';
import { QuizRunner } from '#components/quizzes/quiz-runner.tsx';
import { SendLeftovers } from '#components/quizzes/send-leftovers.tsx';

interface QuizPageProps {
  readonly params: Promise<{ module: string; lesson: string }>;
}

export async function generateMetadata({ params }: QuizPageProps): Promise<Metadata> {
  const { module, lesson } = await params;
  const view = await openQuiz({ kind: 'none' }, module, lesson);
  return view ? { title: `Quiz: ${view.title}` } : {};
}

export default async function QuizPage({ params }: QuizPageProps) {
  const { module, lesson } = await params;
  const viewer = await getViewer();
  const view = await openQuiz(viewer, module, lesson);
  if (view === undefined) notFound();
  const owner = ownerOf(viewer);
  const lessonHref = `/learn/${module}/${lesson}`;
  return (
    <main id="main" className="page narrow">
      <SendLeftovers owner={owner} />
      <div className="plate row wrap">
        <Link href={lessonHref as Route}>{view.title}</Link>
        <span className="end">
          <ReviewedOn kubernetes={view.kubernetes} reviewed={view.reviewed} />
        </span>
      </div>
      <h1>Quiz</h1>
      <QuizRunner
        questions={view.questions}
        owner={owner}
        lessonHref={lessonHref}
        exerciseHref={view.exercise === undefined ? undefined : `/exercises/${view.exercise}`}
      />
    </main>
  );
}
