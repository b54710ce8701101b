/** One admitted simplification, as its author wrote it beside the code. */
export interface Simplification {
  /** Folder of the simulator: `linux`, `node/kubelet`. */
  readonly room: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

const TAG = 'Simplified:';
const stripComment = (line: string) =>
  line
    .replace(/^\s*(\/\*\*?|\*\/|\*|\/\/)\s?/, '')
    .replace(/\s*\*\/\s*$/, '')
    .trim();

/** The sentences behind every `Simplified:` tag of a file, up to the end of their paragraph. Pure. */
export function collectSimplifications(file: string, source: string): readonly Simplification[] {
  const lines = source.split('\n');
  return lines.flatMap((line, index) => {
    const at = line.indexOf(TAG);
    const before = line.slice(0, Math.max(0, at));
    if (at < 0 || !/(\/\/|\/\*\*?|^\s*\*)/.test(before)) return [];
    const parts = [stripComment(line.slice(at + TAG.length))];
    for (let next = index + 1; next < lines.length; next += 1) {
      const following = lines[next] ?? '';
      const isComment = /^\s*(\*(?!\/)|\/\/)/.test(following);
      if (lines[next - 1]?.includes('*/') || !isComment) break;
      const text = stripComment(following);
      if (text === '' || text.startsWith('@') || text.includes(TAG)) break;
      parts.push(text);
    }
    const room = file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : 'simulator';
    return [{ room, file, line: index + 1, text: parts.join(' ') }];
  });
}
