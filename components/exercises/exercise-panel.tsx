'use client';

import { useRouter } from 'next/navigation';
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react';
import type { PublicExercise } from '#lib/exercises/publish-exercise.ts';
import type { Draft, ExerciseVerdict } from '#lib/exercises/submission.ts';
import type { Transcript } from '#lib/simulator/index.ts';
import { SandboxWorkspace, type SandboxHandle } from '#components/sandbox/sandbox-workspace.tsx';
import { CheckBar } from './check-bar.tsx';
import { CheckStatus } from './check-status.tsx';
import { CriteriaList } from './criteria-list.tsx';
import { HintList } from './hint-list.tsx';
import { Solution } from './solution.tsx';
import { useCheck, type CheckState } from './use-check.ts';
import { storageKeyOf, useDraft, type DraftSync } from './use-draft.ts';
import './exercises.css';

interface ExercisePanelProps {
  readonly exercise: PublicExercise;
  /** What the server kept of unfinished work; it opens where this browser has none. */
  readonly draft: Draft | undefined;
  readonly hasPassed: boolean;
  readonly maySeeSolution: boolean;
  readonly brief: ReactNode;
  /** Comes from the server once the exercise is passed. */
  readonly debrief: ReactNode;
}

/** The sandbox that is opened when this browser has kept none. */
function openingTranscript(exercise: PublicExercise, draft: Draft | undefined): Transcript {
  const { engine, revision, scenario, seed } = exercise;
  const isOfToday = draft?.revision === revision && draft.engine === engine;
  return isOfToday
    ? { version: engine, scenario, seed: draft.seed, actions: draft.actions }
    : { version: engine, scenario, seed, actions: [] };
}

/** An exercise: brief, criteria, hints and solution beside a cluster that the learner repairs. */
export function ExercisePanel(props: ExercisePanelProps) {
  const { exercise, draft } = props;
  const router = useRouter();
  const [hintsOpened, setHintsOpened] = useState(0);
  const [transcript] = useState(() => openingTranscript(exercise, draft));
  const onGraded = useCallback(
    (verdict: ExerciseVerdict) => {
      if (verdict.passed) router.refresh(); // the debrief is the server's until now
    },
    [router],
  );
  const { state, verdict, check } = useCheck(exercise.slug, onGraded);
  const sync = useDraft(exercise, draft);

  const submit = async (sandbox: SandboxHandle) => {
    const { version, seed, actions } = await sandbox.transcript();
    const { revision } = exercise;
    await check({ revision, engine: version, seed, actions, hintsOpened });
  };

  return (
    <SandboxWorkspace
      key={sync.generation}
      storageKey={storageKeyOf(exercise)}
      transcript={transcript}
      policyFindings={props.debrief ? 'shown' : 'withheld'}
      brief={(sandbox) => (
        <>
          <Task {...props} />
          {sync.conflict && <DraftConflict sync={sync} />}
          <Checks criteria={exercise.criteria} state={state} verdict={verdict} />
          <Outcome {...props} verdict={verdict} />
          <h3 className="brief-head">Hints</h3>
          <HintList hints={exercise.hints} opened={hintsOpened} onOpen={setHintsOpened} />
          <Solution
            slug={exercise.slug}
            isDue={props.maySeeSolution || verdict !== undefined}
            onType={(line) => sandbox.typeIntoPrompt(line)}
          />
        </>
      )}
      checkBar={(sandbox) => (
        <>
          <DraftSaver sandbox={sandbox} save={sync.save} />
          <CheckBar
            sandbox={sandbox}
            isChecking={state.type === 'checking'}
            onCheck={() => void submit(sandbox)}
          />
        </>
      )}
    />
  );
}

function Task({ exercise, brief }: ExercisePanelProps) {
  const { level, minutes, par, kubernetes, title } = exercise;
  return (
    <>
      <p className="plate row">
        Exercise · {level} · about {minutes} minutes · par {par} {par === 1 ? 'change' : 'changes'}
        <span className="end">Kubernetes {kubernetes}</span>
      </p>
      <h1>{title}</h1>
      <div className="story exercise-story">{brief}</div>
    </>
  );
}

function DraftConflict({ sync }: { readonly sync: DraftSync }) {
  return (
    <div className="says notice" role="alert">
      <p>Another device has gone on with this exercise. Both are kept until you choose.</p>
      <p className="row wrap">
        <button type="button" className="btn sm" onClick={() => void sync.takeTheirs()}>
          Go on with the other
        </button>
        <button type="button" className="btn sm" onClick={sync.keepMine}>
          Keep this one
        </button>
      </p>
    </div>
  );
}

interface ChecksProps {
  readonly criteria: readonly string[];
  readonly state: CheckState;
  readonly verdict: ExerciseVerdict | undefined;
}

function Checks({ criteria, state, verdict }: ChecksProps) {
  const look = state.type === 'problem' ? 'small criteria-problem' : 'small dim';
  const head = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (verdict) head.current?.scrollIntoView({ block: 'start' }); // a long brief would hide what was found
  }, [verdict]);
  return (
    <>
      <div className="row wrap brief-head" ref={head}>
        <h3 className="grow">Checks</h3>
        <span className={look} role="status">
          <CheckStatus state={state} />
        </span>
      </div>
      <CriteriaList criteria={criteria} verdict={verdict} />
    </>
  );
}

type OutcomeProps = Pick<ExercisePanelProps, 'hasPassed' | 'debrief'> & {
  readonly verdict: ExerciseVerdict | undefined;
};

function Outcome({ hasPassed, debrief, verdict }: OutcomeProps) {
  const isPassedNow = verdict?.passed === true;
  if (!isPassedNow && !hasPassed) return null;
  return (
    <>
      <p className="says done">
        {isPassedNow
          ? 'Passed. The server replayed what you did, and every criterion holds.'
          : 'You have passed this exercise before. The cluster is yours to try other ways.'}
      </p>
      {debrief && (
        <section className="story exercise-story" aria-label="Debrief">
          <h3 className="brief-head">What it was</h3>
          {debrief}
        </section>
      )}
    </>
  );
}

/** Draws nothing: saves a copy after each step. */
function DraftSaver({
  sandbox,
  save,
}: {
  readonly sandbox: SandboxHandle;
  readonly save: (transcript: Transcript) => void;
}) {
  const { view, isReady } = sandbox;
  const now = useRef(sandbox);
  useEffect(() => {
    now.current = sandbox;
  });
  useEffect(() => {
    if (isReady) void now.current.transcript().then(save);
  }, [isReady, view?.actionCount, save]);
  return null;
}
