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
  /** `&`: the line goes on while it runs. The text is what `jobs` prints. */
  readonly background?: string;
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
