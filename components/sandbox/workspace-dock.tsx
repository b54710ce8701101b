import { lazy, Suspense, useEffect } from 'react';
import type { SandboxView } from '#lib/sandbox/protocol.ts';
import {
  FileCodeIcon,
  GridIcon,
  LayersIcon,
  ListTreeIcon,
  TerminalIcon,
} from '#components/ui/icons.tsx';
import { Tabs } from '#components/ui/tabs.tsx';
import type { useStepper } from '#components/packet-trace/use-stepper.ts';
import { Terminal } from './terminal.tsx';
import { TracePanel } from './trace-panel.tsx';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';
import { isDock, type WorkspaceTools } from './use-workspace-tools.ts';

/** Panels that come when the cluster stands, or when their tab is opened before. */
const loadYaml = () => import('./yaml-panel.tsx');
const loadObjects = () => import('./objects-panel.tsx');
const loadReachability = () => import('./reachability-panel.tsx');
const YamlPanel = lazy(async () => ({ default: (await loadYaml()).YamlPanel }));
const ObjectsPanel = lazy(async () => ({ default: (await loadObjects()).ObjectsPanel }));
const ReachabilityPanel = lazy(async () => ({
  default: (await loadReachability()).ReachabilityPanel,
}));

interface WorkspaceDockProps {
  readonly session: SandboxSession;
  readonly snapshot: SandboxSnapshot;
  readonly tools: WorkspaceTools;
  readonly stepper: ReturnType<typeof useStepper>;
  readonly policyFindings: 'shown' | 'withheld';
  readonly onSend: (from: string, to: string) => void;
}

/** The tools under the cluster, one at a time. */
export function WorkspaceDock(props: WorkspaceDockProps) {
  const { tools, snapshot } = props;
  const isReady = snapshot.status === 'ready';
  useEffect(() => {
    // Here before the connection goes away.
    if (isReady)
      void Promise.all([loadYaml(), loadObjects(), loadReachability()]).catch(() => undefined);
  }, [isReady]);
  return (
    <Tabs
      label="Tools"
      current={tools.dock}
      onChange={(id) => isDock(id) && tools.show(id)}
      tabs={tabsOf(snapshot.view)}
      panels={{
        terminal: <TerminalTool {...props} />,
        yaml: (tools.dock === 'yaml' || tools.yaml !== '') && <YamlTool {...props} />,
        objects: isReady && <ObjectsTool {...props} />,
        trace: <TraceTool {...props} />,
        reach: tools.dock === 'reach' && <ReachabilityTool {...props} />,
      }}
    />
  );
}

const tabsOf = (view: SandboxView | undefined) => [
  { id: 'terminal', word: 'Terminal', icon: <TerminalIcon size={14} /> },
  { id: 'yaml', word: 'YAML', icon: <FileCodeIcon size={14} /> },
  { id: 'objects', word: 'Objects', icon: <LayersIcon size={14} />, note: view?.objects.length },
  {
    id: 'trace',
    word: 'Trace',
    icon: <ListTreeIcon size={14} />,
    note: view?.lastTrace && `${view.lastTrace.hops.length} hops`,
  },
  { id: 'reach', word: 'Reachability', icon: <GridIcon size={14} /> },
];

function TerminalTool({ session, snapshot: { view, log, status }, tools }: WorkspaceDockProps) {
  return (
    <Terminal
      log={log}
      prompt={view?.prompt ?? ''}
      isRunning={view?.isRunning === true}
      isReady={status === 'ready'}
      onLine={(line) => void session.act({ type: 'command', line })}
      onInterrupt={() => void session.act({ type: 'interrupt' })}
      complete={(line) => session.complete(line)}
      {...(tools.typed ? { typed: tools.typed } : {})}
    />
  );
}

function YamlTool({ session, snapshot: { log, status }, tools }: WorkspaceDockProps) {
  const answer = log.findLast((entry) => entry.input === 'Applied from the editor')?.output;
  return (
    <Suspense>
      <YamlPanel
        text={tools.yaml}
        onChange={tools.setYaml}
        onApply={() => void session.act({ type: 'apply', yaml: tools.yaml })}
        answer={answer}
        isFailed={/^(error|Error|The request is invalid|The .* is invalid)/m.test(answer ?? '')}
        isReady={status === 'ready'}
      />
    </Suspense>
  );
}

function ObjectsTool({ snapshot: { view }, tools }: WorkspaceDockProps) {
  return (
    <Suspense>
      <ObjectsPanel
        objects={view?.objects ?? []}
        selected={tools.selected}
        onSelect={tools.setSelected}
        onEdit={tools.editYaml}
      />
    </Suspense>
  );
}

function TraceTool({ session, snapshot: { view }, tools, stepper }: WorkspaceDockProps) {
  return (
    <TracePanel
      trace={view?.lastTrace}
      stepper={stepper}
      onOpenObject={tools.openObject}
      session={session}
      hasPolicies={view?.objects.some(({ kind }) => kind.endsWith('NetworkPolicy')) === true}
    />
  );
}

function ReachabilityTool(props: WorkspaceDockProps) {
  const { session, snapshot, tools, policyFindings, onSend } = props;
  if (!snapshot.view) return null;
  return (
    <Suspense>
      <ReachabilityPanel
        session={session}
        moment={snapshot.view.actionCount}
        findings={policyFindings}
        onSend={(from, to) => {
          onSend(from, to);
          tools.show('trace');
        }}
        onOpenObject={tools.openObject}
      />
    </Suspense>
  );
}
