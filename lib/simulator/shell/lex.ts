import type { ParseResult, Word, WordPart } from './syntax.ts';

export type Token =
  | { readonly type: 'word'; readonly word: Word }
  | { readonly type: 'operator'; readonly text: string; readonly at: number };

export interface Failure {
  readonly message: string;
  readonly needsMore: boolean;
}

const OPERATORS = [
  '&&',
  '||',
  '2>&1',
  '2>>',
  '2>',
  '>&2',
  '&>',
  '&',
  '>>',
  '<<',
  ';',
  '|',
  '>',
  '<',
  '\n',
];

export class Lexer {
  position = 0;
  readonly tokens: Token[] = [];
  failure: Failure | undefined;
  private readonly hereDocuments: { tokenIndex: number; delimiter: string; expand: boolean }[] = [];

  constructor(
    private readonly source: string,
    /** Parses what a substitution holds. */
    private readonly parseInner: (source: string) => ParseResult,
  ) {}

  run(): void {
    while (this.position < this.source.length && !this.failure) this.next();
    if (!this.failure && this.hereDocuments.length > 0) this.fail('unexpected end of file', true);
  }

  private fail(message: string, needsMore = false): void {
    this.failure ??= { message, needsMore };
  }

  private next(): void {
    const rest = this.source.slice(this.position);
    const blank = /^(?:[ \t]+|\\\n)/.exec(rest);
    if (blank) {
      this.position += blank[0].length;
      return;
    }
    if (rest.startsWith('#')) {
      this.position += rest.indexOf('\n') < 0 ? rest.length : rest.indexOf('\n');
      return;
    }
    const operator = OPERATORS.find((text) => rest.startsWith(text));
    if (operator) this.operator(operator);
    else this.word();
  }

  private operator(text: string): void {
    const at = this.position;
    this.position += text.length;
    if (text === '\n' && this.hereDocuments.length > 0) {
      this.readHereDocuments();
      this.tokens.push({ type: 'operator', text: ';', at });
      return;
    }
    this.tokens.push({ type: 'operator', text: text === '\n' ? ';' : text, at });
    if (text === '<<') this.hereDocumentDelimiter();
  }

  private hereDocumentDelimiter(): void {
    const match = /^-?[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|([^\s;|&<>]+))/.exec(
      this.source.slice(this.position),
    );
    if (!match) {
      this.fail(
        "syntax error near unexpected token `newline'",
        this.position >= this.source.length,
      );
      return;
    }
    this.position += match[0].length;
    this.hereDocuments.push({
      tokenIndex: this.tokens.length,
      delimiter: match[1] ?? match[2] ?? match[3] ?? '',
      expand: match[3] !== undefined,
    });
    this.tokens.push({ type: 'word', word: [] });
  }

  private readHereDocuments(): void {
    for (const document of this.hereDocuments.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        if (this.position >= this.source.length) {
          this.fail('unexpected end of file', true);
          return;
        }
        const end = this.source.indexOf('\n', this.position);
        const line = this.source.slice(this.position, end < 0 ? undefined : end);
        this.position = end < 0 ? this.source.length : end + 1;
        if (line.trim() === document.delimiter) break;
        lines.push(`${line}\n`);
      }
      this.tokens[document.tokenIndex] = {
        type: 'word',
        word: [{ type: 'text', text: lines.join('') }],
      };
    }
  }

  private word(): void {
    const parts: WordPart[] = [];
    const text = (value: string) => parts.push({ type: 'text', text: value });
    for (;;) {
      const char = this.source[this.position];
      if (char === undefined || this.failure || /[\s;|<>&]/.test(char)) break;
      if (char === "'") this.singleQuoted(text);
      else if (char === '"') this.doubleQuoted(parts);
      else if (char === '\\') {
        const escaped = this.source[this.position + 1];
        if (escaped === undefined) return this.fail('unexpected end of file', true);
        if (escaped !== '\n') text(escaped);
        this.position += 2;
      } else if (char === '$' || char === '`') this.expansion(parts, false);
      else {
        const plain = /^[^\s;|<>'"\\$`&]+/.exec(this.source.slice(this.position))?.[0] ?? char;
        text(plain);
        this.position += plain.length;
      }
    }
    this.tokens.push({
      type: 'word',
      word: parts.length > 0 ? parts : [{ type: 'text', text: '' }],
    });
  }

  private singleQuoted(text: (value: string) => void): void {
    const end = this.source.indexOf("'", this.position + 1);
    if (end < 0) return this.fail("unexpected EOF while looking for matching `''", true);
    text(this.source.slice(this.position + 1, end));
    this.position = end + 1;
  }

  private doubleQuoted(parts: WordPart[]): void {
    this.position += 1;
    parts.push({ type: 'text', text: '' });
    for (;;) {
      const char = this.source[this.position];
      if (char === undefined)
        return this.fail('unexpected EOF while looking for matching `"\'', true);
      if (char === '"') break;
      if (char === '\\' && /["\\$`\n]/.test(this.source[this.position + 1] ?? '')) {
        const escaped = this.source[this.position + 1] ?? '';
        if (escaped !== '\n') parts.push({ type: 'text', text: escaped });
        this.position += 2;
      } else if (char === '$' || char === '`') this.expansion(parts, true);
      else {
        parts.push({ type: 'text', text: char });
        this.position += 1;
      }
      if (this.failure) return;
    }
    this.position += 1;
  }

  private expansion(parts: WordPart[], quoted: boolean): void {
    const rest = this.source.slice(this.position);
    const variable = /^\$(?:([A-Za-z_]\w*|\?)|\{([A-Za-z_]\w*)\})/.exec(rest);
    if (variable) {
      parts.push({ type: 'variable', name: variable[1] ?? variable[2] ?? '', quoted });
      this.position += variable[0].length;
    } else if (rest.startsWith('$(') || rest.startsWith('`')) this.substitution(parts, quoted);
    else {
      parts.push({ type: 'text', text: '$' });
      this.position += 1;
    }
  }

  private substitution(parts: WordPart[], quoted: boolean): void {
    const isBacktick = this.source[this.position] === '`';
    const start = this.position + (isBacktick ? 1 : 2);
    const end = isBacktick
      ? this.source.indexOf('`', start)
      : closingParenthesis(this.source, start);
    if (end < 0) return this.fail("unexpected EOF while looking for matching `)'", true);
    const inner = this.parseInner(this.source.slice(start, end));
    if (!inner.ok) return this.fail(inner.message, inner.needsMore);
    parts.push({ type: 'substitution', list: inner.list, quoted });
    this.position = end + 1;
  }
}

/** Index of the parenthesis that closes a substitution whose text begins at `start`; -1 when it stays open. */
function closingParenthesis(source: string, start: number): number {
  let open = 1;
  let quote = '';
  for (let i = start; i < source.length; i++) {
    const char = source[i] ?? '';
    if (quote) {
      if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '(') open += 1;
    else if (char === ')' && --open === 0) return i;
  }
  return -1;
}
