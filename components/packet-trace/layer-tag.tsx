import type { Layer } from '#lib/simulator/index.ts';
import { LAYERS } from './layers.ts';

/** Glyph and word of a layer; `word` replaces the layer's own when something more exact is known. */
export function LayerTag({ layer, word }: { readonly layer: Layer; readonly word?: string }) {
  const { Icon, word: ownWord } = LAYERS[layer];
  return (
    <span className={`lt L-${layer}`}>
      <Icon size={12} />
      {word ?? ownWord}
    </span>
  );
}
