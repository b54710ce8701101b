'use client';

import { useEffect, useRef, useState } from 'react';
import type { LiveBeginning } from '#lib/sandbox/live-protocol.ts';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';
import './own-kubectl.css';

interface OwnKubectlProps {
  readonly session: SandboxSession;
  readonly live: SandboxSnapshot['live'];
  /** Told once by the server; gone after a reload. */
  readonly begun: LiveBeginning | undefined;
  readonly onBegun: (begun: LiveBeginning | undefined) => void;
  readonly onClose: () => void;
}

const FILE = 'hopwise-kubeconfig.yaml';
const COMMAND = `kubectl --kubeconfig ~/Downloads/${FILE} get pods`;

/** The dialog that gives a kubeconfig of this sandbox, says what it can do, and takes it back. */
export function OwnKubectl({ session, live, begun, onBegun, onClose }: OwnKubectlProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState('');
  const [isWaiting, setIsWaiting] = useState(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const wait = async (work: () => Promise<void>) => {
    setIsWaiting(true);
    setProblem('');
    await work();
    setIsWaiting(false);
  };
  const begin = () =>
    wait(async () => {
      const answer = await session.goLive();
      if ('problem' in answer) setProblem(answer.problem);
      else onBegun(answer);
    });
  const end = () =>
    wait(async () => {
      await session.endLive();
      if (session.getSnapshot().live)
        setProblem('The server could not be reached. The kubeconfig is still live; try again.');
      else onBegun(undefined);
    });

  return (
    <dialog
      ref={dialog}
      className="own-kubectl"
      aria-labelledby="own-kubectl-title"
      onClose={onClose}
    >
      <h2 id="own-kubectl-title">Use your own kubectl</h2>
      {live && begun ? <Kubeconfig begun={begun} /> : <Offer isLive={live !== undefined} />}
      <dl className="own-kubectl-can">
        <dt>Works</dt>
        <dd>
          get (also <code>-w</code>), describe, apply, diff, edit, patch, label, scale, rollout,
          wait, delete, events, <code>logs -f</code>, explain: all that is plain HTTP.
        </dd>
        <dt>Does not</dt>
        <dd>
          exec, attach and port-forward. They need <code>npm run sim -- serve</code> on your
          machine, or the terminal of this page.
        </dd>
      </dl>
      {problem !== '' && (
        <p className="says problem" role="alert">
          {problem}
        </p>
      )}
      <div className="row wrap own-kubectl-foot">
        <Acts isLive={live !== undefined} isWaiting={isWaiting} onBegin={begin} onEnd={end} />
        <span className="grow" />
        <button type="button" className="btn quiet" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

interface ActsProps {
  readonly isLive: boolean;
  readonly isWaiting: boolean;
  readonly onBegin: () => Promise<void>;
  readonly onEnd: () => Promise<void>;
}

function Acts({ isLive, isWaiting, onBegin, onEnd }: ActsProps) {
  return (
    <>
      <button
        type="button"
        className={isLive ? 'btn' : 'btn primary'}
        disabled={isWaiting}
        onClick={() => void onBegin()}
      >
        {isLive ? 'Get another' : 'Get a kubeconfig'}
      </button>
      {isLive && (
        <button
          type="button"
          className="btn danger"
          disabled={isWaiting}
          onClick={() => void onEnd()}
        >
          End the kubeconfig
        </button>
      )}
    </>
  );
}

function Offer({ isLive }: { readonly isLive: boolean }) {
  return isLive ? (
    <p>
      A kubeconfig of this sandbox is live. It was shown once, when it was made. Another one
      replaces it: the first then stops working.
    </p>
  ) : (
    <p>
      You get a kubeconfig of this sandbox. Your kubectl and this page then act on the same cluster:
      what you apply there appears here within a second, and Undo takes it back for both. The server
      keeps what is done meanwhile, and the cluster’s clock runs with yours.
    </p>
  );
}

function Kubeconfig({ begun }: { readonly begun: LiveBeginning }) {
  const [said, setSaid] = useState('');
  const { kubeconfig, expiresAt } = begun;
  const address = `data:application/yaml;charset=utf-8,${encodeURIComponent(kubeconfig)}`;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(COMMAND);
      setSaid('Copied.');
    } catch {
      setSaid('This browser does not let the page copy. Select the line instead.');
    }
  };
  const until = new Date(expiresAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  return (
    <>
      <p>
        It is live until {until}. Whoever has the file can change this sandbox, and nothing else.
      </p>
      <p className="row wrap">
        <a className="btn primary" href={address} download={FILE}>
          Download the kubeconfig
        </a>
        <button type="button" className="btn" onClick={() => void copy()}>
          Copy the command
        </button>
        <span className="small dim" role="status">
          {said}
        </span>
      </p>
      <pre className="own-kubectl-command" tabIndex={0} aria-label="Command">
        {COMMAND}
      </pre>
    </>
  );
}
