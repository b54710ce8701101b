import { invariant } from '../base/invariant.ts';
import { nextFloat, nextInt, seedRandom, type RandomState } from '../base/random.ts';

/** Chance for generated cases: equal seeds, equal cases. */
export class Dice {
  private readonly state: RandomState;

  constructor(seed: string) {
    this.state = seedRandom(seed);
  }

  /** An integer from `first` to `last`, both included. */
  between(first: number, last: number): number {
    return first + nextInt(this.state, last - first + 1);
  }

  pick<T>(items: readonly T[]): T {
    const item = items[nextInt(this.state, items.length)];
    invariant(item !== undefined, 'picks from nothing');
    return item;
  }

  isOneIn(many: number): boolean {
    return nextFloat(this.state) * many < 1;
  }

  /** True with the given probability. */
  happens(probability: number): boolean {
    return nextFloat(this.state) < probability;
  }
}
