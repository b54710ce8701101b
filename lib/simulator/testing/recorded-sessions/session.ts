/** One line that was typed (here-documents included), what came back on the screen, and the exit code. */
export interface SessionStep {
  readonly line: string;
  readonly output: string;
  readonly exitCode: number;
}

const EXIT = /^\[exit (\d+)\]$/;

/**
 * Reads a recorded session: `$ ` begins what was typed and `> ` continues it, `[exit N]` ends what a failed command
 * printed, and lines with `#` before the first command are a heading.
 */
export function parseSession(text: string): SessionStep[] {
  const steps: { line: string; output: string; exitCode: number }[] = [];
  for (const row of text.replace(/\n$/, '').split('\n')) {
    const last = steps.at(-1);
    if (row.startsWith('$ ')) steps.push({ line: row.slice(2), output: '', exitCode: 0 });
    else if (!last) continue;
    else if (row.startsWith('> ') || row === '>') last.line += `\n${row.slice(2)}`;
    else if (EXIT.test(row)) last.exitCode = Number(EXIT.exec(row)?.[1]);
    else last.output += `${row}\n`;
  }
  return steps;
}

/** The text of a session, as `parseSession` reads it. */
export function printSession(heading: string, steps: readonly SessionStep[]): string {
  const rows = steps.map(
    ({ line, output, exitCode }) =>
      `$ ${line.replaceAll('\n', '\n> ')}\n${output}${exitCode === 0 ? '' : `[exit ${exitCode}]\n`}`,
  );
  return heading + rows.join('');
}

/** The lines before the first command. */
export const headingOf = (text: string) => text.slice(0, Math.max(0, text.search(/^\$ /m)));

/** What no two runs share: how long a thing took, what time it was, and numbers that were drawn. */
export const withoutTimes = (output: string): string =>
  output
    .replace(/\b\d+(\.\d+)? ?ms\b/g, 'N ms')
    .replace(/\b\d+ milliseconds/g, 'N milliseconds')
    .replace(/(= )[\d.]+(\/[\d.]+){3}(?= ms|, )/g, '$1N/N/N/N')
    .replace(/= [\d.]+(\/[\d.]+){2}\/N ms/g, '= N/N/N/N ms')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'DATE TIME')
    .replace(/\bid=\d+/g, 'id=N')
    .replace(/initval 0x[0-9a-f]+/g, 'initval N');
