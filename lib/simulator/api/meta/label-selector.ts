/** meta/v1 LabelSelector: all of both parts must hold; an empty one selects everything. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

type Labels = Readonly<Record<string, string>>;

const holdsValue = (labels: Labels, key: string, values: readonly string[]) =>
  Object.hasOwn(labels, key) && values.includes(labels[key] ?? '');

function holds(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return holdsValue(labels, requirement.key, values);
    case 'NotIn':
      return !holdsValue(labels, requirement.key, values);
    case 'Exists':
      return Object.hasOwn(labels, requirement.key);
    case 'DoesNotExist':
      return !Object.hasOwn(labels, requirement.key);
  }
}

/**
 * Whether `labels` satisfy a selector object. An undefined selector selects nothing, an empty one everything
 * (apimachinery meta/v1 `LabelSelectorAsSelector`).
 */
export function matchesLabelSelector(
  selector: LabelSelector | undefined,
  labels: Labels = {},
): boolean {
  if (!selector) return false;
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) =>
      holdsValue(labels, key, [value]),
    ) && (selector.matchExpressions ?? []).every((requirement) => holds(requirement, labels))
  );
}

/** Whether every pair of a plain map selector (Service `spec.selector`, `nodeSelector`) is among `labels`. */
export function matchesLabels(selector: Labels, labels: Labels = {}): boolean {
  return Object.entries(selector).every(([key, value]) => holdsValue(labels, key, [value]));
}

const byKey = <T>([a]: [string, T], [b]: [string, T]) => (a < b ? -1 : a > b ? 1 : 0);

/** `a=1,b=2` in order of keys, as every printer of maps does; `<none>` when empty. */
export function formatLabels(labels: Labels | undefined): string {
  const entries = Object.entries(labels ?? {}).sort(byKey);
  return entries.length === 0 ? '<none>' : entries.map(([k, v]) => `${k}=${v}`).join(',');
}

function formatRequirement({ key, operator, values = [] }: LabelSelectorRequirement): string {
  const list = [...values].sort().join(',');
  switch (operator) {
    case 'In':
      return `${key} in (${list})`;
    case 'NotIn':
      return `${key} notin (${list})`;
    case 'Exists':
      return key;
    case 'DoesNotExist':
      return `!${key}`;
  }
}

/** A selector object as text, in order of keys (meta/v1 `FormatLabelSelector`); `<none>` when empty or absent. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const parts: [string, string][] = [
    ...Object.entries(selector?.matchLabels ?? {}).map(([k, v]): [string, string] => [
      k,
      `${k}=${v}`,
    ]),
    ...(selector?.matchExpressions ?? []).map((requirement): [string, string] => [
      requirement.key,
      formatRequirement(requirement),
    ]),
  ];
  if (parts.length === 0) return '<none>';
  return parts
    .sort(byKey)
    .map(([, text]) => text)
    .join(',');
}
