'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import type { PublicItem } from '#lib/quizzes/public-item.ts';
import type { Owner } from '#components/quizzes/attempt-queue.ts';
import { Question } from '#components/quizzes/question.tsx';

interface ReviewRunnerProps {
  readonly questions: readonly PublicItem[];
  readonly owner: Owner;
}

/** Today's review: one due item after the other, and at the end how it went. */
export function ReviewRunner({ questions, owner }: ReviewRunnerProps) {
  const router = useRouter();
  const [at, setAt] = useState(0);
  const [right, setRight] = useState(0);
  const current = questions[at];
  if (!current)
    return (
      <section className="question" aria-label="Result">
        <h2>
          {right} of {questions.length} right
        </h2>
        <p className="lede">
          What was wrong comes back in ten minutes. The rest waits until it is due again.
        </p>
        <button type="button" className="btn primary" onClick={() => router.refresh()}>
          What is left
        </button>
      </section>
    );
  const isLast = at + 1 === questions.length;
  return (
    <Question
      key={`${current.id} ${at}`}
      item={current}
      setting="practice"
      owner={owner}
      caption="Due today"
      note={`${at + 1} of ${questions.length}`}
      onAnswered={({ isCorrect }) => setRight(right + (isCorrect ? 1 : 0))}
      actions={
        <button type="button" className="btn primary" onClick={() => setAt(at + 1)}>
          {isLast ? 'See the result' : 'Next'}
        </button>
      }
    />
  );
}
