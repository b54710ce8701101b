import type { Scenario } from '#lib/simulator/index.ts';
import { FIRST_SEED, matchesObserved, observeRequest } from './observe-request.ts';
import type { PlacedItem } from './content.ts';
import type { PredictItem } from './schema/item.ts';

/** The right options of an item; for an order, all options in their order. */
export interface Key {
  readonly right: readonly string[];
  /** What the simulator saw, for predictions. */
  readonly observed?: string;
}

/**
 * The answer key. Predictions are decided by the simulator with the seed that was shown; every other item by what its
 * author marked. Server only in effect: whoever calls this holds the key.
 */
export function decideItem(placed: PlacedItem, seed = FIRST_SEED): Key {
  const { item, scenario } = placed;
  switch (item.type) {
    case 'single':
    case 'multiple':
      return { right: item.options.filter(({ right }) => right === true).map(({ id }) => id) };
    case 'order':
      return { right: item.options.map(({ id }) => id) };
    case 'predict': {
      if (scenario === undefined) return { right: [] };
      const observed = observeOnce(placed.revision, item, scenario, seed);
      const right = item.options.filter(({ value }) => matchesObserved(value, observed));
      return { right: right.map(({ id }) => id), observed: observed ?? 'none' };
    }
  }
}

const KEPT = 500;
const kept = new Map<string, string | undefined>();

/** The same question with the same seed has the same answer: the cluster runs once. */
function observeOnce(
  revision: string,
  { from, url, observe }: PredictItem,
  scenario: Scenario,
  seed: string,
): string | undefined {
  const key = `${revision} ${seed}`;
  if (kept.has(key)) return kept.get(key);
  if (kept.size >= KEPT) kept.clear();
  const observed = observeRequest(scenario, from, url, seed)[observe];
  kept.set(key, observed);
  return observed;
}
