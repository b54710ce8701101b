import type { Hop } from '#lib/simulator/index.ts';
import { rewriteOf } from './five-tuple.tsx';
import { PacketSlip } from './packet-slip.tsx';
import type { StationId, TopologyLayout } from './drawing.ts';
import { slipAt } from './travel.ts';

interface PacketProps {
  readonly layout: TopologyLayout;
  readonly hop: Hop;
  readonly station: StationId;
  readonly end: 'refused' | 'dropped' | undefined;
}

export function Packet({ layout, hop, station, end }: PacketProps) {
  const place = slipAt(layout, station);
  if (!place) return null;
  const [x, y] = place;
  const rewrite = rewriteOf(hop.before, hop.after);
  return (
    <>
      {rewrite && (
        <RewriteNote
          key={hop.number}
          rewrite={rewrite}
          span={noteSpan(layout, station)}
          x={x + 14}
          y={y}
        />
      )}
      <g transform={`translate(${x} ${y})`} data-packet>
        <PacketSlip look={end ?? hop.direction} />
      </g>
    </>
  );
}

/** Where a note may stand without covering a bridge: right of it on the left, left of it on the right. */
function noteSpan(layout: TopologyLayout, station: StationId): readonly [from: number, to: number] {
  const node = layout.nodes.find(({ name }) => station.endsWith(`:${name}`));
  if (!node) return [4, layout.width - 4];
  if (node.side === 'left') return [node.bridge.x + node.bridge.w + 6, layout.width - 4];
  return [4, node.bridge.x - 6];
}

interface RewriteNoteProps {
  readonly rewrite: { readonly old: string; readonly now: string };
  readonly span: readonly [from: number, to: number];
  readonly x: number;
  readonly y: number;
}

/** Old address struck, new one marked, in a note above the packet. */
function RewriteNote({ rewrite, span, x, y }: RewriteNoteProps) {
  const oldWidth = rewrite.old.length * 6.25;
  const nowWidth = rewrite.now.length * 6.25;
  const w = oldWidth + nowWidth + 46;
  const left = Math.max(span[0], Math.min(x - w / 2, span[1] - w));
  const top = Math.max(1, y - 32);
  return (
    <g className="t-flash">
      <rect className="t-note" x={left} y={top} width={w} height="24" rx="2" />
      <rect
        x={left + oldWidth + 30}
        y={top + 3}
        width={nowWidth + 12}
        height="18"
        fill="var(--mark)"
      />
      <text className="t-old" x={left + 8} y={top + 16.5}>
        {rewrite.old}
      </text>
      <text x={left + oldWidth + 14} y={top + 16.5}>
        →
      </text>
      <text className="b t-new" x={left + oldWidth + 36} y={top + 16.5}>
        {rewrite.now}
      </text>
    </g>
  );
}
