/**
 * The part of POSIX sh that people type at a prompt: words with quotes and variables, pipes, lists, redirections,
 * here-documents, `for`. Anything else is a syntax error in sh's words.
 */
export interface SimpleCommand {
  readonly type: 'simple';
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
}

export interface ForLoop {
  readonly type: 'for';
  readonly variable: string;
  readonly words: readonly Word[];
  readonly body: CommandList;
}

export interface Pipeline {
  readonly commands: readonly (SimpleCommand | ForLoop)[];
  /** How it hangs on the pipeline before it. */
  readonly after: ';' | '&&' | '||';
}

export type CommandList = readonly Pipeline[];

export interface Redirect {
  readonly operator: '>' | '>>' | '<' | '<<' | '2>' | '2>>' | '2>&1' | '>&2' | '&>';
  /** File name, or the text of a here-document. */
  readonly target: Word;
}

/** Parts of one word, joined without a space. Unquoted variables are split into words again. */
export type Word = readonly WordPart[];
export type WordPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'variable'; readonly name: string; readonly quoted: boolean }
  | { readonly type: 'substitution'; readonly list: CommandList; readonly quoted: boolean };

export type ParseResult =
  | { readonly ok: true; readonly list: CommandList }
  /** `needsMore`: a quote or a here-document is open; the terminal asks for another line. */
  | { readonly ok: false; readonly message: string; readonly needsMore: boolean };

type Token =
  | { readonly type: 'word'; readonly word: Word }
  | { readonly type: 'operator'; readonly text: string };

/** Nested substitutions deeper than this are refused: a hostile line must not exhaust the stack. */
const MAX_DEPTH = 8;

interface Failure {
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
  '>>',
  '<<',
  ';',
  '|',
  '>',
  '<',
  '\n',
];

class Lexer {
  position = 0;
  readonly tokens: Token[] = [];
  failure: Failure | undefined;
  private readonly hereDocuments: { tokenIndex: number; delimiter: string; expand: boolean }[] = [];

