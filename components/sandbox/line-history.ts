/** Lines typed before, and where one stands among them. The draft is what was typed before looking back. */
export interface LineHistory {
  readonly lines: readonly string[];
  /** Index of the line shown; `lines.length` is the draft. */
  readonly at: number;
  readonly draft: string;
}

export function historyOf(lines: readonly string[]): LineHistory {
  const distinct = lines.filter((line, index) => line.trim() !== '' && line !== lines[index - 1]);
  return { lines: distinct, at: distinct.length, draft: '' };
}

/** One line back (-1) or forward (1); `shown` is what stands in the input now. */
export function moveInHistory(
  history: LineHistory,
  by: -1 | 1,
  shown: string,
): { readonly history: LineHistory; readonly shown: string } {
  const at = Math.min(Math.max(0, history.at + by), history.lines.length);
  const draft = history.at === history.lines.length ? shown : history.draft;
  return { history: { ...history, at, draft }, shown: history.lines[at] ?? draft };
}

/** The newest line that contains `query`, looking back from `before`; its index, or -1. */
export function searchBack(lines: readonly string[], query: string, before = lines.length): number {
  if (query === '') return -1;
  for (let index = Math.min(before, lines.length) - 1; index >= 0; index -= 1)
    if (lines[index]?.includes(query)) return index;
  return -1;
}
