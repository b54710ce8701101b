'use client';

import type { ReactNode } from 'react';
import { Group, Panel, Separator, useDefaultLayout } from 'react-resizable-panels';

interface WorkspacePanelsProps {
  readonly brief: ReactNode;
  readonly canvas: ReactNode;
  readonly dock: ReactNode;
}

const NOWHERE = { getItem: () => null, setItem: () => undefined };
/** Where the panes stand side by side: what they measure on a phone is not what anybody chose. */
const SIDE_BY_SIDE = '(min-width: 800px)';

const PANE_SIZES = {
  getItem: (key: string) => window.localStorage.getItem(key),
  setItem: (key: string, sizes: string) => {
    if (window.matchMedia(SIDE_BY_SIDE).matches) window.localStorage.setItem(key, sizes);
  },
};
const storage = () => (typeof window === 'undefined' ? NOWHERE : PANE_SIZES);

/** Brief beside cluster over dock; sizes are kept. Below 800 px one of them shows (sandbox.css). */
export function WorkspacePanels({ brief, canvas, dock }: WorkspacePanelsProps) {
  const columns = useDefaultLayout({ id: 'hopwise.lab.columns', storage: storage() });
  const rows = useDefaultLayout({ id: 'hopwise.lab.rows', storage: storage() });
  return (
    <Group
      orientation="horizontal"
      className="lab-columns"
      defaultLayout={columns.defaultLayout}
      onLayoutChanged={columns.onLayoutChanged}
    >
      <Panel
        id="lab-brief"
        defaultSize="380px"
        minSize="280px"
        maxSize="60%"
        groupResizeBehavior="preserve-pixel-size"
      >
        <section className="lab-brief" aria-label="Brief">
          {brief}
        </section>
      </Panel>
      <Separator className="splitter" aria-label="Width of the brief" />
      <Panel id="lab-work" minSize="420px">
        <Group
          orientation="vertical"
          className="lab-rows"
          defaultLayout={rows.defaultLayout}
          onLayoutChanged={rows.onLayoutChanged}
        >
          <Panel id="lab-canvas" defaultSize="55%" minSize="120px">
            <section className="lab-canvas" aria-label="Cluster">
              {canvas}
            </section>
          </Panel>
          <Separator className="splitter" aria-label="Height of the tools" />
          <Panel id="lab-dock" defaultSize="45%" minSize="160px">
            <section className="lab-dock" aria-label="Tools">
              {dock}
            </section>
          </Panel>
        </Group>
      </Panel>
    </Group>
  );
}
