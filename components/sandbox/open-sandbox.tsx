'use client';

import { useEffect, useState } from 'react';
import type { Transcript } from '#lib/simulator/index.ts';
import { decodeTranscript, encodeTranscript } from '#lib/sandbox/share-link.ts';
import { OPEN_SCENARIO } from '#lib/sandbox/shop-scenario.ts';
import { RotateCcwIcon, ReturnIcon } from '#components/ui/icons.tsx';
import { SandboxWorkspace, type SandboxHandle } from './sandbox-workspace.tsx';

const START: Transcript = { version: 1, scenario: OPEN_SCENARIO, seed: 'hopwise', actions: [] };

type Opened =
  | { readonly kind: 'own' }
  | { readonly kind: 'shared'; readonly transcript: Transcript; readonly key: string }
  | { readonly kind: 'broken' };

async function readHash(): Promise<Opened> {
  const text = /^#s=([\w-]+)$/.exec(location.hash)?.[1];
  if (text === undefined) return { kind: 'own' };
  const transcript = await decodeTranscript(text);
  return transcript ? { kind: 'shared', transcript, key: text.slice(-32) } : { kind: 'broken' };
}

/** The open sandbox: one's own, or a copy of what a link holds. A shared one never overwrites one's own. */
export function OpenSandbox() {
  const [opened, setOpened] = useState<Opened>({ kind: 'own' });
  useEffect(() => {
    const read = () => void readHash().then(setOpened);
    read();
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  const isShared = opened.kind === 'shared';
  return (
    <SandboxWorkspace
      key={isShared ? opened.key : 'own'}
      storageKey={isShared ? `shared:${opened.key}` : 'open'}
      transcript={isShared ? opened.transcript : START}
      brief={(sandbox) => <Brief sandbox={sandbox} kind={opened.kind} />}
      checkBar={(sandbox) => <Foot sandbox={sandbox} />}
    />
  );
}

function Brief({
  sandbox,
  kind,
}: {
  readonly sandbox: SandboxHandle;
  readonly kind: Opened['kind'];
}) {
  const tries = [
    'kubectl get pods -o wide',
    'kubectl get endpointslices',
    'kubectl exec deploy/web -- curl -sS -m 2 http://catalog',
    'ssh node-a iptables-save -t nat',
    'kubectl label pod -l app=catalog app-',
  ];
  return (
    <>
      <p className="plate">{kind === 'shared' ? 'Shared sandbox' : 'Sandbox'} · Kubernetes 1.35</p>
      <h1>A small shop to take apart</h1>
      {kind === 'broken' && (
        <p className="says problem">
          The link is broken or too long, so your own sandbox is open instead.
        </p>
      )}
      {kind === 'shared' && (
        <p className="says">
          This is a copy of what somebody shared. Your own sandbox is kept as it was.
        </p>
      )}
      <p className="story">
        <code>web</code> asks <code>catalog</code>, a Service with two pods behind it, on two nodes.
        Nothing is wrong until you break it. All you do is kept in this browser.
      </p>
      <h2 className="brief-head">To begin with</h2>
      <ul className="tries">
        {tries.map((line) => (
          <li key={line}>
            <button type="button" onClick={() => sandbox.typeIntoPrompt(line)}>
              <code>{line}</code>
            </button>
          </li>
        ))}
      </ul>
      <p className="small dim">
        A line is put at the prompt; Enter runs it. Or send a packet and step through its hops.
      </p>
      <p className="small dim brief-head">
        What the simulator leaves out is listed in the <a href="/fidelity">fidelity report</a>.
      </p>
    </>
  );
}

function Foot({ sandbox }: { readonly sandbox: SandboxHandle }) {
  const [message, setMessage] = useState('');
  const share = async () => {
    const text = await encodeTranscript(await sandbox.transcript());
    const link = `${location.origin}/sandbox#s=${text}`;
    try {
      await navigator.clipboard.writeText(link);
      setMessage('The link is copied. It holds the whole sandbox; nothing is sent to us.');
    } catch {
      history.replaceState(null, '', link);
      setMessage('The address bar now holds the link.');
    }
  };
  return (
    <div className="sandbox-foot">
      <p className="small dim" role="status">
        {message}
      </p>
      <div className="row">
        {sandbox.canUndoReset ? (
          <button
            type="button"
            className="btn"
            disabled={!sandbox.isReady}
            onClick={() => void sandbox.undoReset()}
          >
            <ReturnIcon size={15} />
            Undo reset
          </button>
        ) : (
          <button
            type="button"
            className="btn"
            disabled={!sandbox.isReady || !sandbox.canUndo}
            onClick={() => void sandbox.reset()}
          >
            <RotateCcwIcon size={15} />
            Reset
          </button>
        )}
        <button
          type="button"
          className="btn primary grow"
          disabled={!sandbox.isReady}
          onClick={() => void share()}
        >
          Copy a link to this state
        </button>
      </div>
    </div>
  );
}
