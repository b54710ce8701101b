/** One step of a compiled script. Jumps go to an index. Plain data. */
export type Instruction =
  | { readonly op: 'run'; readonly words: readonly string[]; readonly isMuted: boolean }
  | { readonly op: 'jump' | 'jump-if-ok' | 'jump-if-failed'; to: number }
  | { readonly op: 'assign'; readonly name: string; readonly word: string }
  /** The status of a loop is that of its last round, 0 without one. */
  | { readonly op: 'remember'; readonly slot: number; readonly status: 'ok' | 'last' }
  | { readonly op: 'recall'; readonly slot: number }
  | { readonly op: 'ok' }
  /** Sets the variable to the next word, or leaves the loop. */
  | {
      readonly op: 'next';
      readonly loop: number;
      readonly name: string;
      readonly words: readonly string[];
      to: number;
    };

export type Script =
  | { readonly ok: true; readonly instructions: readonly Instruction[] }
  | { readonly ok: false; readonly error: string };

/** Words keep their quotes; operators stand alone. */
function tokenize(text: string): string[] | undefined {
  const tokens: string[] = [];
  const pattern =
    /(\s*\n\s*)|[ \t]+|#[^\n]*|(&&|\|\||;;|[;|&(){}](?=\s|$|;)|[;|&()])|((?:\d?>>?|<)(?:&\d)?)|((?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\$\{[^}]*\}|\$\([^)]*\)|[^\s;|&()<>'"\\])+)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) return undefined;
    const [, newline, operator, redirect, word] = match;
    if (newline !== undefined) tokens.push(';');
    else if (operator !== undefined || redirect !== undefined || word !== undefined)
      tokens.push(operator ?? redirect ?? word ?? '');
  }
  return tokens;
}

const SEPARATORS = new Set([';', '&']);
const CLOSERS = new Set(['do', 'done', 'then', 'elif', 'else', 'fi']);

/** A recursive descent over the grammar of sh that start scripts use; emits jumps as it goes. */
class Compiler {
  readonly instructions: Instruction[] = [];
  private at = 0;
  private loops = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get rest(): string | undefined {
    return this.tokens[this.at];
  }

  private take(expected: string): string | undefined {
    while (this.rest !== undefined && SEPARATORS.has(this.rest) && expected !== this.rest)
      this.at += 1;
    if (this.rest !== expected)
      return `Syntax error: "${this.rest ?? 'end of file'}" unexpected (expecting "${expected}")`;
    this.at += 1;
    return undefined;
  }

  private jump(op: 'jump' | 'jump-if-ok' | 'jump-if-failed', to = -1) {
    const instruction = { op, to };
    this.instructions.push(instruction);
    return instruction;
  }

  /** Commands up to a closing word or the end. The problem, when there is one. */
  list(): string | undefined {
    for (;;) {
      while (this.rest !== undefined && SEPARATORS.has(this.rest)) this.at += 1;
      if (this.rest === undefined || CLOSERS.has(this.rest)) return undefined;
      const problem = this.chain();
      if (problem !== undefined) return problem;
    }
  }

  private chain(): string | undefined {
    let problem = this.command();
    while (problem === undefined && (this.rest === '&&' || this.rest === '||')) {
      const over = this.jump(this.rest === '&&' ? 'jump-if-failed' : 'jump-if-ok');
      this.at += 1;
      problem = this.command();
      over.to = this.instructions.length;
    }
    return problem;
  }

  private command(): string | undefined {
    const word = this.rest ?? '';
    switch (word) {
      case 'while':
      case 'until':
        return this.whileLoop(word);
      case 'for':
        return this.forLoop();
      case 'if':
        return this.conditional();
      case '|':
      case '(':
      case ')':
      case '{':
      case '}':
        return `Syntax error: "${word}" unexpected`;
      default:
        return this.simple();
    }
  }

  private whileLoop(word: 'while' | 'until'): string | undefined {
    this.at += 1;
    const slot = this.loops++;
    this.instructions.push({ op: 'remember', slot, status: 'ok' });
    const top = this.instructions.length;
    let problem = this.list() ?? this.take('do');
    if (problem !== undefined) return problem;
    const out = this.jump(word === 'while' ? 'jump-if-failed' : 'jump-if-ok');
    problem = this.list() ?? this.take('done');
    this.instructions.push({ op: 'remember', slot, status: 'last' });
    this.jump('jump', top);
    out.to = this.instructions.length;
    this.instructions.push({ op: 'recall', slot });
    return problem;
  }

