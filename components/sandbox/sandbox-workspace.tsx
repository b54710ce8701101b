'use client';

import { lazy, Suspense, useCallback, useEffect, useState, type ReactNode } from 'react';
import type { Action, ObjectRef, Transcript } from '#lib/simulator/index.ts';
import type { SandboxView } from '#lib/sandbox/protocol.ts';
import {
  BookOpenIcon,
  FileCodeIcon,
  GridIcon,
  LayersIcon,
  ListTreeIcon,
  NetworkIcon,
  TerminalIcon,
} from '#components/ui/icons.tsx';
import { PaneTabs } from '#components/ui/pane-tabs.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import { useStepper } from '#components/packet-trace/use-stepper.ts';
import { ClusterBar } from './cluster-bar.tsx';
import { ClusterCanvas } from './cluster-canvas.tsx';
import { objectKey } from './object-key.ts';
import { SandboxNotices } from './sandbox-notices.tsx';
import { Terminal } from './terminal.tsx';
import { TracePanel } from './trace-panel.tsx';
import { useSandbox } from './use-sandbox.ts';
import { WorkspacePanels } from './workspace-panels.tsx';
import { YamlPanel } from './yaml-panel.tsx';
import './sandbox.css';

/** What a brief and a check bar may do with the sandbox beside them. */
export interface SandboxHandle {
  readonly view: SandboxView | undefined;
  readonly isReady: boolean;
  readonly fault: string | undefined;
  readonly canUndo: boolean;
  readonly canUndoReset: boolean;
  transcript(): Promise<Transcript>;
  act(action: Action): Promise<void>;
  undo(): Promise<void>;
  reset(): Promise<void>;
  undoReset(): Promise<void>;
  /** Puts a line at the prompt and does not run it. */
  typeIntoPrompt(line: string): void;
}

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

type Dock = 'terminal' | 'yaml' | 'objects' | 'trace' | 'reach';
type Pane = 'read' | 'cluster' | Dock;

const PANES = [
  { id: 'read', word: 'Read', icon: <BookOpenIcon size={19} /> },
  { id: 'cluster', word: 'Cluster', icon: <NetworkIcon size={19} /> },
  { id: 'terminal', word: 'Terminal', icon: <TerminalIcon size={19} /> },
  { id: 'yaml', word: 'YAML', icon: <FileCodeIcon size={19} /> },
  { id: 'trace', word: 'Trace', icon: <ListTreeIcon size={19} /> },
  { id: 'reach', word: 'Reach', icon: <GridIcon size={19} /> },
] as const;

const isDock = (pane: string): pane is Dock =>
  ['terminal', 'yaml', 'objects', 'trace', 'reach'].includes(pane);

/** Panels that come when the cluster stands, or when their tab is opened before. */
const loadObjects = () => import('./objects-panel.tsx');
const loadReachability = () => import('./reachability-panel.tsx');
const ObjectsPanel = lazy(async () => ({ default: (await loadObjects()).ObjectsPanel }));
const ReachabilityPanel = lazy(async () => ({
  default: (await loadReachability()).ReachabilityPanel,
}));

