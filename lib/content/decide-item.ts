import { FIRST_SEED, matchesObserved, observeRequest } from './observe-request.ts';
import type { PlacedItem } from './content.ts';

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
      const observed = observeRequest(scenario, item.from, item.url, seed)[item.observe];
      const right = item.options.filter(({ value }) => matchesObserved(value, observed));
      return { right: right.map(({ id }) => id), observed: observed ?? 'none' };
    }
  }
}