  private forLoop(): string | undefined {
    this.at += 1;
    const name = this.rest ?? '';
    this.at += 1;
    let problem = this.take('in');
    if (problem !== undefined) return problem;
    const words: string[] = [];
    for (; this.rest !== undefined && !SEPARATORS.has(this.rest); this.at += 1)
      words.push(this.rest);
    problem = this.take('do');
    if (problem !== undefined) return problem;
    const top = this.instructions.length;
    const next = { op: 'next', loop: this.loops++, name, words, to: -1 } satisfies Instruction;
    this.instructions.push(next);
    problem = this.list() ?? this.take('done');
    this.jump('jump', top);
    next.to = this.instructions.length;
    return problem;
  }

  private conditional(): string | undefined {
    const ends: { to: number }[] = [];
    for (;;) {
      this.at += 1;
      let problem = this.list() ?? this.take('then');
      if (problem !== undefined) return problem;
      const otherwise = this.jump('jump-if-failed');
      problem = this.list();
      if (problem !== undefined) return problem;
      ends.push(this.jump('jump'));
      otherwise.to = this.instructions.length;
      if (this.rest !== 'elif') break;
    }
    let problem: string | undefined;
    if (this.rest === 'else') {
      this.at += 1;
      problem = this.list();
    } else this.instructions.push({ op: 'ok' });
    problem ??= this.take('fi');
    for (const end of ends) end.to = this.instructions.length;
    return problem;
  }

  private simple(): string | undefined {
    const words: string[] = [];
    let isMuted = false;
    for (; this.rest !== undefined; this.at += 1) {
      const token = this.rest;
      if (SEPARATORS.has(token) || token === '&&' || token === '||') break;
      if (/^[|(){}]$/.test(token)) return `Syntax error: "${token}" unexpected`;
      if (/^\d?>>?&\d$/.test(token)) continue;
      if (/^\d?>>?$|^<$/.test(token)) {
        this.at += 1;
        if (/^1?>/.test(token)) isMuted = true;
        continue;
      }
      words.push(token);
    }
    const assignment = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(words[0] ?? '');
    if (assignment && words.length === 1)
      this.instructions.push({
        op: 'assign',
        name: assignment[1] ?? '',
        word: assignment[2] ?? '',
      });
    else if (words.length > 0) this.instructions.push({ op: 'run', words, isMuted });
    return undefined;
  }
}

/**
 * Compiles a script of sh: lists, `&&`, `||`, while, until, for, if, variables, redirections (dropped).
 *
 * Simplified: no pipes, functions, here-documents or `$( )` except `$(hostname)`; a `&` waits like a `;`.
 */
export function compileScript(text: string): Script {
  const tokens = tokenize(text);
  if (!tokens) return { ok: false, error: 'Syntax error: Unterminated quoted string' };
  const compiler = new Compiler(tokens);
  const problem = compiler.list();
  if (problem !== undefined) return { ok: false, error: problem };
  if (compiler.rest !== undefined)
    return { ok: false, error: `Syntax error: "${compiler.rest}" unexpected` };
  return { ok: true, instructions: compiler.instructions };
}

/** Replaces variables and takes the quotes off. An unquoted value splits at blanks. */
export function expandWord(word: string, valueOf: (name: string) => string): string[] {
  const parts: string[] = [];
  let current = '';
  let isWord = false;
  const substitute = (text: string) =>
    text.replaceAll(
      /\$\{(\w+)(?::-([^}]*))?\}|\$\((\w+)\)|\$(\w+|[?$])/g,
      (_, braced?: string, fallback?: string, command?: string, plain?: string) => {
        const name = braced ?? plain ?? `(${command})`;
        return valueOf(name) || (fallback ?? '');
      },
    );
  for (const [piece] of word.matchAll(/'[^']*'|"(?:\\[\s\S]|[^"\\])*"|\\[\s\S]|[^'"\\]+/g)) {
    if (piece.startsWith("'")) {
      current += piece.slice(1, -1);
      isWord = true;
    } else if (piece.startsWith('"')) {
      current += substitute(piece.slice(1, -1)).replaceAll(/\\([$"\\`])/g, '$1');
      isWord = true;
    } else if (piece.startsWith('\\')) {
      current += piece.slice(1);
      isWord = true;
    } else {
      const text = substitute(piece);
      const split = text.split(/\s+/);
      split.forEach((part, i) => {
        if (i > 0) {
          if (isWord || current !== '') parts.push(current);
          current = '';
          isWord = false;
        }
        current += part;
      });
    }
  }
  if (isWord || current !== '') parts.push(current);
  return parts;
}
