'use client';

import { useEffect } from 'react';
import type { SandboxHandle } from '#components/sandbox/sandbox-workspace.tsx';
import { ReturnIcon } from '#components/ui/icons.tsx';

interface CheckBarProps {
  readonly sandbox: SandboxHandle;
  readonly isChecking: boolean;
  readonly onCheck: () => void;
}

/** Undo, reset (which can be undone) and the check, with its shortcut. */
export function CheckBar({ sandbox, isChecking, onCheck }: CheckBarProps) {
  const { isReady, canUndo, canUndoReset } = sandbox;
  const mayCheck = isReady && !isChecking;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || !mayCheck) return;
      event.preventDefault();
      onCheck();
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [mayCheck, onCheck]);
  return (
    <>
      <button
        type="button"
        className="btn quiet icon"
        aria-label="Undo the last step"
        title="Undo the last step"
        disabled={!isReady || !canUndo}
        onClick={() => void sandbox.undo()}
      >
        <ReturnIcon size={16} />
      </button>
      {canUndoReset ? (
        <button
          type="button"
          className="btn"
          disabled={!isReady}
          onClick={() => void sandbox.undoReset()}
        >
          Undo reset
        </button>
      ) : (
        <button
          type="button"
          className="btn"
          disabled={!isReady || !canUndo}
          onClick={() => void sandbox.reset()}
        >
          Reset
        </button>
      )}
      <button
        type="button"
        className="btn primary grow"
        disabled={!mayCheck}
        aria-keyshortcuts="Control+Enter Meta+Enter"
        onClick={onCheck}
      >
        {isChecking ? 'Checking …' : 'Check'}
        {!isChecking && <kbd>Ctrl ↵</kbd>}
      </button>
    </>
  );
}
