'use client';

import type { ColumnPort } from '#lib/simulator/index.ts';
import { portText } from './reachability-words.ts';
import type { AskedReachability, Since } from './use-reachability.ts';

const COMPARISONS: readonly (readonly [Since, string])[] = [
  ['nothing', 'Now'],
  ['last-change', 'Since the last change'],
  ['start', 'Since the start'],
];

interface ReachabilityToolsProps {
  /** Ports that pods declare. */
  readonly ports: readonly ColumnPort[];
  /** Ids of the ends that one may look at alone. */
  readonly ends: readonly string[];
  /** `about`: id of an end; empty for everybody. */
  readonly asked: AskedReachability & { readonly about: string };
  readonly onPort: (port: string) => void;
  readonly onAbout: (end: string) => void;
  readonly onSince: (since: Since) => void;
}

/** What the matrix is asked: at which port, about whom, compared with when. */
export function ReachabilityTools({
  ports,
  ends,
  asked: { port, about, since },
  onPort,
  onAbout,
  onSince,
}: ReachabilityToolsProps) {
  return (
    <div className="row wrap reach-tools">
      <label>
        Port
        <select className="input" value={port} onChange={(event) => onPort(event.target.value)}>
          <option value="">declared ports</option>
          {ports.map((each) => (
            <option key={portText(each)}>{portText(each)}</option>
          ))}
        </select>
      </label>
      <label>
        About
        <select className="input" value={about} onChange={(event) => onAbout(event.target.value)}>
          <option value="">everybody</option>
          {ends.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </select>
      </label>
      <SinceChoice since={since} onChange={onSince} />
    </div>
  );
}

function SinceChoice({
  since,
  onChange,
}: {
  readonly since: Since;
  readonly onChange: (since: Since) => void;
}) {
  return (
    <div className="seg" role="group" aria-label="Compare">
      {COMPARISONS.map(([id, word]) => (
        <button
          key={id}
          type="button"
          className={id === since ? 'sel' : undefined}
          aria-pressed={id === since}
          onClick={() => onChange(id)}
        >
          {word}
        </button>
      ))}
    </div>
  );
}
