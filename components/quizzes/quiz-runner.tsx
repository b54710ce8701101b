'use client';

import Link from 'next/link';
import type { Route } from 'next';
import { useState } from 'react';
import type { PublicItem, Verdict } from '#lib/quizzes/public-item.ts';
import type { Owner } from './attempt-queue.ts';
import { Question } from './question.tsx';

interface QuizRunnerProps {
  readonly questions: readonly { readonly item: PublicItem; readonly verdict?: Verdict }[];
  readonly owner: Owner;
  readonly lessonHref: string;
  readonly exerciseHref: string | undefined;
}

/** A quiz, one question at a time, in any order; the marks above say what was answered how. */
export function QuizRunner({ questions, owner, lessonHref, exerciseHref }: QuizRunnerProps) {
  const [verdicts, setVerdicts] = useState<ReadonlyMap<string, Verdict>>(
    new Map(
      questions.flatMap(({ item, verdict }) => (verdict ? [[item.id, verdict] as const] : [])),
    ),
  );
  const firstOpen = questions.findIndex(({ verdict }) => verdict === undefined);
  const [at, setAt] = useState(firstOpen === -1 ? questions.length : firstOpen);
  const right = [...verdicts.values()].filter(({ isCorrect }) => isCorrect).length;
  const current = questions[at];
  return (
    <>
      <nav className="quiz-marks" aria-label="Questions">
        {questions.map(({ item }, index) => {
          const verdict = verdicts.get(item.id);
          const word = verdict === undefined ? 'open' : verdict.isCorrect ? 'right' : 'wrong';
          return (
            <button
              key={item.id}
              type="button"
              className={`quiz-mark is-${word}`}
              aria-current={index === at ? 'step' : undefined}
              aria-label={`Question ${index + 1}, ${word}`}
              onClick={() => setAt(index)}
            >
              {index + 1}
            </button>
          );
        })}
      </nav>
      {current ? (
        <Question
          key={current.item.id}
          item={current.item}
          verdict={verdicts.get(current.item.id)}
          setting="quiz"
          owner={owner}
          caption="Check yourself"
          note={`${at + 1} of ${questions.length}`}
          onAnswered={(verdict) => setVerdicts(new Map(verdicts).set(verdict.itemId, verdict))}
          actions={
            <button type="button" className="btn primary" onClick={() => setAt(at + 1)}>
              {at + 1 < questions.length ? 'Next' : 'See the result'}
            </button>
          }
        />
      ) : (
        <section className="question" aria-label="Result">
          <h2>
            {right} of {questions.length} right
          </h2>
          <p className="lede">
            {right === questions.length
              ? 'These skills come back in a few days, with other questions.'
              : 'What was wrong comes back today, what you were certain of first.'}
          </p>
          <div className="row wrap question-foot">
            {exerciseHref !== undefined && (
              <Link className="btn primary" href={exerciseHref as Route}>
                Fix a broken cluster
              </Link>
            )}
            <Link className="btn" href={'/practice'}>
              Practice
            </Link>
            <Link className="btn quiet" href={lessonHref as Route}>
              Back to the lesson
            </Link>
          </div>
        </section>
      )}
    </>
  );
}
