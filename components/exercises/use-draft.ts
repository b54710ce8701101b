'use client';

import { get, set } from 'idb-keyval';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { PublicExercise } from '#lib/exercises/publish-exercise.ts';
import type { Draft } from '#lib/exercises/submission.ts';
import { createBrowserKeeper } from '#lib/sandbox/browser/keep-sandbox.ts';
import { isTime } from '#lib/sandbox/append-action.ts';
import type { Action, Transcript } from '#lib/simulator/index.ts';

const SAVE_AFTER_MS = 2_000;

/** Under which name the work is kept in this browser: an exercise that has changed begins anew. */
export const storageKeyOf = ({ slug, revision }: PublicExercise) => `exercise:${slug}:${revision}`;

const basePlace = (slug: string) => `draft-base:${slug}`;
const isAct = (action: Action) => !isTime(action);

export interface DraftSync {
  /** Another device went on from the same state: its work. */
  readonly conflict: Draft | undefined;
  /** Changes when the sandbox must be opened anew. */
  readonly generation: number;
  /** Saves soon; time that only passed is not worth a save. */
  readonly save: (transcript: Transcript) => void;
  readonly takeTheirs: () => Promise<void>;
  readonly keepMine: () => void;
}

/** Keeps a copy of the unfinished work on the server, so that another device finds it. */
export function useDraft(exercise: PublicExercise, draft: Draft | undefined): DraftSync {
  const { slug } = exercise;
  const [conflict, setConflict] = useState<Draft>();
  const [generation, setGeneration] = useState(0);
  const base = useRef<number | undefined>(undefined);
  const latest = useRef<Transcript | undefined>(undefined);
  const saved = useRef(
    draft?.revision === exercise.revision ? JSON.stringify(draft.actions.filter(isAct)) : '[]',
  );
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const rememberBase = useCallback(
    async (version: number) => {
      base.current = version;
      await set(basePlace(slug), version).catch(() => undefined);
    },
    [slug],
  );

  // Read before the sandbox saves anything: what this browser continues is what it saved last; the server's work,
  // when it has none of its own; else nothing, and the server will say that there are two.
  const known = useRef<Promise<number> | undefined>(undefined);
  const [storageKey] = useState(() => storageKeyOf(exercise));
  const version = draft?.version ?? 0;
  useEffect(() => {
    known.current ??= Promise.all([
      get<number>(basePlace(slug)),
      createBrowserKeeper().load(storageKey),
    ]).then(
      ([remembered, kept]) => remembered ?? (kept ? 0 : version),
      () => version,
    );
  }, [slug, storageKey, version]);
  const baseVersion = useCallback(async () => (base.current ??= (await known.current) ?? 0), []);

  const write = useCallback(async () => {
    const transcript = latest.current;
    if (!transcript) return;
    const acts = JSON.stringify(transcript.actions.filter(isAct));
    if (acts === saved.current) return;
    const body = {
      baseVersion: await baseVersion(),
      revision: exercise.revision,
      engine: transcript.version,
      seed: transcript.seed,
      actions: transcript.actions,
    };
    try {
      const response = await fetch(`/api/exercises/${slug}/draft`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (response.ok) {
        saved.current = acts;
        await rememberBase(((await response.json()) as { version: number }).version);
      } else if (response.status === 409)
        setConflict(((await response.json()) as { theirs: Draft }).theirs);
    } catch {
      // Offline: the work is kept in this browser, and the next save has all of it.
    }
  }, [slug, exercise.revision, baseVersion, rememberBase]);

  const save = useCallback(
    (transcript: Transcript) => {
      latest.current = transcript;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => void write(), SAVE_AFTER_MS);
    },
    [write],
  );
  useEffect(() => () => clearTimeout(timer.current), []);

  const takeTheirs = useCallback(async () => {
    if (!conflict) return;
    const { engine: version, seed, actions } = conflict;
    const transcript = { version, scenario: exercise.scenario, seed, actions };
    const writer = crypto.randomUUID();
    await createBrowserKeeper().save(storageKeyOf(exercise), {
      transcript,
      log: [],
      writer,
      revision: 0,
    });
    await rememberBase(conflict.version);
    saved.current = JSON.stringify(actions.filter(isAct));
    setConflict(undefined);
    setGeneration((last) => last + 1);
  }, [conflict, exercise, rememberBase]);

  const keepMine = useCallback(() => {
    if (!conflict) return;
    setConflict(undefined);
    void rememberBase(conflict.version).then(write);
  }, [conflict, rememberBase, write]);

  return { conflict, generation, save, takeTheirs, keepMine };
}
