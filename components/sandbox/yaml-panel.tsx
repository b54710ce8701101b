'use client';

import { lazy, Suspense } from 'react';

const YamlEditor = lazy(async () => ({ default: (await import('./yaml-editor.tsx')).YamlEditor }));

interface YamlPanelProps {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onApply: () => void;
  /** What the last Apply answered. */
  readonly answer: string | undefined;
  readonly isFailed: boolean;
  readonly isReady: boolean;
}

/** Edit and apply. The editor loads when the tab is opened first. */
export function YamlPanel({ text, onChange, onApply, answer, isFailed, isReady }: YamlPanelProps) {
  return (
    <div className="yaml">
      <Suspense
        fallback={
          <textarea
            className="input mono yaml-plain"
            aria-label="YAML"
            value={text}
            onChange={(event) => onChange(event.target.value)}
          />
        }
      >
        <YamlEditor text={text} onChange={onChange} onApply={onApply} />
      </Suspense>
      <footer className="row wrap yaml-foot">
        <button
          type="button"
          className="btn sm primary"
          disabled={!isReady || text.trim() === ''}
          onClick={onApply}
        >
          Apply <kbd>Ctrl S</kbd>
        </button>
        {answer !== undefined && (
          <pre className={isFailed ? 'says problem' : 'says done'} role="status">
            {answer.trimEnd()}
          </pre>
        )}
        {answer === undefined && (
          <span className="small dim">As kubectl apply does, in the namespace of the prompt.</span>
        )}
      </footer>
    </div>
  );
}
