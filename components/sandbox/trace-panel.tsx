'use client';

import { lazy, Suspense } from 'react';
import type { Hop, ObjectRef } from '#lib/simulator/index.ts';
import type { ShownTrace } from '#lib/sandbox/protocol.ts';
import { HopCard } from '#components/packet-trace/hop-card.tsx';
import { HopList } from '#components/packet-trace/hop-list.tsx';
import { ChevronLeftIcon, PauseIcon, PlayIcon, SkipBackIcon } from '#components/ui/icons.tsx';
import type { useStepper } from '#components/packet-trace/use-stepper.ts';
import type { SandboxSession } from './use-sandbox.ts';

interface TracePanelProps {
  readonly trace: ShownTrace | undefined;
  readonly stepper: ReturnType<typeof useStepper>;
  readonly onOpenObject: (ref: ObjectRef) => void;
  readonly session: SandboxSession;
  /** Whether the cluster has any policy to ask. */
  readonly hasPolicies: boolean;
}

/** Loaded when somebody asks. */
const HopPolicies = lazy(async () => ({
  default: (await import('./hop-policies.tsx')).HopPolicies,
}));

/** Where policies are asked, or where it shows that nobody asks them: the end of a request's way. */
const isAskable = ({ policy, direction, steps }: Hop) =>
  policy !== undefined || (direction === 'request' && steps.includes('delivered'));

/** The hops of the last packet and the card of one; the picture above follows. */
export function TracePanel(props: TracePanelProps) {
  const { trace, stepper, onOpenObject, session, hasPolicies } = props;
  const hop = trace?.hops[stepper.current - 1];
  if (!trace || !hop)
    return (
      <p className="small dim objects-none">
        No packet yet. Send one, or run curl, ping or dig in a pod: its hops appear here.
      </p>
    );
  return (
    <div className="trace-panel" onKeyDown={stepper.onKeyDown}>
      <div className="trace-hops">
        <HopList hops={trace.hops} current={stepper.current} onSelect={stepper.goTo} />
      </div>
      <div className="trace-card">
        <StepControls stepper={stepper} count={trace.hops.length} />
        <div aria-live="polite">
          <HopCard
            hop={hop}
            onOpenObject={onOpenObject}
            more={
              hasPolicies &&
              isAskable(hop) && (
                <Suspense key={`${trace.id} ${hop.number}`}>
                  <HopPolicies hop={hop} session={session} onOpenObject={onOpenObject} />
                </Suspense>
              )
            }
          />
        </div>
      </div>
    </div>
  );
}

export function StepControls({
  stepper,
  count,
}: {
  readonly stepper: ReturnType<typeof useStepper>;
  readonly count: number;
}) {
  const { current, step, play, isPlaying } = stepper;
  return (
    <div className="row step-controls" role="toolbar" aria-label="Step the trace">
      <button
        type="button"
        className="btn sm icon"
        aria-label="First hop"
        onClick={() => step(-count)}
      >
        <SkipBackIcon size={14} />
      </button>
      <button type="button" className="btn sm" onClick={() => step(-1)}>
        <ChevronLeftIcon size={14} />
        Back <kbd aria-hidden="true">[</kbd>
      </button>
      <button type="button" className="btn sm" onClick={() => step(1)}>
        Step <kbd aria-hidden="true">]</kbd>
      </button>
      <button
        type="button"
        className="btn sm icon"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        onClick={play}
      >
        {isPlaying ? <PauseIcon size={14} /> : <PlayIcon size={14} />}
      </button>
      <span className="small dim">
        {current} of {count}
      </span>
    </div>
  );
}
