import type { Ref } from 'react';
import type { Hop } from '#lib/simulator/index.ts';
import { CodeText } from './code-text.tsx';
import { LAYERS } from './layers.ts';
import './packet-trace.css';

interface HopListProps {
  readonly hops: readonly Hop[];
  /** Number of the hop where the packet is; absent: the whole way is behind it. */
  readonly current?: number;
  /** With it every hop is a button that jumps there. */
  readonly onSelect?: (hopNumber: number) => void;
  readonly listRef?: Ref<HTMLOListElement>;
}

const stateOf = (hop: Hop, current: number | undefined) => {
  if (current === undefined || hop.number < current) return 'done';
  return hop.number === current ? 'now' : 'next';
};

/** The hops in order: the truth that the picture is a view of. */
export function HopList({ hops, current, onSelect, listRef }: HopListProps) {
  return (
    <ol className="hops" aria-label="Hops, in order" ref={listRef}>
      {hops.map((hop, index) => {
        const { Icon, word } = LAYERS[hop.layer];
        const state = stateOf(hop, current);
        const turns = hop.direction === 'reply' && hops[index - 1]?.direction === 'request';
        return (
          <li
            key={hop.number}
            className={`hop L-${hop.layer} ${state} ${hop.direction}${turns ? ' turns' : ''}`}
            aria-current={state === 'now' ? 'step' : undefined}
          >
            <span className="st" title={word}>
              <span>
                <Icon size={14} />
              </span>
            </span>
            <div>
              <div className="where">
                <span className="no">{hop.number}</span>
                {onSelect ? (
                  <button type="button" onClick={() => onSelect(hop.number)}>
                    {hop.title}
                  </button>
                ) : (
                  <span>{hop.title}</span>
                )}
                {hop.direction === 'reply' && <span className="reply-tag">reply</span>}
              </div>
              <div className="what">
                <CodeText text={hop.sentence} />
              </div>
            </div>
          </li>
        );
      })}
    </ol>
  );
}
