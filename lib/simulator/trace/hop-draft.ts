import type { Direction } from './direction.ts';
import type { Hop, Layer } from './hop.ts';
import type { Place, Step } from './step.ts';

/** A hop while steps are still being added to it. */
export type HopDraft = { -readonly [K in keyof Omit<Hop, 'number'>]: Hop[K] } & {
  steps: Step['kind'][];
  lines: Hop['lines'][number][];
};

export const layerOf = (place: Place): Layer => (place.netns === undefined ? 'node' : 'pod');

/** A hop that begins with `step`. */
export function draftHop(
  step: Step,
  direction: Direction,
  text: { title: string; sentence: string },
  more: Partial<
    Pick<
      HopDraft,
      'layer' | 'lines' | 'command' | 'compared' | 'because' | 'after' | 'headers' | 'policy'
    >
  > = {},
): HopDraft {
  return {
    layer: layerOf(step.place),
    place: step.place,
    direction,
    before: step.flow,
    after: step.flow,
    lines: [],
    steps: [step.kind],
    packet: step.packet,
    ...(step.flags ? { flags: step.flags } : {}),
    ...(step.chunk ? { chunk: step.chunk } : {}),
    ...(step.inner ? { inner: step.inner } : {}),
    ...text,
    ...more,
  };
}
