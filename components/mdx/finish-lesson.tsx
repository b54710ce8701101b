'use client';

import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { sendAttempt, type Owner, type Sending } from '#components/quizzes/attempt-queue.ts';
import { CircleCheckIcon } from '#components/ui/icons.tsx';

interface FinishLessonProps {
  readonly slug: string;
  readonly owner: Owner;
  readonly isFinished: boolean;
}

/** Says that a lesson was read to its end: its skills come up for review from the next day. */
export function FinishLesson({ slug, owner, isFinished }: FinishLessonProps) {
  const router = useRouter();
  const [state, setState] = useState<Sending | 'open' | 'done'>(isFinished ? 'done' : 'open');
  const [problem, setProblem] = useState<string>();
  async function finish() {
    const body = { key: crypto.randomUUID() };
    const answer = await sendAttempt(`/api/lessons/${slug}/finish`, body, owner, setState);
    if (answer.type === 'refused') {
      setProblem(answer.problem);
      setState('open');
      return;
    }
    setState('done');
    router.refresh();
  }
  if (state === 'done')
    return (
      <p className="row" role="status">
        <CircleCheckIcon size={18} /> Lesson finished. Its skills come up in Practice from tomorrow.
      </p>
    );
  return (
    <>
      <button type="button" className="btn" onClick={() => void (state === 'open' && finish())}>
        Finish the lesson
      </button>
      <p className="small dim" role="status">
        {state === 'waiting' ? 'Kept in this browser until the server answers.' : problem}
      </p>
    </>
  );
}
