'use client';

import { lazy, Suspense, useState } from 'react';
import type { LiveBeginning } from '#lib/sandbox/live-protocol.ts';
import { TerminalIcon } from '#components/ui/icons.tsx';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';

const OwnKubectl = lazy(async () => ({
  default: (await import('./own-kubectl.tsx')).OwnKubectl,
}));

interface OwnKubectlButtonProps {
  readonly session: SandboxSession;
  readonly live: SandboxSnapshot['live'];
  readonly isReady: boolean;
}

/** Opens the dialog about one's own kubectl, and says while a kubeconfig is live. */
export function OwnKubectlButton({ session, live, isReady }: OwnKubectlButtonProps) {
  const [isOpen, setIsOpen] = useState(false);
  const [begun, setBegun] = useState<LiveBeginning>();
  return (
    <>
      <button
        type="button"
        className={`btn sm ${live ? 'is-live' : 'quiet'}`}
        aria-haspopup="dialog"
        aria-label={live ? 'Your kubectl live' : 'Your kubectl: use it on this cluster'}
        disabled={!isReady && !live}
        onClick={() => setIsOpen(true)}
      >
        <TerminalIcon size={14} />
        <span className="tool-word">{live ? 'kubectl live' : 'Your kubectl'}</span>
      </button>
      {isOpen && (
        <Suspense>
          <OwnKubectl
            session={session}
            live={live}
            begun={begun}
            onBegun={setBegun}
            onClose={() => setIsOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}
