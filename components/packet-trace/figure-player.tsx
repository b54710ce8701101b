'use client';

import { useEffect, useRef, type ReactNode } from 'react';
import type { ShownTrace, Topology } from '#lib/sandbox/protocol.ts';
import type { ObjectRef } from '#lib/simulator/index.ts';
import { ChevronLeftIcon, PauseIcon, PlayIcon, SkipBackIcon } from '#components/ui/icons.tsx';
import { HopCard } from './hop-card.tsx';
import { HopList } from './hop-list.tsx';
import type { Shape } from './drawing.ts';
import { TopologySvg } from './topology-svg.tsx';
import { useSlipMotion } from './use-slip-motion.ts';
import { useStepper } from './use-stepper.ts';
import { lookOf, Verdict } from './verdict.tsx';
import './packet-trace.css';

export interface FigurePlayerProps {
  readonly trace: ShownTrace;
  readonly topology: Topology;
  /** What is sent, in a few words: `one SYN from web to catalog`. */
  readonly title: string;
  /** `Figure 5.1 · live`; without it there is no caption. */
  readonly label?: string;
  /** The hop shown first, from 1. */
  readonly startAt?: number;
  readonly shape?: Shape;
  /** Hides how it ends until the last hop is reached: for predictions. */
  readonly verdict?: 'always' | 'at-the-end';
  readonly onStep?: (hopNumber: number) => void;
  readonly onOpenObject?: (ref: ObjectRef) => void;
  /** Buttons at the end of the controls. */
  readonly actions?: ReactNode;
}

/** A trace to step through: the list of hops, the picture, and the card of the hop where the packet is. */
export function FigurePlayer(props: FigurePlayerProps) {
  const {
    trace,
    topology,
    title,
    label,
    startAt = 1,
    shape = 'tall',
    verdict = 'at-the-end',
  } = props;
  const { hops, disposition } = trace;
  const stepper = useStepper(hops.length, startAt, props.onStep);
  const { current } = stepper;
  const canvas = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  useSlipMotion(canvas, { hops, topology, shape, current });
  useEffect(() => {
    const row = list.current?.querySelector<HTMLElement>('[aria-current]');
    const box = list.current;
    if (!row || !box) return;
    if (row.offsetTop < box.scrollTop) box.scrollTop = row.offsetTop;
    else if (row.offsetTop + row.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = row.offsetTop + row.offsetHeight - box.clientHeight;
  }, [current]);
  const hop = hops[current - 1];
  const isAtEnd = current >= hops.length;
  if (!hop)
    return <p className="figure-empty">No packet was sent: {lookOf(disposition).meaning}</p>;
  return (
    <section className="figure" aria-label={label ?? title} onKeyDown={stepper.onKeyDown}>
      <header className="row wrap figure-head">
        {label !== undefined && <span className="cap">{label}</span>}
        <span className="small dim">{title}</span>
        <span className="end">
          <Verdict disposition={isAtEnd || verdict === 'always' ? disposition : 'in-flight'} />
        </span>
      </header>
      <div className="figure-split">
        <div className="figure-hops" ref={list} style={{ position: 'relative' }}>
          <HopList hops={hops} current={current} onSelect={stepper.goTo} />
        </div>
        <div
          className="canvas figure-canvas"
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
            end={disposition === 'refused' || disposition === 'dropped' ? disposition : undefined}
            label={`Step ${current} of ${hops.length}. ${hop.title}: ${hop.sentence.replaceAll('`', '')}`}
          />
        </div>
      </div>
      <Controls stepper={stepper} count={hops.length} actions={props.actions} />
      <div className="figure-detail" aria-live="polite">
        <HopCard hop={hop} {...(props.onOpenObject ? { onOpenObject: props.onOpenObject } : {})} />
      </div>
    </section>
  );
}

interface ControlsProps {
  readonly stepper: ReturnType<typeof useStepper>;
  readonly count: number;
  readonly actions?: ReactNode;
}

function Controls({ stepper, count, actions }: ControlsProps) {
  const { current, step, play, isPlaying } = stepper;
  return (
    <div className="figure-controls" role="toolbar" aria-label="Step the trace">
      <button
        type="button"
        className="btn sm icon"
        aria-label="First hop"
        title="First hop (Home)"
        onClick={() => step(-count)}
      >
        <SkipBackIcon size={14} />
      </button>
      <button type="button" className="btn sm" aria-keyshortcuts="[" onClick={() => step(-1)}>
        <ChevronLeftIcon size={14} />
        Back <kbd aria-hidden="true">[</kbd>
      </button>
      <button
        type="button"
        className="btn sm primary"
        aria-keyshortcuts="]"
        onClick={() => step(1)}
      >
        Step <kbd aria-hidden="true">]</kbd>
      </button>
      <button
        type="button"
        className="btn sm icon"
        aria-label={isPlaying ? 'Pause' : 'Play'}
        title={isPlaying ? 'Pause' : 'Play'}
        onClick={play}
      >
        {isPlaying ? <PauseIcon size={14} /> : <PlayIcon size={14} />}
      </button>
      <span className="small dim">
        {current} of {count}
      </span>
      <span className="grow" />
      {actions}
    </div>
  );
}
