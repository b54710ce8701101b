import type { ReactNode } from 'react';
import type { BreakId, LandingBreak } from '#lib/sandbox/landing-breaks.ts';
import type { ShownTrace, Topology } from '#lib/sandbox/protocol.ts';
import {
  FunnelIcon,
  CheckIcon,
  PowerOffIcon,
  RotateCcwIcon,
  TagIcon,
  UnplugIcon,
  type IconComponent,
} from '#components/ui/icons.tsx';
import { HopCard } from '#components/packet-trace/hop-card.tsx';
import { HopList } from '#components/packet-trace/hop-list.tsx';
import { TopologySvg } from '#components/packet-trace/topology-svg.tsx';
import { lookOf, Verdict } from '#components/packet-trace/verdict.tsx';
import { decidingHop } from './deciding-hop.ts';

const ICONS: Readonly<Record<BreakId, IconComponent>> = {
  nothing: CheckIcon,
  label: TagIcon,
  'target-port': UnplugIcon,
  'kube-proxy': PowerOffIcon,
  'stale-rules': RotateCcwIcon,
};

/** One button a break: submits to the server until the scripts have come, then runs the cluster in the page. */
export function BreakButtons({
  breaks,
  chosen,
}: {
  readonly breaks: readonly LandingBreak[];
  readonly chosen: BreakId;
}) {
  return breaks.map(({ id, word }) => {
    const Icon = ICONS[id] ?? FunnelIcon;
    return (
      <button key={id} className="btn sm" name="break" value={id} aria-pressed={id === chosen}>
        <Icon size={14} />
        {word}
      </button>
    );
  });
}

interface FigureBodyProps {
  readonly trace: ShownTrace;
  readonly topology: Topology;
  readonly lesson: string;
  /** Buttons at the end of the last line. */
  readonly actions?: ReactNode;
}

/** The picture, the hops and the line that decided; without a script it is a page like any other. */
export function LandingFigureBody({ trace, topology, lesson, actions }: FigureBodyProps) {
  const at = decidingHop(trace);
  const hop = trace.hops[at - 1];
  const { disposition } = trace;
  return (
    <>
      <div className="lv">
        <div
          className="canvas cv"
          tabIndex={0}
          role="group"
          aria-label="Cluster; scrolls when it is wider than the page"
        >
          <TopologySvg
            topology={topology}
            hops={trace.hops}
            current={at}
            shape="compact"
            end={disposition === 'refused' || disposition === 'dropped' ? disposition : undefined}
            label={`${trace.title}. ${lookOf(disposition).word}: ${lookOf(disposition).meaning}`}
          />
        </div>
        <div className="lh" tabIndex={0} role="group" aria-label="Hops; scrolls">
          <HopList hops={trace.hops} current={at} />
        </div>
      </div>
      <div className="lr">
        {hop && <HopCard hop={hop} />}
        <div className="row wrap bc">
          <p className="lesson-line">{lesson}</p>
          <span className="end row">{actions}</span>
        </div>
      </div>
    </>
  );
}

export function LandingVerdict({ trace }: { readonly trace: ShownTrace }) {
  return <Verdict disposition={trace.disposition} />;
}
