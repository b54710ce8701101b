import type { ReactNode } from 'react';
import { InfoIcon } from '#components/ui/icons.tsx';

function Callout({ title, children }: { readonly title?: string; readonly children: ReactNode }) {
  return (
    <aside className="call">
      <InfoIcon size={16} />
      <div>
        {title !== undefined && <b>{title}</b>}
        {children}
      </div>
    </aside>
  );
}

/** What brief and debrief may be made of; figures and questions belong to lessons. */
export const PROSE_ELEMENTS = { Callout } as const;
