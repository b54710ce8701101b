import { KEYWORDS } from './keywords.ts';
import type { Token } from './tokens.ts';

/** A piece of one line of a script; positions are 1-based. */
export interface NftSpan {
  readonly line: number;
  readonly column: number;
  /** How many characters are meant. */
  readonly length: number;
}

/** Where a script is wrong. */
export interface NftSyntaxProblem extends NftSpan {
  readonly text: string;
  /** What is wrong together with `length`, underlined with `~`. */
  readonly beside?: NftSpan;
}

/** What a command names, and where: kept to show what the kernel did not find. */
export interface NftMention extends NftSpan {
  readonly what: 'table' | 'chain' | 'set' | 'handle' | 'target' | 'element' | 'block';
  readonly name: string;
}

const SIGNS: Readonly<Record<string, string>> = {
  ',': 'comma',
  ';': 'semicolon',
  ':': 'colon',
  '=': '=',
};

/** What bison calls a token. */
function nameOf({ kind, text }: Token): string {
  switch (kind) {
    case 'word':
      if (/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return 'number';
      return KEYWORDS.has(text) ? text : 'string';
    case 'text':
      return 'quoted string';
    case 'sign':
      return SIGNS[text] ?? `'${text}'`;
    case 'line':
      return 'newline';
    case 'end':
      return 'end of file';
  }
}

const lengthOf = ({ kind, text }: Token) =>
  Math.max(1, kind === 'text' ? text.length + 2 : kind === 'line' ? 1 : text.length);

/**
 * Reads tokens one after the other. The first problem is kept, and from then on there is nothing but the end: whoever
 * reads on gets empty texts, and every loop ends.
 */
export class TokenReader {
  problem?: NftSyntaxProblem;
  readonly mentions: NftMention[] = [];
  /** What the packets of the rule being read must be, by what it has asked of them: `ip`, `tcp`. */
  layers: { network?: string; transport?: string; isOfBothFamilies?: true } = {};
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get token(): Token {
    const last = this.tokens.at(-1) ?? { kind: 'end', text: '', line: 1, column: 1 };
    if (this.problem) return { ...last, kind: 'end', text: '' };
    return this.tokens[this.position] ?? last;
  }

  /** Where the next token stands. */
  get span(): NftSpan {
    const { token } = this;
    return { line: token.line, column: token.column, length: lengthOf(token) };
  }

  get isAtEnd(): boolean {
    return this.token.kind === 'end';
  }

  /** Whether the next token is this word or sign (never a quoted text). */
  isNext(...texts: readonly string[]): boolean {
    const { kind, text } = this.token;
    return (kind === 'word' || kind === 'sign') && texts.includes(text);
  }

  take(): Token {
    const { token } = this;
    if (!this.isAtEnd) this.position += 1;
    return token;
  }

  /** Takes the token when it is this word or sign. */
  skip(...texts: readonly string[]): boolean {
    if (!this.isNext(...texts)) return false;
    this.position += 1;
    return true;
  }

  expect(text: string): void {
    if (!this.skip(text))
      this.failExpecting(/^\w/.test(text) ? text : (SIGNS[text] ?? `'${text}'`));
  }

  /** A word or a quoted text. */
  word(): string {
    const { kind } = this.token;
    if (kind === 'word' || kind === 'text') return this.take().text;
    this.fail();
    return '';
  }

  /** The name of something, which is remembered with its place. */
  name(what: NftMention['what'], wanted: 'string' | 'handle or string' = 'string'): string {
    const { kind, text } = this.token;
    if (kind !== 'text' && nameOf(this.token) !== 'string') {
      this.failExpecting(wanted);
      return '';
    }
    this.mention(what, text);
    return this.take().text;
  }

  /** Remembers that the next token names something. */
  mention(what: NftMention['what'], name: string, span: NftSpan = this.span): void {
    this.mentions.push({ what, name, ...span });
  }

  number(): number {
    const { text } = this.token;
    if (/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return Number(this.take().text);
    this.failExpecting('number');
    return 0;
  }

  /** A place to come back to. */
  mark(): number {
    return this.position;
  }

  /** From the token at `from` to the one before the next; the first line of it. */
  spanSince(from: number): NftSpan {
    const first = this.tokens[from];
    const last = this.tokens[Math.max(from, this.position - 1)];
    if (!first || !last) return this.span;
    const isOneLine = last.line === first.line;
    const length = isOneLine ? last.column + lengthOf(last) - first.column : lengthOf(first);
    return { line: first.line, column: first.column, length };
  }

  goBack(to: number): void {
    if (!this.problem) this.position = to;
  }

  skipLines(): void {
    while (this.token.kind === 'line' || this.isNext(';')) this.position += 1;
  }

  /** Whether a command or a rule ends here. */
  get isAtBreak(): boolean {
    const { kind } = this.token;
    return kind === 'line' || kind === 'end' || this.isNext(';', '}');
  }

  /** Notes that this token cannot stand here, and what could. */
  failExpecting(wanted: string): void {
    this.fail(`syntax error, unexpected ${nameOf(this.token)}, expecting ${wanted}`);
  }

  /** Notes what is wrong at this token (or at a span): a syntax error unless it is said. */
  fail(text?: string, span: NftSpan = this.span, beside?: NftSpan): void {
    if (this.problem) return;
    this.problem = {
      ...span,
      text: text ?? `syntax error, unexpected ${nameOf(this.token)}`,
      ...(beside && { beside }),
    };
  }
}
