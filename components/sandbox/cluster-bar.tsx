'use client';

import { useState } from 'react';
import type { SandboxView } from '#lib/sandbox/protocol.ts';
import { Verdict } from '#components/packet-trace/verdict.tsx';
import { ReturnIcon, SendIcon } from '#components/ui/icons.tsx';
import { ClusterClock } from './cluster-clock.tsx';
import { OwnKubectlButton } from './own-kubectl-button.tsx';
import { SendPacket } from './send-packet.tsx';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';

interface ClusterBarProps {
  readonly view: SandboxView | undefined;
  readonly isReady: boolean;
  readonly live: SandboxSnapshot['live'];
  readonly session: SandboxSession;
  readonly onSend: (from: string, to: string) => void;
}

const SECOND = 1_000_000;

/** What the cluster is, how the last packet ended, its clock, and the button that sends one. */
export function ClusterBar({ view, isReady, live, session, onSend }: ClusterBarProps) {
  const [isOpen, setIsOpen] = useState(false);
  const trace = view?.lastTrace;
  return (
    <>
      <header className="cluster-bar">
        <span className="cap">Cluster</span>
        <span className="small dim cluster-summary">{view?.summary}</span>
        <span className="end row">
          {trace && (
            <span className="row cluster-last" role="status">
              <span className="small nowrap cluster-title">{trace.title}</span>
              <Verdict disposition={trace.disposition} />
            </span>
          )}
          <button
            type="button"
            className="btn sm"
            aria-expanded={isOpen}
            disabled={!view}
            onClick={() => setIsOpen(!isOpen)}
          >
            <SendIcon size={14} />
            Send a packet
          </button>
        </span>
      </header>
      {isOpen && view && <SendPacket topology={view.topology} isReady={isReady} onSend={onSend} />}
      {view && (
        <div className="row cluster-tools">
          <button
            type="button"
            className="btn sm quiet"
            disabled={!isReady || !session.getSnapshot().canUndo}
            onClick={() => void session.undo()}
          >
            <ReturnIcon size={14} />
            Undo
          </button>
          <OwnKubectlButton session={session} live={live} isReady={isReady} />
          <span className="grow" />
          <ClusterClock
            now={view.now}
            runs={live ? 'with-ours' : 'by-hand'}
            isReady={isReady}
            onAdvance={(seconds) =>
              void session.act({ type: 'advance', duration: seconds * SECOND })
            }
          />
        </div>
      )}
    </>
  );
}
