/** One entry of the terminal's scroll: a line that was typed with what it printed, or a note of the page. */
export interface LogEntry {
  readonly id: number;
  readonly kind: 'command' | 'note';
  readonly prompt: string;
  readonly input: string;
  readonly output: string;
  readonly exitCode?: number;
}

const MOST_ENTRIES = 400;
const MOST_CHARACTERS = 200_000;

/** Adds an entry; the oldest fall off when the scroll grows past its bounds. */
export function appendEntry(
  log: readonly LogEntry[],
  entry: Omit<LogEntry, 'id'>,
): readonly LogEntry[] {
  const id = (log.at(-1)?.id ?? 0) + 1;
  return trimLog([...log, { ...entry, id }]);
}

/** Adds what a running command printed to the entry that started it. */
export function extendLast(log: readonly LogEntry[], output: string): readonly LogEntry[] {
  const last = log.at(-1);
  if (output === '') return log;
  if (!last || last.kind !== 'command')
    return appendEntry(log, { kind: 'note', prompt: '', input: '', output });
  return trimLog([...log.slice(0, -1), { ...last, output: last.output + output }]);
}

function trimLog(log: readonly LogEntry[]): readonly LogEntry[] {
  let kept = log.slice(-MOST_ENTRIES);
  let characters = kept.reduce((sum, entry) => sum + entry.output.length, 0);
  while (characters > MOST_CHARACTERS && kept.length > 1) {
    characters -= kept[0]?.output.length ?? 0;
    kept = kept.slice(1);
  }
  return kept;
}
