'use client';

import { useEffect, useState } from 'react';
import type { SolutionRequest, SolutionStep } from '#lib/exercises/submission.ts';

const FIVE_MINUTES_MS = 5 * 60 * 1_000;

interface SolutionProps {
  readonly slug: string;
  /** A check was answered, or the exercise is done. */
  readonly isDue: boolean;
  readonly onType: (line: string) => void;
}

type Shown =
  | { readonly type: 'hidden' }
  | { readonly type: 'asking' }
  | { readonly type: 'shown'; readonly steps: readonly SolutionStep[] }
  | { readonly type: 'problem'; readonly problem: string };

async function fetchSolution(slug: string, request: SolutionRequest): Promise<Shown> {
  try {
    const response = await fetch(`/api/exercises/${slug}/solution`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body = (await response.json()) as { steps?: SolutionStep[]; problem?: string };
    if (body.steps) return { type: 'shown', steps: body.steps };
    return { type: 'problem', problem: body.problem ?? 'The solution could not be fetched.' };
  } catch {
    return {
      type: 'problem',
      problem: 'The solution is on the server, which cannot be reached. Try again when it can.',
    };
  }
}

/** The author's way, step by step: each line is put at the prompt, and the learner runs it. */
export function Solution({ slug, isDue, onType }: SolutionProps) {
  const [hasWaited, setHasWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setHasWaited(true), FIVE_MINUTES_MS);
    return () => clearTimeout(timer);
  }, []);
  const [shown, setShown] = useState<Shown>({ type: 'hidden' });
  const [key] = useState(() => crypto.randomUUID());
  const ask = async () => {
    setShown({ type: 'asking' });
    setShown(await fetchSolution(slug, { key, reason: isDue ? 'asked' : 'gave-up' }));
  };
  if (shown.type === 'shown')
    return (
      <section aria-label="Solution">
        <h3 className="brief-head">One way through</h3>
        <ol className="solution">
          {shown.steps.map((step, at) => (
            <li key={at}>
              {'command' in step ? (
                <>
                  <code>{step.command}</code>
                  <button type="button" className="btn sm" onClick={() => onType(step.command)}>
                    Put at the prompt
                  </button>
                </>
              ) : (
                <pre>
                  <code>{step.apply}</code>
                </pre>
              )}
              <p className="small dim">{step.because}</p>
            </li>
          ))}
        </ol>
      </section>
    );
  return (
    <div className="solution-ask">
      <button
        type="button"
        className="btn sm quiet"
        disabled={shown.type === 'asking'}
        onClick={() => void ask()}
      >
        {isDue || hasWaited ? 'Show the solution' : 'I give up: show the solution'}
      </button>
      {!isDue && (
        <p className="small dim">
          A pass after that counts as done, but not as something you can do.
        </p>
      )}
      {shown.type === 'problem' && (
        <p className="says problem" role="alert">
          {shown.problem}
        </p>
      )}
    </div>
  );
}
