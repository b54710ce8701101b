import type { Token } from './tokens.ts';

/** Where a script is wrong. */
export interface NftSyntaxProblem {
  readonly line: number;
  readonly column: number;
  /** How many characters are meant. */
  readonly length: number;
  readonly text: string;
}

const NAMES = {
  word: 'string',
  text: 'quoted string',
  sign: '',
  line: 'newline',
  end: 'end of file',
} as const;

/**
 * Reads tokens one after the other. The first problem is kept, and from then on there is nothing but the end: whoever
 * reads on gets empty texts, and every loop ends.
 */
export class TokenReader {
  problem?: NftSyntaxProblem;
  private position = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  get token(): Token {
    const last = this.tokens.at(-1) ?? { kind: 'end', text: '', line: 1, column: 1 };
    if (this.problem) return { ...last, kind: 'end', text: '' };
    return this.tokens[this.position] ?? last;
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
    if (!this.skip(text)) this.fail();
  }

  /** A word or a quoted text. */
  word(): string {
    const { kind } = this.token;
    if (kind === 'word' || kind === 'text') return this.take().text;
    this.fail();
    return '';
  }

  number(): number {
    const { text } = this.token;
    if (/^(0x[0-9a-fA-F]+|\d+)$/.test(text)) return Number(this.take().text);
    this.fail();
    return 0;
  }

  /** A place to come back to. */
  mark(): number {
    return this.position;
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

  /** Notes what is wrong at this token: a syntax error unless it is said. */
  fail(text?: string): void {
    if (this.problem) return;
    const { kind, line, column, text: found } = this.token;
    const name = kind === 'sign' ? `'${found}'` : NAMES[kind];
    this.problem = {
      line,
      column,
      length: Math.max(1, kind === 'text' ? found.length + 2 : kind === 'line' ? 1 : found.length),
      text: text ?? `syntax error, unexpected ${name}`,
    };
  }
}
