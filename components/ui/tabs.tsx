'use client';

import { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

export interface Tab {
  readonly id: string;
  readonly word: string;
  readonly icon?: ReactNode;
  /** A number or a few words beside the name. */
  readonly note?: ReactNode;
}

interface TabsProps {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly current: string;
  readonly onChange: (id: string) => void;
  /** All panels stay mounted, so that what is typed in one is not lost. */
  readonly panels: Readonly<Record<string, ReactNode>>;
  readonly end?: ReactNode;
}

/** File dividers: arrow keys move among them, Home and End jump. */
export function Tabs({ label, tabs, current, onChange, panels, end }: TabsProps) {
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === current);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[
      event.key
    ];
    const tab = next === undefined ? undefined : tabs[(next + tabs.length) % tabs.length];
    if (!tab) return;
    event.preventDefault();
    onChange(tab.id);
    list.current?.querySelector<HTMLElement>(`[data-tab="${tab.id}"]`)?.focus();
  };
  return (
    <>
      <div className="tabs">
        <div role="tablist" aria-label={label} className="tablist" ref={list} onKeyDown={onKeyDown}>
          {tabs.map(({ id, word, icon, note }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`${base}-${id}`}
              data-tab={id}
              aria-selected={id === current}
              aria-controls={`${base}-${id}-panel`}
              tabIndex={id === current ? 0 : -1}
              onClick={() => onChange(id)}
            >
              {icon}
              {word}
              {note !== undefined && <span className="n">{note}</span>}
            </button>
          ))}
        </div>
        {end}
      </div>
      {tabs.map(({ id }) => (
        <div
          key={id}
          role="tabpanel"
          id={`${base}-${id}-panel`}
          aria-labelledby={`${base}-${id}`}
          className="tabpanel"
          hidden={id !== current}
        >
          {panels[id]}
        </div>
      ))}
    </>
  );
}
