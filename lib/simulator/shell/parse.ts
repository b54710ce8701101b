import { Lexer, type Failure, type Token } from './lex.ts';
import type {
  CommandList,
  ForLoop,
  ParseResult,
  Pipeline,
  Redirect,
  SimpleCommand,
  Word,
} from './syntax.ts';

/** Nested substitutions deeper than this are refused: a hostile line must not exhaust the stack. */
const MAX_DEPTH = 8;

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

  constructor(
    private readonly tokens: readonly Token[],
    private readonly source: string,
  ) {}

  list(until?: string): CommandList {
    const pipelines: Pipeline[] = [];
    let after: Pipeline['after'] = ';';
    for (;;) {
      while (after === ';' && this.isOperator(';')) this.index += 1;
      const token = this.tokens[this.index];
      if (!token || this.failure) break;
      if (until !== undefined && bareWord(token) === until) break;
      const start = this.endOfLast();
      const commands = this.pipeline();
      const next = this.tokens[this.index];
      if (next?.type === 'operator' && next.text === '&') {
        pipelines.push({ commands, after, background: this.source.slice(start, next.at).trim() });
        after = ';';
        this.index += 1;
        continue;
      }
      pipelines.push({ commands, after });
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

  /** Where in the source the operator before the next token ends. */
  private endOfLast(): number {
    const last = this.tokens[this.index - 1];
    return last?.type === 'operator' ? last.at + last.text.length : 0;
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
  const lexer = new Lexer(source, (inner) => parseAt(inner, depth + 1));
  lexer.run();
  if (lexer.failure) return { ok: false, ...lexer.failure };
  const parser = new Parser(lexer.tokens, source);
  const list = parser.list();
  return parser.failure ? { ok: false, ...parser.failure } : { ok: true, list };
}

/** Parses one input of the terminal (it may span lines). Errors are sh's, as data. */
export function parseCommandLine(source: string): ParseResult {
  return parseAt(source, 0);
}
