'use client';

import { ClockIcon } from '#components/ui/icons.tsx';

interface ClusterClockProps {
  /** RFC 3339. */
  readonly now: string;
  /** `with-ours`: a kubeconfig is live, and nobody puts the clock forward. */
  readonly runs: 'by-hand' | 'with-ours';
  readonly isReady: boolean;
  /** Seconds of cluster time. */
  readonly onAdvance: (seconds: number) => void;
}

const STEPS = [
  { seconds: 10, word: '+10 s' },
  { seconds: 60, word: '+1 min' },
  { seconds: 600, word: '+10 min' },
];

/** The cluster's own time: it stands still until something happens, or until you let it pass. */
export function ClusterClock({ now, runs, isReady, onAdvance }: ClusterClockProps) {
  return (
    <div className="row cluster-clock" role="group" aria-label="Cluster time">
      <ClockIcon size={14} />
      <time className="small mono" dateTime={now} title={`Cluster time ${now}`}>
        {/T(\d\d:\d\d:\d\d)/.exec(now)?.[1] ?? now}
      </time>
      {runs === 'with-ours' && <span className="small dim nowrap">runs with yours</span>}
      {runs === 'by-hand' &&
        STEPS.map(({ seconds, word }) => (
          <button
            key={seconds}
            type="button"
            className="btn sm quiet"
            disabled={!isReady}
            onClick={() => onAdvance(seconds)}
          >
            {word}
          </button>
        ))}
    </div>
  );
}
