import type { Metadata, Route } from 'next';
import Link from 'next/link';
import { getViewer } from '#lib/auth/viewer.server.ts';
import { loadPractice } from '#lib/progress/load-practice.server.ts';
import { ownerOf } from '#components/quizzes/owner-of.ts';
import { SendLeftovers } from '#components/quizzes/send-leftovers.tsx';
import { ReviewRunner } from '#components/review/review-runner.tsx';
import '#components/progress/progress.css';

export const metadata: Metadata = { title: 'Practice' };

/** `12:40 UTC` for later today, `25 November` for another day. */
function sayWhen(date: Date, now: Date): string {
  const isToday = date.toISOString().slice(0, 10) === now.toISOString().slice(0, 10);
  return isToday
    ? `today at ${date.toISOString().slice(11, 16)} UTC`
    : `on ${date.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', timeZone: 'UTC' })}`;
}

export default async function PracticePage() {
  const viewer = await getViewer();
  const now = new Date();
  const { questions, exercises, nextDueAt, bank } = await loadPractice(viewer, now);
  const later = nextDueAt && `The next question is due ${sayWhen(nextDueAt, now)}.`;
  const owner = ownerOf(viewer);
  return (
    <main id="main" className="page narrow">
      <SendLeftovers owner={owner} />
      <h1>Practice</h1>
      {questions.length > 0 ? (
        <>
          <p className="lede">
            {questions.length === 1 ? 'One question is' : `${questions.length} questions are`} due.
            What you got wrong and were certain of comes first.
          </p>
          <ReviewRunner
            key={questions.map(({ id }) => id).join(' ')}
            questions={questions}
            owner={owner}
          />
        </>
      ) : (
        exercises.length === 0 && (
          <p className="lede">
            {later
              ? `Nothing is due now. ${later}`
              : 'Nothing is due yet. What you answer in lessons and quizzes returns here on the day before you would forget it.'}{' '}
            {!later && <Link href="/learn">Begin with a lesson</Link>}
          </p>
        )
      )}
      {exercises.length > 0 && (
        <>
          <h2>Repair again</h2>
          <ul className="done-list">
            {exercises.map(({ title, href }) => (
              <li key={href}>
                <Link href={href as Route}>{title}</Link>
                <span className="dim">due</span>
              </li>
            ))}
          </ul>
        </>
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
