import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type { Labels } from '../policy-world.ts';
import { code, counted } from './say.ts';

const lettersOf = (text: string) => [...text].sort().join('');

/** Letters that must be changed, added or left out to make one text the other (Levenshtein); letters in another order count once. */
function distance(a: string, b: string): number {
  if (a !== b && lettersOf(a) === lettersOf(b)) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Texts that somebody may have taken for one another: a slip of the pen, another case, a part of the other. */
function isNear(a: string, b: string): boolean {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  if (x === y || distance(x, y) <= Math.max(1, Math.floor(Math.min(x.length, y.length) / 4))) {
    return true;
  }
  const [short, long] = x.length < y.length ? [x, y] : [y, x];
  return short.length >= 3 && long.split(/[-./_]/).includes(short);
}

type Pair = readonly [key: string, value: string];

/** Labels that a selector names, one by one. */
const wantedBy = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly Pair[] => [
  ...Object.entries(matchLabels),
  ...matchExpressions.flatMap(({ key, operator, values = [] }) =>
    operator === 'In' ? values.map((value): Pair => [key, value]) : [],
  ),
];

/** The selector without what it says of one key. */
const without = (
  { matchLabels = {}, matchExpressions = [] }: LabelSelector,
  key: string,
): LabelSelector => ({
  matchLabels: Object.fromEntries(Object.entries(matchLabels).filter(([own]) => own !== key)),
  matchExpressions: matchExpressions.filter((each) => each.key !== key),
});

/** How near a label comes to the one that was asked for; undefined when it does not. */
function nearness([key, value]: Pair, [wantedKey, wantedValue]: Pair): number | undefined {
  if (key === wantedKey && isNear(value, wantedValue)) return distance(value, wantedValue);
  return value === wantedValue && isNear(key, wantedKey) ? distance(key, wantedKey) : undefined;
}

/** A label that is there in place of one that is asked for. */
export interface NearLabel {
  /** `app=wbe`, which nobody has. */
  readonly wanted: string;
  /** `app=web`. */
  readonly found: string;
  /** How many have it, and all else that is asked for. */
  readonly count: number;
}

/** The label that comes nearest to one that a selector asks for and nobody has. `all` are the labels of whom it could find. */
export function nearLabel(selector: LabelSelector, all: readonly Labels[]): NearLabel | undefined {
  let best: (NearLabel & { readonly by: number }) | undefined;
  for (const wanted of wantedBy(selector)) {
    if (all.some((labels) => labels[wanted[0]] === wanted[1])) continue;
    const others = all.filter((labels) =>
      matchesLabelSelector(without(selector, wanted[0]), labels),
    );
    for (const pair of others.flatMap((labels) => Object.entries(labels))) {
      const by = nearness(pair, wanted);
      if (by === undefined || (best && best.by <= by)) continue;
      const count = others.filter((labels) => labels[pair[0]] === pair[1]).length;
      best = { wanted: wanted.join('='), found: pair.join('='), count, by };
    }
  }
  return best;
}

/** `2 pods have `app=web`.` */
export const sayNear = ({ found, count }: NearLabel, what: 'pod' | 'namespace'): string =>
  `${counted(count, what)} ${count === 1 ? 'has' : 'have'} ${code(found)}.`;
