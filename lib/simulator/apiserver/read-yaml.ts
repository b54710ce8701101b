import {
  Composer,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  Parser,
  type CST,
  type Tags,
  type YAMLParseError,
} from 'yaml';
import { readJson } from './read-json.ts';

/** A key that stands twice in one map, and where. */
interface DuplicateKey {
  readonly key: string;
  readonly line: number;
}

export type YamlDocuments =
  | {
      readonly ok: true;
      readonly documents: readonly unknown[];
      readonly duplicates: readonly DuplicateKey[];
    }
  | { readonly ok: false; readonly message: string };

/** Nesting that a manifest never needs, and that would overflow the stack of a recursive reader. */
const DEPTH_LIMIT = 64;
/** The API server's own limit of a request body. */
export const BODY_LIMIT = 3 * 1024 * 1024;

/** Collects tokens without recursion; undefined when the text nests deeper than the limit. */
function readTokens(text: string): CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > DEPTH_LIMIT) return undefined;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}

/** YAML 1.1 as Go's reader knows it: `yes` and `on` are booleans, but there are no times of day and no dates. */
const withoutTimes = (tags: Tags): Tags =>
  tags.filter(
    (tag) => typeof tag === 'string' || (tag.format !== 'TIME' && !tag.tag.endsWith(':timestamp')),
  );

/** Keys that stand twice in a map, in order. */
function duplicatesIn(node: unknown, text: string, found: DuplicateKey[]): void {
  if (isSeq(node)) for (const item of node.items) duplicatesIn(item, text, found);
  if (!isMap(node)) return;
  const keys = new Set<string>();
  for (const { key, value } of node.items) {
    if (isScalar(key)) {
      const name = String(key.value);
      if (keys.has(name)) found.push({ key: name, line: lineOf(text, key.range?.[0] ?? 0) });
      keys.add(name);
    }
    duplicatesIn(value, text, found);
  }
}

/** Documents of a YAML (or JSON) text, empty ones left out. Bounded in size, depth and aliases. The last of equal keys wins. */
export function readYaml(text: string): YamlDocuments {
  if (text.length > BODY_LIMIT) {
    return { ok: false, message: `limit is ${BODY_LIMIT} bytes` };
  }
  if (/^\s*[{[]/.test(text)) {
    const json = readJson(text);
    if (json.ok) return { ok: true, documents: [json.value], duplicates: json.duplicates };
  }
  const tokens = readTokens(text);
  if (!tokens) {
    return { ok: false, message: `yaml: exceeded max depth of ${DEPTH_LIMIT}` };
  }
  const documents: unknown[] = [];
  const duplicates: DuplicateKey[] = [];
  const composer = new Composer({ version: '1.1', customTags: withoutTimes, uniqueKeys: false });
  for (const document of composer.compose(tokens)) {
    const [error] = document.errors;
    if (error) return { ok: false, message: describeError(text, error) };
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value !== null && value !== undefined) documents.push(value);
      duplicatesIn(document.contents, text, duplicates);
    } catch {
      return { ok: false, message: 'yaml: document contains excessive aliasing' };
    }
  }
  return { ok: true, documents, duplicates };
}

const lineOf = (text: string, position: number) => text.slice(0, position).split('\n').length;

/** Go's YAML reader has words of its own for the commonest mistakes; the line is the one it would name. */
function describeError(text: string, error: YAMLParseError): string {
  const at = (position: number, words: string) => `yaml: line ${lineOf(text, position)}: ${words}`;
  const [start, end] = error.pos;
  const isFlow = /flow (map|sequence)/i.test(error.message);
  // The other codes keep the reader's own words.
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check
  switch (error.code) {
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'BLOCK_IN_FLOW':
      return at(end, 'mapping values are not allowed in this context');
    case 'TAB_AS_INDENT':
      return at(start, 'found character that cannot start any token');
    case 'MISSING_CHAR':
    case 'BAD_INDENT':
      if (isFlow) {
        const close = /sequence/i.test(error.message) ? ']' : '}';
        return at(Math.max(0, start - 1), `did not find expected ',' or '${close}'`);
      }
      return error.message.includes('quote')
        ? at(start, 'found unexpected end of stream')
        : at(start, 'did not find expected key');
    default:
      return at(start, error.message.split(' at line')[0] ?? '');
  }
}
