'use client';

import type { ReactNode } from 'react';

interface PaneTabsProps {
  readonly panes: readonly {
    readonly id: string;
    readonly word: string;
    readonly icon: ReactNode;
  }[];
  readonly current: string;
  readonly onChange: (id: string) => void;
}

/** The panes of a workspace at the foot of a phone; on wide screens nothing. */
export function PaneTabs({ panes, current, onChange }: PaneTabsProps) {
  return (
    <nav className="bottombar panebar" aria-label="Panes">
      {panes.map(({ id, word, icon }) => (
        <button
          key={id}
          type="button"
          aria-current={id === current ? 'true' : undefined}
          onClick={() => onChange(id)}
        >
          {icon}
          {word}
        </button>
      ))}
    </nav>
  );
}
