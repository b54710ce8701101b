'use client';

import type { ReactNode } from 'react';
import type { Transcript } from '#lib/simulator/index.ts';
import {
  BookOpenIcon,
  FileCodeIcon,
  GridIcon,
  ListTreeIcon,
  NetworkIcon,
  TerminalIcon,
} from '#components/ui/icons.tsx';
import { PaneTabs } from '#components/ui/pane-tabs.tsx';
import { handleOf, type SandboxHandle } from './sandbox-handle.ts';
import { useSandbox } from './use-sandbox.ts';
import { useTraceStepper } from './use-trace-stepper.ts';
import { isDock, useWorkspaceTools, type Pane } from './use-workspace-tools.ts';
import { WorkspaceCanvas } from './workspace-canvas.tsx';
import { WorkspaceDock } from './workspace-dock.tsx';
import { WorkspacePanels } from './workspace-panels.tsx';
import './sandbox.css';

export type { SandboxHandle };

interface SandboxWorkspaceProps {
  /** Under which name the work is kept in this browser. */
  readonly storageKey: string;
  readonly transcript: Transcript;
  /** `initial` opens the given transcript whatever was kept: a shared link. */
  readonly from?: 'kept' | 'initial';
  /** Left of the cluster; `Read` on a phone. */
  readonly brief: ReactNode | ((sandbox: SandboxHandle) => ReactNode);
  /** Foot of the brief; stands above the tabs on a phone. */
  readonly checkBar?: (sandbox: SandboxHandle) => ReactNode;
  /** `withheld`: findings about policies would give away what an exercise asks. */
  readonly policyFindings?: 'shown' | 'withheld';
}

const PANES = [
  { id: 'read', word: 'Read', icon: <BookOpenIcon size={19} /> },
  { id: 'cluster', word: 'Cluster', icon: <NetworkIcon size={19} /> },
  { id: 'terminal', word: 'Terminal', icon: <TerminalIcon size={19} /> },
  { id: 'yaml', word: 'YAML', icon: <FileCodeIcon size={19} /> },
  { id: 'trace', word: 'Trace', icon: <ListTreeIcon size={19} /> },
  { id: 'reach', word: 'Reach', icon: <GridIcon size={19} /> },
] as const;

/** A cluster in the page: brief, picture, terminal, YAML, objects and trace, with what was done kept. */
export function SandboxWorkspace(props: SandboxWorkspaceProps) {
  const { storageKey, transcript, from = 'kept', policyFindings = 'shown' } = props;
  const { session, snapshot } = useSandbox(storageKey, transcript, from);
  const tools = useWorkspaceTools();
  const stepper = useTraceStepper(snapshot.view?.lastTrace);
  const { pane, show } = tools;
  const onSend = (source: string, target: string) => {
    void session.act({ type: 'send', from: source, to: target }).then(() => stepper.goTo(1));
    tools.setDock('trace');
  };
  const shared = { session, snapshot, stepper, onSend };
  return (
    <div className="lab" data-pane={isDock(pane) ? 'dock' : pane}>
      <WorkspacePanels
        brief={<Brief {...props} handle={handleOf(session, snapshot, tools.typeIntoPrompt)} />}
        canvas={<WorkspaceCanvas {...shared} />}
        dock={<WorkspaceDock {...shared} tools={tools} policyFindings={policyFindings} />}
      />
      <PaneTabs
        panes={PANES}
        current={pane === 'objects' ? 'yaml' : pane}
        onChange={(id) => show(id as Pane)}
      />
    </div>
  );
}

interface BriefProps extends Pick<SandboxWorkspaceProps, 'brief' | 'checkBar'> {
  readonly handle: SandboxHandle;
}

function Brief({ brief, checkBar, handle }: BriefProps) {
  return (
    <>
      <div className="lab-brief-scroll">{typeof brief === 'function' ? brief(handle) : brief}</div>
      {checkBar && <div className="lab-check">{checkBar(handle)}</div>}
    </>
  );
}
