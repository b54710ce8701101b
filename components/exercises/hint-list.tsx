'use client';

import { CodeText } from '#components/packet-trace/code-text.tsx';
import { LightbulbIcon } from '#components/ui/icons.tsx';

const LEVELS = ['Where to look', 'What to compare', 'Almost'] as const;

interface HintListProps {
  readonly hints: readonly string[];
  readonly opened: number;
  readonly onOpen: (level: number) => void;
}

/** Three hints, each nearer; none is the command. */
export function HintList({ hints, opened, onOpen }: HintListProps) {
  return (
    <div className="hints">
      {hints.map((hint, at) => (
        <details
          key={hint}
          onToggle={(event) => event.currentTarget.open && onOpen(Math.max(opened, at + 1))}
        >
          <summary>
            <LightbulbIcon size={15} />
            <span className="grow">
              {at + 1} · {LEVELS[at] ?? 'Hint'}
            </span>
            {at < opened && <span className="small dim">opened</span>}
          </summary>
          <p>
            <CodeText text={hint} />
          </p>
        </details>
      ))}
    </div>
  );
}
