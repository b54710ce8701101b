import type { LabelSelector, LabelSelectorRequirement } from '../api/meta/label-selector.ts';
import type { Dice } from './dice.ts';

/** Label keys, and the values that each may have. */
export type Vocabulary = Readonly<Record<string, readonly string[]>>;

export const GROUPS = ['red', 'green', 'blue'] as const;

/** Besides `group`, which every pod has. */
export const POD_LABELS: Vocabulary = { tier: ['web', 'data'], track: ['stable', 'trial'] };
const ALL_POD_LABELS: Vocabulary = { group: GROUPS, ...POD_LABELS };
const NAMESPACE_LABELS: Vocabulary = { team: ['north', 'south'], stage: ['live', 'test'] };

/** Some of the labels: each key is there two times out of three. */
export function drawLabels(dice: Dice, vocabulary: Vocabulary): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [key, values] of Object.entries(vocabulary))
    if (!dice.isOneIn(3)) labels[key] = dice.pick(values);
  return labels;
}

export const drawNamespaceLabels = (dice: Dice) => drawLabels(dice, NAMESPACE_LABELS);

function drawRequirement(dice: Dice, vocabulary: Vocabulary): LabelSelectorRequirement {
  const key = dice.pick(Object.keys(vocabulary));
  const operator = dice.pick(['In', 'NotIn', 'Exists', 'DoesNotExist'] as const);
  if (operator === 'Exists' || operator === 'DoesNotExist') return { key, operator };
  const all = vocabulary[key] ?? [];
  const some = all.filter(() => dice.isOneIn(2));
  return { key, operator, values: some.length > 0 ? some : [dice.pick(all)] };
}

function drawSelector(dice: Dice, vocabulary: Vocabulary): LabelSelector {
  const kind = dice.pick(['all', 'labels', 'labels', 'expression', 'expression', 'both'] as const);
  if (kind === 'all') return {};
  const key = dice.pick(Object.keys(vocabulary));
  const matchLabels = { [key]: dice.pick(vocabulary[key] ?? []) };
  if (kind === 'labels') return { matchLabels };
  const matchExpressions = [drawRequirement(dice, vocabulary)];
  return kind === 'both' ? { matchLabels, matchExpressions } : { matchExpressions };
}

/** A selector with operators of every sort; one of six is empty. */
export const drawPodSelector = (dice: Dice) => drawSelector(dice, ALL_POD_LABELS);

/** The same of namespaces, some by their names. */
export const drawNamespaceSelector = (dice: Dice, names: readonly string[]) =>
  drawSelector(dice, { ...NAMESPACE_LABELS, 'kubernetes.io/metadata.name': names });
