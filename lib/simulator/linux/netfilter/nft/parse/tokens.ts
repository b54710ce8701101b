/** A word, a quoted text, a sign, or the end of a line. Positions are 1-based. */
export interface Token {
  readonly kind: 'word' | 'text' | 'sign' | 'line' | 'end';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** Order matters: longer signs first. A word may hold `:`, `/`, `.`, `-` and `*`: addresses, names, ranges. */
const TOKEN =
  /(?<space>[ \t\r]+|\\\n|#[^\n]*)|(?<line>\n)|"(?<text>[^"\n]*)"|(?<sign>==|!=|<=|>=|[{}();,=<>|&^!])|(?<word>[^\s"{}();,=<>|&^!#]+)/gy;

/** The tokens of a script; undefined where a character begins none (an open quotation mark), with its place. */
export function tokenize(script: string): Token[] | { line: number; column: number } {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let at = 0;
  TOKEN.lastIndex = 0;
  while (at < script.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(script);
    const column = at - lineStart + 1;
    if (!found?.groups) return { line, column };
    const { line: newline, text, sign, word, space } = found.groups;
    if (newline !== undefined) tokens.push({ kind: 'line', text: '\n', line, column });
    else if (text !== undefined) tokens.push({ kind: 'text', text, line, column });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, line, column });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, line, column });
    at = TOKEN.lastIndex;
    if (newline !== undefined || space === '\\\n') {
      line += 1;
      lineStart = at;
    }
  }
  tokens.push({ kind: 'end', text: '', line, column: at - lineStart + 1 });
  return tokens;
}
