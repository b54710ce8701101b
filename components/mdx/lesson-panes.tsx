'use client';

import { useState, type ReactNode } from 'react';
import { BookOpenIcon, RouteIcon } from '#components/ui/icons.tsx';
import { PaneTabs } from '#components/ui/pane-tabs.tsx';

const PANES = [
  { id: 'read', word: 'Read', icon: <BookOpenIcon size={19} /> },
  { id: 'figures', word: 'Trace', icon: <RouteIcon size={19} /> },
];

/** On a phone one pane at a time, prose or figures. Wider screens, and pages without JavaScript, show both. */
export function LessonPanes({ children }: { readonly children: ReactNode }) {
  const [pane, setPane] = useState<string>();
  return (
    <div className="lesson-body" data-pane={pane}>
      {children}
      <PaneTabs panes={PANES} current={pane ?? 'read'} onChange={setPane} />
    </div>
  );
}
