import type { Metadata, Route } from 'next';
import Link from 'next/link';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { loadPractice } from '#lib/progress/load-practice.server.ts';
import { ownerOf } from '#components/quizzes/owner-of.ts';
import { SendLeftovers } from '#components/quizzes/send-leftovers.tsx';
import { ReviewRunner } from '#components/review/review-runner.tsx';
import '#components/progress/progress.css';

export const metadata: Metadata = { title: 'Practice' };

const dateOf = (date: Date) =>
  date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' });

export default async function PracticePage() {
  const viewer = await getViewer();
  const { questions, nextDueAt, bank } = await loadPractice(viewer, new Date());
  const owner = ownerOf(viewer);
  return (
    <main id="main" className="page narrow">
      <SendLeftovers owner={owner} />
      <h1>Practice</h1>
      {questions.length > 0 ? (
        <>
          <p className="lede">
            {questions.length === 1 ? 'One question is' : `${questions.length} questions are`} due
            today. What you got wrong and were certain of comes first.
          </p>
          <ReviewRunner
            key={questions.map(({ id }) => id).join(' ')}
            questions={questions}
            owner={owner}
          />
        </>
      ) : (
        <p className="lede">
          {nextDueAt
            ? `Nothing is due today. The next question is due on ${dateOf(nextDueAt)}.`
            : 'Nothing is due yet. What you answer in lessons and quizzes returns here on the day before you would forget it.'}
        </p>
      )}
      <h2>All questions</h2>
      <ul className="done-list">
        {bank.map(({ title, href, count }) => (
          <li key={href}>
            <Link href={href as Route}>{title}</Link>
            <span className="dim">{count} questions</span>
          </li>
        ))}
      </ul>
    </main>
  );
}
