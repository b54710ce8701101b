export type LineTone = 'plain' | 'dim' | 'bad' | 'good';

/** Colours for output, sparingly: heads of tables recede, errors and good answers speak. Words say the same. */
export function toneOf(line: string, index: number): LineTone {
  if (index === 0 && /^[A-Z][A-Z0-9()/_-]*(\s{2,}[A-Z][A-Z0-9()/ _-]*)+\s*$/.test(line))
    return 'dim';
  if (
    /^(error|Error|curl: \(\d+\)|sh: |bash: |;; connection timed out|\*\* server can't find)/.test(
      line,
    )
  )
    return 'bad';
  if (/^command terminated with exit code/.test(line)) return 'bad';
  if (/^HTTP\/[\d.]+ 2\d\d/.test(line)) return 'good';
  return 'plain';
}