/** A cluster in the page: brief, picture, terminal, YAML, objects and trace, with what was done kept. */
export function SandboxWorkspace({
  storageKey,
  transcript,
  from = 'kept',
  brief,
  checkBar,
  policyFindings = 'shown',
}: SandboxWorkspaceProps) {
  const { session, snapshot } = useSandbox(storageKey, transcript, from);
  const { view, log, status } = snapshot;
  const isReady = status === 'ready';
  const [pane, setPane] = useState<Pane>('read');
  const [dock, setDock] = useState<Dock>('terminal');
  const [selected, setSelected] = useState<string>();
  const [yaml, setYaml] = useState('');
  const [typed, setTyped] = useState<{ id: number; line: string }>();
  const show = useCallback((next: Dock) => {
    setDock(next);
    setPane(next);
  }, []);

  const trace = view?.lastTrace;
  const hopCount = trace?.hops.length ?? 0;
  const stepper = useStepper(hopCount, hopCount);
  const { goTo } = stepper;
  useEffect(() => {
    goTo(Number.MAX_SAFE_INTEGER); // a new trace is shown from its end; stepping begins at the first hop again
  }, [trace?.id, goTo]);

  useEffect(() => {
    // Here before the connection goes away.
    if (isReady) void Promise.all([loadObjects(), loadReachability()]).catch(() => undefined);
  }, [isReady]);

  const handle: SandboxHandle = {
    view,
    isReady,
    fault: snapshot.fault,
    canUndo: snapshot.canUndo,
    canUndoReset: snapshot.canUndoReset,
    transcript: () => session.latestTranscript(),
    act: (action) => session.act(action),
    undo: () => session.undo(),
    reset: () => session.reset(),
    undoReset: () => session.undoReset(),
    typeIntoPrompt: (line) => {
      setTyped((last) => ({ id: (last?.id ?? 0) + 1, line }));
      show('terminal');
    },
  };
  const openObject = (ref: ObjectRef) => {
    setSelected(objectKey(ref));
    setDock('objects');
    setPane('objects');
  };
  const send = (source: string, target: string) => {
    void session.act({ type: 'send', from: source, to: target }).then(() => goTo(1));
    setDock('trace');
  };
  const sendFromMatrix = (source: string, target: string) => {
    send(source, target);
    show('trace');
  };
  const applied = log.findLast((entry) => entry.input === 'Applied from the editor');
  const panels = {
    terminal: (
      <Terminal
        log={log}
        prompt={view?.prompt ?? ''}
        isRunning={view?.isRunning === true}
        isReady={isReady}
        onLine={(line) => void session.act({ type: 'command', line })}
        onInterrupt={() => void session.act({ type: 'interrupt' })}
        complete={(line) => session.complete(line)}
        {...(typed ? { typed } : {})}
      />
    ),
    yaml:
      dock === 'yaml' || yaml !== '' ? (
        <YamlPanel
          text={yaml}
          onChange={setYaml}
          onApply={() => void session.act({ type: 'apply', yaml })}
          answer={applied?.output}
          isFailed={/^(error|Error|The request is invalid|The .* is invalid)/m.test(
            applied?.output ?? '',
          )}
          isReady={isReady}
        />
      ) : null,
    objects: isReady && (
      <Suspense>
        <ObjectsPanel
          objects={view?.objects ?? []}
          selected={selected}
          onSelect={setSelected}
          onEdit={(text) => {
            setYaml(text);
            show('yaml');
          }}
        />
      </Suspense>
    ),
    trace: (
      <TracePanel
        trace={trace}
        stepper={stepper}
        onOpenObject={openObject}
        session={session}
        hasPolicies={view?.objects.some(({ kind }) => kind.endsWith('NetworkPolicy')) === true}
      />
    ),
    reach: dock === 'reach' && view && (
      <Suspense>
        <ReachabilityPanel
          session={session}
          moment={view.actionCount}
          findings={policyFindings}
          onSend={sendFromMatrix}
          onOpenObject={openObject}
        />
      </Suspense>
    ),
  };

  return (
    <div className="lab" data-pane={isDock(pane) ? 'dock' : pane}>
      <WorkspacePanels
        brief={
          <>
            <div className="lab-brief-scroll">
              {typeof brief === 'function' ? brief(handle) : brief}
            </div>
            {checkBar && <div className="lab-check">{checkBar(handle)}</div>}
          </>
        }
        canvas={
          <>
            <ClusterBar
              view={view}
              isReady={isReady}
              live={snapshot.live}
              session={session}
              onSend={send}
            />
            <SandboxNotices snapshot={snapshot} session={session} />
            {view ? (
              <ClusterCanvas topology={view.topology} trace={trace} current={stepper.current} />
            ) : (
              <p className="cluster-wait" role="status">
                {status === 'faulted'
                  ? 'The cluster stands still.'
                  : 'The cluster starts in this page.'}
              </p>
            )}
          </>
        }
        dock={
          <Tabs
            label="Tools"
            current={dock}
            onChange={(id) => isDock(id) && show(id)}
            tabs={[
              { id: 'terminal', word: 'Terminal', icon: <TerminalIcon size={14} /> },
              { id: 'yaml', word: 'YAML', icon: <FileCodeIcon size={14} /> },
              {
                id: 'objects',
                word: 'Objects',
                icon: <LayersIcon size={14} />,
                note: view?.objects.length,
              },
              {
                id: 'trace',
                word: 'Trace',
                icon: <ListTreeIcon size={14} />,
                note: trace && `${hopCount} hops`,
              },
              { id: 'reach', word: 'Reachability', icon: <GridIcon size={14} /> },
            ]}
            panels={panels}
          />
        }
      />
      <PaneTabs
        panes={PANES}
        current={pane === 'objects' ? 'yaml' : pane}
        onChange={(id) => {
          setPane(id as Pane);
          if (isDock(id)) setDock(id);
        }}
      />
    </div>
  );
}
