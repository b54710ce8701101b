import type { NftSyntaxProblem } from './reader.ts';
import type { Token } from './tokens.ts';

/** The end of a definition's value: the line's, outside of braces. */
function endOfValue(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const { kind, text } = tokens[at] ?? { kind: 'end', text: '' };
    if (kind === 'sign' && text === '{') depth += 1;
    if (kind === 'sign' && text === '}') depth -= 1;
    if (kind === 'end' || (kind === 'line' && depth <= 0)) return at;
  }
  return tokens.length;
}

const isLineStart = (tokens: readonly Token[], at: number) => {
  const before = tokens[at - 1];
  return !before || before.kind === 'line' || before.text === ';' || before.text === '{';
};

/**
 * Takes `define NAME = value` out of a script and puts the values where `$NAME` stands. Simplified: a name is known from
 * its definition to the end of the script, also behind the braces in which it was defined; no `redefine`.
 */
export function expandDefinitions(tokens: readonly Token[]): Token[] | NftSyntaxProblem {
  const values: Record<string, readonly Token[]> = {};
  const expanded: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (!token) break;
    const { kind, text, line, column } = token;
    const name = tokens[at + 1];
    if (kind === 'word' && text === 'define' && isLineStart(tokens, at) && name?.kind === 'word') {
      const end = endOfValue(tokens, at + 3);
      const value = expandDefinitions(tokens.slice(at + 3, end));
      if (!Array.isArray(value)) return value;
      values[name.text] = value.flatMap((one) =>
        one.kind === 'word' && one.text.startsWith('$')
          ? (values[one.text.slice(1)] ?? [one])
          : one,
      );
      at = end - 1;
      continue;
    }
    if (kind !== 'word' || !text.startsWith('$')) {
      expanded.push(token);
      continue;
    }
    const value = values[text.slice(1)];
    if (!value) {
      const about = { line, column: column + 1, length: text.length - 1 };
      return { ...about, text: `unknown identifier '${text.slice(1)}'` };
    }
    expanded.push(...value.map((one) => ({ ...one, line, column })));
  }
  return expanded;
}
