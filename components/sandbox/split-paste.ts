/** What a paste of several lines does: whole lines run one after another, the rest stays at the prompt. */
export function splitPaste(
  before: string,
  pasted: string,
  after: string,
): { readonly run: readonly string[]; readonly rest: string } {
  const lines = (before + pasted.replaceAll('\r\n', '\n') + after).split('\n');
  return { run: lines.slice(0, -1), rest: lines.at(-1) ?? '' };
}
