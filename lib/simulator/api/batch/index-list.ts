/** Completion indexes as the API writes them: `0-2,5`, two neighbours as `3,4`. */
export function formatIndexes(indexes: readonly number[]): string {
  const sorted = [...new Set(indexes)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; i++) {
    const first = sorted[i];
    while ((sorted[i + 1] ?? NaN) === (sorted[i] ?? NaN) + 1) i++;
    const last = sorted[i] ?? first ?? 0;
    const length = last - (first ?? 0);
    parts.push(length === 0 ? `${first}` : `${first}${length === 1 ? ',' : '-'}${last}`);
  }
  return parts.join(',');
}

/** Undoes `formatIndexes`; what lies outside `[0, completions)` is left out, what cannot be read too. */
export function parseIndexes(text: string | undefined, completions: number): number[] {
  return (text ?? '').split(',').flatMap((part) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return [];
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? first), completions - 1);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}
