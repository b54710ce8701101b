'use client';

import { useEffect, useRef, type RefObject } from 'react';
import type { Hop, Topology } from '#lib/simulator/index.ts';
import { stationsOf } from './stations.ts';
import { layoutTopology } from './topology-layout.ts';
import type { Point, Shape } from './drawing.ts';
import { slipPath } from './travel.ts';

const HOP_MILLISECONDS = 420;

/** Keyframes along a line at an even pace. */
function keyframesAlong(points: readonly Point[]): Keyframe[] {
  const lengths = points.map(([x, y], index) => {
    const previous = points[index - 1];
    return previous ? Math.abs(x - previous[0]) + Math.abs(y - previous[1]) : 0;
  });
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let gone = 0;
  return points.map(([x, y], index) => {
    gone += lengths[index] ?? 0;
    return {
      transform: `translate(${x}px, ${y}px)`,
      offset: total === 0 ? undefined : gone / total,
    } as Keyframe;
  });
}

/** Moves the slip along its wires after a step, and pans the picture with it; stands still with reduced motion. */
export function useSlipMotion(
  canvas: RefObject<HTMLElement | null>,
  {
    hops,
    topology,
    shape,
    current,
  }: { hops: readonly Hop[]; topology: Topology; shape: Shape; current: number },
): void {
  const previous = useRef(current);
  useEffect(() => {
    const from = previous.current;
    previous.current = current;
    const element = canvas.current;
    const slip = element?.querySelector('[data-packet]');
    if (!element || !slip || from === current) return;
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const stations = stationsOf(hops, topology, shape);
    const start = stations[from - 1];
    const end = stations[current - 1];
    if (!isStill && start !== undefined && end !== undefined && start !== end) {
      const points = slipPath(layoutTopology(topology, stations, shape), start, end);
      if (points.length > 1)
        slip.animate(keyframesAlong(points), {
          duration: HOP_MILLISECONDS,
          easing: 'cubic-bezier(.45,.05,.35,1)',
        });
    }
    const box = slip.getBoundingClientRect();
    const frame = element.getBoundingClientRect();
    element.scrollBy({
      left: box.left + box.width / 2 - (frame.left + frame.width / 2),
      top: box.top + box.height / 2 - (frame.top + frame.height / 2),
      behavior: isStill ? 'auto' : 'smooth',
    });
  }, [canvas, hops, topology, shape, current]);
}
