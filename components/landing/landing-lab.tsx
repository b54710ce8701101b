'use client';

import { useEffect, useState } from 'react';
import { LANDING_BREAKS, landingTranscript, type BreakId } from '#lib/sandbox/landing-breaks.ts';
import type { SandboxView } from '#lib/sandbox/protocol.ts';
import {
  startSandboxWorker,
  type RunningWorker,
} from '#lib/sandbox/browser/start-sandbox-worker.ts';
import { FigurePlayer } from '#components/packet-trace/figure-player.tsx';
import { SendIcon } from '#components/ui/icons.tsx';
import { Verdict } from '#components/packet-trace/verdict.tsx';
import { decidingHop } from './deciding-hop.ts';
import { BreakButtons } from './landing-figure.tsx';

let running: RunningWorker | undefined;

type Shown =
  | { readonly id: BreakId; readonly view: SandboxView }
  | { readonly id: BreakId; readonly fault: string };

async function run(id: BreakId): Promise<Shown> {
  running ??= startSandboxWorker();
  const answer = await running.worker.open(landingTranscript(id));
  return 'fault' in answer ? { id, fault: answer.fault } : { id, view: answer };
}

/** The live packet once somebody pressed a button: the real simulator, in a worker of this page. */
export function LandingLab({ chosen }: { readonly chosen: BreakId }) {
  const [shown, setShown] = useState<Shown>();
  const [sent, setSent] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    run(chosen).then(
      (answer) => isCurrent && setShown(answer),
      (error: unknown) => isCurrent && setShown({ id: chosen, fault: String(error) }),
    );
    return () => {
      isCurrent = false;
    };
  }, [chosen]);
  const trace = shown && 'view' in shown ? shown.view.lastTrace : undefined;
  const isBusy = shown?.id !== chosen;
  return (
    <>
      <header className="row live-head">
        <b>Break it</b>
        <span className="small dim">then say what the client sees</span>
        <span className="end" role="status">
          {isBusy || !trace ? (
            <Verdict disposition="in-flight" />
          ) : (
            <Verdict disposition={trace.disposition} />
          )}
        </span>
      </header>
      <div className="brk" role="group" aria-label="Break it">
        <BreakButtons breaks={LANDING_BREAKS} chosen={chosen} />
      </div>
      {shown && 'fault' in shown && (
        <p className="says problem">
          The cluster stopped because of a fault of ours. Reload the page to try again.{' '}
          <code>{shown.fault}</code>
        </p>
      )}
      {!shown && <p className="live-wait">The cluster starts in this page.</p>}
      {shown && 'view' in shown && trace && (
        <>
          <FigurePlayer
            key={`${shown.id} ${sent}`}
            trace={trace}
            topology={shown.view.topology}
            title={trace.title}
            shape="compact"
            startAt={sent === 0 ? decidingHop(trace) : 1}
            verdict="always"
            actions={
              <button type="button" className="btn sm" onClick={() => setSent(sent + 1)}>
                <SendIcon size={14} />
                Send again
              </button>
            }
          />
          <p className="lesson-line live-lesson">
            {LANDING_BREAKS.find(({ id }) => id === shown.id)?.lesson}
          </p>
        </>
      )}
    </>
  );
}
