import { parseYaml, type Parsed } from './parse-yaml.ts';

export interface SplitSource {
  /** Plain data of the front matter; undefined when there is none. */
  readonly data: unknown;
  /** Everything after it. */
  readonly body: string;
}

const FENCE = '---';

/**
 * Takes the YAML front matter off an MDX source. Only a first line of exactly `---` opens one: a language after the
 * dashes (gray-matter runs `---js`) is a problem, and so is a first line that merely looks like a fence.
 */
export function splitFrontMatter(source: string, name = 'the text'): Parsed<SplitSource> {
  const text = source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const lines = text.split('\n');
  const first = lines[0] ?? '';
  if (first.trimStart().startsWith('+++'))
    return { ok: false, problem: `${name}: front matter is YAML, not TOML` };
  if (!first.trimStart().startsWith(FENCE))
    return { ok: true, value: { data: undefined, body: text } };
  if (first !== FENCE)
    return {
      ok: false,
      problem: `${name}: front matter is YAML between two lines of \`---\` alone`,
    };
  const end = lines.indexOf(FENCE, 1);
  if (end === -1) return { ok: false, problem: `${name}: the front matter is not closed` };
  const parsed = parseYaml(lines.slice(1, end).join('\n'), name);
  if (!parsed.ok) return parsed;
  // The body keeps its line numbers, so that problems point to the file's own lines.
  const body = '\n'.repeat(end + 1) + lines.slice(end + 1).join('\n');
  return { ok: true, value: { data: parsed.value, body } };
}
