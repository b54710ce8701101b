import type { PlacedItem } from '#lib/content/content.ts';
import { FIRST_SEED } from '#lib/content/observe-request.ts';
import type { PublicItem } from './public-item.ts';

/** The public side of an item. The order of its options depends on the item and the seed alone, not on the key. */
export function publishItem(placed: PlacedItem, seed = FIRST_SEED): PublicItem {
  const { item, revision, purpose } = placed;
  const options = shuffle(
    item.options,
    `${item.id} ${seed}`,
    item.type === 'order' ? 'moved' : 'any',
  );
  return {
    id: item.id,
    type: item.type,
    revision,
    stem: item.stem,
    ...(item.code === undefined ? {} : { code: item.code }),
    options: options.map(({ id, text }) => ({ id, text })),
    ...(item.type === 'predict' ? { seed } : {}),
    isPrediction: purpose === 'predict',
  };
}

/** A number from text (FNV-1a, 32 bit, stirred): for an order that looks random and is the same every time. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  // Without a last stir (as in MurmurHash3) texts that differ at their end rank alike.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** `moved`: never the order that was given, which for an order is the answer. */
function shuffle<T extends { readonly id: string }>(
  options: readonly T[],
  seed: string,
  result: 'any' | 'moved',
): T[] {
  const ranked = [...options].sort((a, b) => {
    const [x, y] = [hashText(`${seed} ${a.id}`), hashText(`${seed} ${b.id}`)];
    return x - y || (a.id < b.id ? -1 : 1);
  });
  const isUnmoved = ranked.every((option, at) => option === options[at]);
  return result === 'moved' && isUnmoved ? [...ranked.slice(1), ...ranked.slice(0, 1)] : ranked;
}
