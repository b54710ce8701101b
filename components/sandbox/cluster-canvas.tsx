'use client';

import { useEffect, useRef, useState } from 'react';
import type { ShownTrace, Topology } from '#lib/sandbox/protocol.ts';
import type { Shape } from '#components/packet-trace/drawing.ts';
import { TopologySvg } from '#components/packet-trace/topology-svg.tsx';
import { useSlipMotion } from '#components/packet-trace/use-slip-motion.ts';

interface ClusterCanvasProps {
  readonly topology: Topology;
  readonly trace: ShownTrace | undefined;
  readonly current: number;
}

const WIDE = 960;
const NO_HOPS = [] as const;

/** The picture of the cluster, with the way of the last packet; tall where there is no room for wide. */
export function ClusterCanvas({ topology, trace, current }: ClusterCanvasProps) {
  const canvas = useRef<HTMLDivElement>(null);
  const [shape, setShape] = useState<Shape>('wide');
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const { width = WIDE, height = 0 } = entry?.contentRect ?? {};
      if (width === 0) return;
      setShape(width >= WIDE ? 'wide' : height > width ? 'tall' : 'compact');
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const hops = trace?.hops ?? NO_HOPS;
  const hop = hops[current - 1];
  useSlipMotion(canvas, { hops, topology, shape, current });
  const pods = topology.nodes.reduce((sum, node) => sum + node.pods.length, 0);
  const label = hop
    ? `Step ${current} of ${hops.length}. ${hop.title}: ${hop.sentence.replaceAll('`', '')}`
    : `Cluster with ${topology.nodes.length} nodes, ${pods} pods and ${topology.services.length} Services.`;
  const end = trace?.disposition;
  return (
    <div
      className="canvas cluster-canvas"
      ref={canvas}
      tabIndex={0}
      role="group"
      aria-label="Cluster; scrolls when it is wider than the page"
    >
      <TopologySvg
        topology={topology}
        hops={hops}
        current={current}
        shape={shape}
        end={end === 'refused' || end === 'dropped' ? end : undefined}
        label={label}
      />
    </div>
  );
}
