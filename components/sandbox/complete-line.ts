export interface Completion {
  readonly line: string;
  /** More than one way to go on, when the line could not grow. */
  readonly candidates: readonly string[];
}

function commonPrefix(words: readonly string[]): string {
  const [first = '', ...rest] = words;
  let length = first.length;
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** What Tab makes of a line, given the whole words that could stand at its end. */
export function applyCompletion(line: string, words: readonly string[]): Completion {
  const lastBlank = Math.max(line.lastIndexOf(' '), line.lastIndexOf('\t')) + 1;
  const head = line.slice(0, lastBlank);
  const typed = line.slice(lastBlank);
  const only = words.length === 1 ? words[0] : undefined;
  if (only !== undefined)
    return { line: `${head}${only}${/[/=]$/.test(only) ? '' : ' '}`, candidates: [] };
  const shared = commonPrefix(words);
  if (shared.length > typed.length) return { line: head + shared, candidates: [] };
  return { line, candidates: words };
}
