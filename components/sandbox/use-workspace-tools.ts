import { useCallback, useState } from 'react';
import type { ObjectRef } from '#lib/simulator/index.ts';
import { objectKey } from './object-key.ts';

const DOCKS = ['terminal', 'yaml', 'objects', 'trace', 'reach'] as const;

type Dock = (typeof DOCKS)[number];
/** On a phone one of them shows. */
export type Pane = 'read' | 'cluster' | Dock;

export const isDock = (pane: string): pane is Dock => DOCKS.some((dock) => dock === pane);

/** Which tool is open, and what was put into it from elsewhere in the page. */
export function useWorkspaceTools() {
  const [pane, setPane] = useState<Pane>('read');
  const [dock, setDock] = useState<Dock>('terminal');
  const [selected, setSelected] = useState<string>();
  const [yaml, setYaml] = useState('');
  const [typed, setTyped] = useState<{ id: number; line: string }>();
  const show = useCallback((next: Pane) => {
    setPane(next);
    if (isDock(next)) setDock(next);
  }, []);
  return {
    pane,
    dock,
    selected,
    yaml,
    typed,
    show,
    /** Opens a tool where it stands beside the cluster; a phone stays where it is. */
    setDock,
    setSelected,
    setYaml,
    openObject: (ref: ObjectRef) => {
      setSelected(objectKey(ref));
      show('objects');
    },
    editYaml: (text: string) => {
      setYaml(text);
      show('yaml');
    },
    typeIntoPrompt: (line: string) => {
      setTyped((last) => ({ id: (last?.id ?? 0) + 1, line }));
      show('terminal');
    },
  };
}

export type WorkspaceTools = ReturnType<typeof useWorkspaceTools>;
