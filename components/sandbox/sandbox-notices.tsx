'use client';

import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';

interface SandboxNoticesProps {
  readonly snapshot: SandboxSnapshot;
  readonly session: SandboxSession;
}

/** What went wrong beside the learner's own doing: a fault of ours, another tab, a full disk. */
export function SandboxNotices({ snapshot, session }: SandboxNoticesProps) {
  const copyReport = () => {
    const report = { fault: snapshot.fault, transcript: session.transcript() };
    void navigator.clipboard.writeText(JSON.stringify(report, null, 2));
  };
  return (
    <div aria-live="polite">
      {snapshot.status === 'faulted' && (
        <div className="says problem notice">
          <p>
            The cluster stopped because of a fault of ours. Your work is kept and this attempt does
            not count. Start it again, or copy the report for the people who run this place.
          </p>
          <p className="small dim">
            <code>{snapshot.fault}</code>
          </p>
          <p className="row wrap">
            <button type="button" className="btn sm primary" onClick={() => void session.restart()}>
              Start again
            </button>
            {snapshot.canUndo && (
              <button
                type="button"
                className="btn sm"
                onClick={() => void session.restart().then(() => session.undo())}
              >
                Start again without the last step
              </button>
            )}
            <button type="button" className="btn sm" onClick={copyReport}>
              Copy the report
            </button>
          </p>
        </div>
      )}
      {snapshot.isOvertaken && (
        <div className="says notice">
          <p>This sandbox was changed in another tab. What is done last is what is kept.</p>
          <p className="row wrap">
            <button type="button" className="btn sm" onClick={() => void session.followOtherTab()}>
              Show the other tab’s state
            </button>
            <button type="button" className="btn sm" onClick={() => void session.keepThisTab()}>
              Keep this one
            </button>
          </p>
        </div>
      )}
      {snapshot.live?.isConnected === false && (
        <p className="says notice">
          No connection to the server. While a kubeconfig is live it orders what is done, so nothing
          can be done here until it is back; what your kubectl does appears then.
        </p>
      )}
      {snapshot.isUnkept && (
        <p className="says notice">
          This browser does not let the page keep your work: it lasts until the tab is closed. A
          private window or a full disk does that.
        </p>
      )}
    </div>
  );
}
