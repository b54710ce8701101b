'use client';

import { useCallback, useEffect, useRef, useState } from 'react';
import type { ExerciseVerdict, Submission } from '#lib/exercises/submission.ts';
import { forgetCheck, keepCheck, keptCheck } from './pending-check.ts';
import { sendCheck, type Sent } from './send-check.ts';

export type CheckState =
  | { readonly type: 'none' }
  | { readonly type: 'checking' }
  /** Kept in this browser, with its key, until the server has answered. */
  | { readonly type: 'waiting'; readonly reason: 'offline' | 'server' }
  | { readonly type: 'graded'; readonly verdict: ExerciseVerdict }
  | { readonly type: 'problem'; readonly problem: string };

interface Checker {
  readonly state: CheckState;
  /** The last verdict, also while the next one is awaited. */
  readonly verdict: ExerciseVerdict | undefined;
  readonly check: (submission: Omit<Submission, 'key'>) => Promise<void>;
}

/** Checks on the server, exactly once each: kept before the first send, sent again until there is an answer. */
export function useCheck(slug: string, onGraded: (verdict: ExerciseVerdict) => void): Checker {
  const [state, setState] = useState<CheckState>({ type: 'none' });
  const [verdict, setVerdict] = useState<ExerciseVerdict>();
  const pending = useRef<Submission | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const isSending = useRef(false);
  const graded = useRef(onGraded);
  useEffect(() => {
    graded.current = onGraded;
  });

  const settle = useCallback(
    async (key: string, sent: Exclude<Sent, { type: 'unsent' }>) => {
      pending.current = undefined;
      await forgetCheck(slug, key);
      if (sent.type === 'refused') return setState({ type: 'problem', problem: sent.problem });
      const { answer } = sent;
      if (answer.type === 'over-budget')
        return setState({ type: 'problem', problem: answer.problem });
      setVerdict(answer);
      setState({ type: 'graded', verdict: answer });
      graded.current(answer);
    },
    [slug],
  );

  const send = useCallback(async () => {
    if (isSending.current) return;
    clearTimeout(timer.current);
    isSending.current = true;
    try {
      for (let submission = pending.current; submission; submission = pending.current) {
        setState({ type: 'checking' });
        const sent = await sendCheck(slug, submission);
        if (pending.current !== submission) continue; // a newer check took its place
        if (sent.type !== 'unsent') {
          await settle(submission.key, sent);
          continue;
        }
        setState({ type: 'waiting', reason: sent.reason });
        timer.current = setTimeout(
          () => window.dispatchEvent(new Event('online')),
          sent.after * 1_000,
        );
        return;
      }
    } finally {
      isSending.current = false;
    }
  }, [slug, settle]);

  useEffect(() => {
    const again = () => void send();
    window.addEventListener('online', again);
    void keptCheck(slug).then((kept) => {
      pending.current ??= kept;
      return send();
    });
    return () => {
      window.removeEventListener('online', again);
      clearTimeout(timer.current);
    };
  }, [slug, send]);

  const check = useCallback(
    async (body: Omit<Submission, 'key'>) => {
      const last = pending.current;
      const isSame =
        last && JSON.stringify({ ...last, key: '' }) === JSON.stringify({ ...body, key: '' });
      const submission: Submission = isSame ? last : { ...body, key: crypto.randomUUID() };
      pending.current = submission;
      setState({ type: 'checking' });
      await keepCheck(slug, submission);
      await send();
    },
    [slug, send],
  );

  return { state, verdict, check };
}
