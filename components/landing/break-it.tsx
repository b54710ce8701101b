'use client';

import { Suspense, lazy, useState, type FormEvent, type ReactNode } from 'react';
import type { BreakId } from '#lib/sandbox/landing-breaks.ts';

const LandingLab = lazy(async () => ({ default: (await import('./landing-lab.tsx')).LandingLab }));

interface BreakItProps {
  /** Head and figure as the server rendered them: shown until a button is pressed. */
  readonly children: ReactNode;
}

/**
 * Everything of the live packet that is loaded at first: it waits for a button. Then the laboratory comes, with the
 * simulator in a worker, and takes the place of what the server had drawn.
 */
export function BreakIt({ children }: BreakItProps) {
  const [chosen, setChosen] = useState<BreakId>();
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    const submitter = (event.nativeEvent as SubmitEvent).submitter;
    if (!(submitter instanceof HTMLButtonElement) || submitter.name !== 'break') return;
    event.preventDefault();
    setChosen(submitter.value as BreakId);
  };
  return (
    <form className="live" method="get" action="/" onSubmit={onSubmit}>
      {chosen === undefined ? (
        children
      ) : (
        <Suspense fallback={children}>
          <LandingLab chosen={chosen} />
        </Suspense>
      )}
    </form>
  );
}
