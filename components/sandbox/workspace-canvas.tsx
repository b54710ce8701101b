import type { useStepper } from '#components/packet-trace/use-stepper.ts';
import { ClusterBar } from './cluster-bar.tsx';
import { ClusterCanvas } from './cluster-canvas.tsx';
import { SandboxNotices } from './sandbox-notices.tsx';
import type { SandboxSession, SandboxSnapshot } from './use-sandbox.ts';

interface WorkspaceCanvasProps {
  readonly session: SandboxSession;
  readonly snapshot: SandboxSnapshot;
  readonly stepper: ReturnType<typeof useStepper>;
  readonly onSend: (from: string, to: string) => void;
}

/** The picture of the cluster under its bar. */
export function WorkspaceCanvas({ session, snapshot, stepper, onSend }: WorkspaceCanvasProps) {
  const { view, status, live } = snapshot;
  return (
    <>
      <ClusterBar
        view={view}
        isReady={status === 'ready'}
        live={live}
        session={session}
        onSend={onSend}
      />
      <SandboxNotices snapshot={snapshot} session={session} />
      {view ? (
        <ClusterCanvas topology={view.topology} trace={view.lastTrace} current={stepper.current} />
      ) : (
        <p className="cluster-wait" role="status">
          {status === 'faulted' ? 'The cluster stands still.' : 'The cluster starts in this page.'}
        </p>
      )}
    </>
  );
}
