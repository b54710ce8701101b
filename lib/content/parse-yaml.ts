import { Lexer, parseDocument } from 'yaml';

/** The most bytes of one YAML text that an author or a learner may give. */
export const YAML_BYTE_LIMIT = 64 * 1024;
/** The deepest nesting, block and flow together. */
export const YAML_DEPTH_LIMIT = 64;
/** The most aliases that one document may resolve. */
export const YAML_ALIAS_LIMIT = 100;

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * Why this text must not reach a YAML parser; undefined when it may. A recursive parser aborts Node, uncatchably, on
 * two kilobytes of nested brackets, so the depth is counted first, over the tokens of yaml's lexer: a state machine
 * that does not recurse and knows strings and comments from brackets.
 */
export function findYamlDanger(text: string): string | undefined {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > YAML_BYTE_LIMIT)
    return `is ${bytes} bytes of YAML, more than the ${YAML_BYTE_LIMIT} that are read`;
  const line = findTooDeepLine(text);
  return line === undefined
    ? undefined
    : `nests deeper than ${YAML_DEPTH_LIMIT} levels at line ${line}`;
}

/** Where the nesting stands: open brackets, and the columns of the block collections around the cursor. */
interface Depth {
  flow: number;
  readonly columns: number[];
  column: number;
  line: number;
  /** Column of the token that a `:` would make a key. */
  keyColumn: number;
}

function findTooDeepLine(text: string): number | undefined {
  const depth: Depth = { flow: 0, columns: [], column: 0, line: 1, keyColumn: 0 };
  for (const token of new Lexer().lex(text)) {
    followToken(depth, token);
    if (depth.flow + depth.columns.length > YAML_DEPTH_LIMIT) return depth.line;
    movePast(depth, token);
  }
  return undefined;
}

function followToken(depth: Depth, token: string): void {
  switch (token) {
    case '[':
    case '{':
      depth.flow += 1;
      return;
    case ']':
    case '}':
      depth.flow = Math.max(0, depth.flow - 1);
      return;
    case '-':
    case '?':
      enterBlock(depth, depth.column);
      return;
    case ':':
      enterBlock(depth, depth.keyColumn);
      return;
    default:
      // Lexer marks scalars and documents with control characters; white space holds no key.
      if (token.trim() !== '' && token !== '\u001f') depth.keyColumn = depth.column;
  }
}

function enterBlock(depth: Depth, column: number): void {
  if (depth.flow > 0) return;
  const { columns } = depth;
  while (columns.length > 0 && (columns.at(-1) ?? 0) > column) columns.pop();
  if (columns.at(-1) !== column || columns.length === 0) columns.push(column);
}

function movePast(depth: Depth, token: string): void {
  if (token === '\u0002' || token === '\u0018' || token === '\u001f') return;
  const lines = token.split('\n');
  depth.line += lines.length - 1;
  depth.column = lines.length === 1 ? depth.column + token.length : (lines.at(-1) ?? '').length;
}

/**
 * Parses one YAML document into plain data (core schema, unique string keys, no custom tags, no merge keys). `name`
 * begins the problem: `content/tracks.yaml: ...`.
 */
export function parseYaml(text: string, name = 'the text'): Parsed<unknown> {
  const danger = findYamlDanger(text);
  if (danger !== undefined) return { ok: false, problem: `${name} ${danger}` };
  try {
    const document = parseDocument(text, { schema: 'core', uniqueKeys: true, stringKeys: true });
    const error = document.errors[0] ?? document.warnings[0];
    if (error !== undefined) return { ok: false, problem: `${name}: ${error.message}` };
    return { ok: true, value: document.toJS({ maxAliasCount: YAML_ALIAS_LIMIT }) as unknown };
  } catch (error) {
    // toJS throws for aliases beyond the limit and for aliases of nothing.
    const reason = error instanceof Error ? error.message : 'it cannot be read';
    return { ok: false, problem: `${name}: ${reason}` };
  }
}