  constructor(
    private readonly source: string,
    private readonly depth: number,
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
    this.position += text.length;
    if (text === '\n' && this.hereDocuments.length > 0) {
      this.readHereDocuments();
      this.tokens.push({ type: 'operator', text: ';' });
      return;
    }
    this.tokens.push({ type: 'operator', text: text === '\n' ? ';' : text });
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
      if (char === undefined || this.failure || /[\s;|<>]/.test(char)) break;
      if (char === '&' && this.source[this.position + 1] === '&') break;
      if (char === "'") this.singleQuoted(text);
      else if (char === '"') this.doubleQuoted(parts);
      else if (char === '\\') {
        const escaped = this.source[this.position + 1];
        if (escaped === undefined) return this.fail('unexpected end of file', true);
        if (escaped !== '\n') text(escaped);
        this.position += 2;
      } else if (char === '$' || char === '`') this.expansion(parts, false);
      else {
        const plain = /^[^\s;|<>'"\\$`&]+|^&/.exec(this.source.slice(this.position))?.[0] ?? char;
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
    const inner = parseAt(this.source.slice(start, end), this.depth + 1);
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

const REDIRECTS: ReadonlySet<string> = new Set([
  '>',
  '>>',
  '<',
  '<<',
  '2>',
  '2>>',
  '2>&1',
  '>&2',
  '&>',
]);

/** The bare text of a token, when it is a word without quotes or expansions. */
function bareWord(token: Token | undefined): string | undefined {
  if (token?.type !== 'word' || token.word.length !== 1) return undefined;
  const part = token.word[0];
  return part?.type === 'text' ? part.text : undefined;
}

class Parser {
  private index = 0;
  failure: Failure | undefined;

  constructor(private readonly tokens: readonly Token[]) {}

  list(until?: string): CommandList {
    const pipelines: Pipeline[] = [];
    let after: Pipeline['after'] = ';';
    for (;;) {
      while (after === ';' && this.isOperator(';')) this.index += 1;
      const token = this.tokens[this.index];
      if (!token || this.failure) break;
      if (until !== undefined && bareWord(token) === until) break;
      pipelines.push({ commands: this.pipeline(), after });
      const next = this.tokens[this.index];
      if (
        next?.type === 'operator' &&
        (next.text === '&&' || next.text === '||' || next.text === ';')
      ) {
        after = next.text;
        this.index += 1;
        if (after !== ';' && !this.tokens[this.index]) this.fail('unexpected end of file', true);
      } else if (next && !this.failure && bareWord(next) !== until) {
        this.fail(`syntax error near unexpected token \`${describe(next)}'`);
      }
    }
    return pipelines;
  }

  private fail(message: string, needsMore = false): void {
    this.failure ??= { message, needsMore };
  }

  private isOperator(text: string): boolean {
    const token = this.tokens[this.index];
    return token?.type === 'operator' && token.text === text;
  }

  private pipeline(): (SimpleCommand | ForLoop)[] {
    const commands = [this.command()];
    while (this.isOperator('|') && !this.failure) {
      this.index += 1;
      if (!this.tokens[this.index]) this.fail('unexpected end of file', true);
      commands.push(this.command());
    }
    return commands;
  }

  private command(): SimpleCommand | ForLoop {
    return bareWord(this.tokens[this.index]) === 'for' ? this.forLoop() : this.simple();
  }

  private forLoop(): ForLoop {
    this.index += 1;
    const variable = bareWord(this.tokens[this.index++]) ?? '';
    if (bareWord(this.tokens[this.index++]) !== 'in')
      this.fail("syntax error: expected `in'", !this.tokens[this.index]);
    const words: Word[] = [];
    for (
      let token = this.tokens[this.index];
      token?.type === 'word';
      token = this.tokens[this.index]
    ) {
      words.push(token.word);
      this.index += 1;
    }
    while (this.isOperator(';')) this.index += 1;
    if (bareWord(this.tokens[this.index++]) !== 'do') this.fail('unexpected end of file', true);
    const body = this.list('done');
    if (bareWord(this.tokens[this.index++]) !== 'done') this.fail('unexpected end of file', true);
    return { type: 'for', variable, words, body };
  }

  private simple(): SimpleCommand {
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    const assignments: { name: string; value: Word }[] = [];
    for (let token = this.tokens[this.index]; token; token = this.tokens[this.index]) {
      if (token.type === 'operator') {
        if (!REDIRECTS.has(token.text)) break;
        this.index += 1;
        redirects.push(this.redirect(token.text as Redirect['operator']));
        continue;
      }
      const assignment = words.length === 0 ? assignmentOf(token.word) : undefined;
      if (assignment) assignments.push(assignment);
      else words.push(token.word);
      this.index += 1;
    }
    if (words.length + redirects.length + assignments.length === 0) {
      this.fail(`syntax error near unexpected token \`${describe(this.tokens[this.index])}'`);
    }
    return { type: 'simple', words, redirects, assignments };
  }

  private redirect(operator: Redirect['operator']): Redirect {
    if (operator === '2>&1' || operator === '>&2') return { operator, target: [] };
    const token = this.tokens[this.index++];
    if (token?.type !== 'word') {
      this.fail(`syntax error near unexpected token \`${describe(token)}'`);
      return { operator, target: [] };
    }
    return { operator, target: token.word };
  }
}

const describe = (token: Token | undefined) =>
  !token ? 'newline' : token.type === 'operator' ? token.text : (bareWord(token) ?? 'word');

function assignmentOf(word: Word): { name: string; value: Word } | undefined {
  const [first, ...rest] = word;
  const match = first?.type === 'text' ? /^([A-Za-z_]\w*)=(.*)$/s.exec(first.text) : null;
  if (!match) return undefined;
  return { name: match[1] ?? '', value: [{ type: 'text', text: match[2] ?? '' }, ...rest] };
}

function parseAt(source: string, depth: number): ParseResult {
  if (depth > MAX_DEPTH) {
    return { ok: false, message: 'command substitution: nested too deep', needsMore: false };
  }
  const lexer = new Lexer(source, depth);
  lexer.run();
  if (lexer.failure) return { ok: false, ...lexer.failure };
  const parser = new Parser(lexer.tokens);
  const list = parser.list();
  return parser.failure ? { ok: false, ...parser.failure } : { ok: true, list };
}

/** Parses one input of the terminal (it may span lines). Errors are sh's, as data. */
export function parseCommandLine(source: string): ParseResult {
  return parseAt(source, 0);
}
