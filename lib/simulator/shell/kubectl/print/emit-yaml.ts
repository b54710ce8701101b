/**
 * YAML as kubectl prints it: sigs.k8s.io/yaml over goyaml v2. Keys are sorted, lists stand at their key's indentation,
 * texts are plain, 'single', "double" or a literal block by the rules of libyaml's emitter, folded beyond 80 columns.
 */

const WIDTH = 80;

/** Texts that YAML 1.1 would read as something else than text. */
const NOT_TEXT = [
  /^(|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF|y|Y|n|N)$/,
  /^[-+]?(0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/,
  /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/,
  /^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^\d{4}-\d{1,2}-\d{1,2}([Tt\s].*)?$/,
];

const isNotText = (text: string) => NOT_TEXT.some((pattern) => pattern.test(text));

interface Analysis {
  readonly plain: boolean;
  readonly single: boolean;
  readonly block: boolean;
}

/** A character outside of what libyaml prints as it is. */
const SPECIAL = /[^\t\n\u0020-\u007e\u0085\u00a0-\ud7ff\ue000-\ufffd]/u;
const INDICATORS = '#,[]{}&*!|>\'"%@`';

/** Whether anything in a text would be read as YAML's own signs (`yaml_emitter_analyze_scalar`). */
function hasBlockIndicator(text: string): boolean {
  if (text.startsWith('---') || text.startsWith('...')) return true;
  const first = text[0] ?? '';
  if (INDICATORS.includes(first)) return true;
  if ('-?:'.includes(first) && (text.length === 1 || /\s/.test(text[1] ?? ''))) return true;
  return /:(\s|$)/.test(text) || /\s#/.test(text);
}

function analyze(text: string): Analysis {
  const isSpecial = SPECIAL.test(text) || text.includes('\t');
  const isMultiline = text.includes('\n');
  const endsAtSpace = / $/.test(text);
  const spaceBreak = / \n/.test(text);
  const breakSpace = /\n /.test(text);
  const edges = /^[ \n]|[ \n]$/.test(text);
  return {
    plain:
      !isMultiline &&
      !edges &&
      !isSpecial &&
      !breakSpace &&
      !spaceBreak &&
      !hasBlockIndicator(text),
    single: !breakSpace && !spaceBreak && !isSpecial,
    block: !endsAtSpace && !spaceBreak && !isSpecial,
  };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escapeChar(char: string): string {
  const known = ESCAPES[char];
  if (known !== undefined) return known;
  const code = char.codePointAt(0) ?? 0;
  if (!SPECIAL.test(char) && code !== 0xfeff) return char;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Breaks a line at single spaces once it has passed the width. `column` is where the text begins. */
function fold(text: string, column: number, indent: number): string {
  let result = '';
  let at = column;
  for (let i = 0; i < text.length; i++) {
    const isLoneSpace = text[i] === ' ' && text[i - 1] !== ' ' && text[i + 1] !== ' ';
    if (isLoneSpace && at > WIDTH && i > 0 && i < text.length - 1) {
      result += `\n${' '.repeat(indent)}`;
      at = indent;
    } else {
      result += text[i];
      at += 1;
    }
  }
  return result;
}

/** A double quoted text; a line may end in the middle, where a backslash keeps a following space. */
function doubleQuoted(text: string, column: number, indent: number): string {
  let result = '"';
  let at = column + 1;
  const chars = [...text];
  for (const [i, char] of chars.entries()) {
    const isLoneSpace = char === ' ' && chars[i - 1] !== ' ';
    if (isLoneSpace && at > WIDTH && i > 0 && i < chars.length - 1) {
      const keeps = chars[i + 1] === ' ' ? '\\' : '';
      result += `\n${' '.repeat(indent)}${keeps}`;
      at = indent + keeps.length;
      continue;
    }
    const shown = escapeChar(char);
    result += shown;
    at += shown.length;
  }
  return `${result}"`;
}

function literalBlock(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : text.endsWith('\n\n') || text === '\n' ? '+' : '';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  const lines = body.split('\n').map((line) => (line === '' ? '' : ' '.repeat(indent) + line));
  return `|${hint}${chomp}\n${lines.join('\n')}`;
}

function emitText(text: string, column: number, indent: number): string {
  const may = analyze(text);
  if (text.includes('\n') && may.block) return literalBlock(text, indent);
  if (isNotText(text) || text.includes('\n')) return doubleQuoted(text, column, indent);
  if (may.plain) return fold(text, column, indent);
  if (may.single) return fold(`'${text.replaceAll("'", "''")}'`, column, indent);
  return doubleQuoted(text, column, indent);
}

function emitKey(key: string): string {
  const may = analyze(key);
  if (isNotText(key) || !may.single) return doubleQuoted(key, 0, 0);
  return may.plain ? key : `'${key.replaceAll("'", "''")}'`;
}

const sortedEntries = (value: object) =>
  Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => compareKeys(a, b));

const isEmpty = (value: object) =>
  Array.isArray(value) ? value.length === 0 : sortedEntries(value).length === 0;

/** goyaml's order of keys: letters before digits lose, numbers inside compare as numbers. */
function compareKeys(a: string, b: string): number {
  let i = 0;
  while (i < a.length && i < b.length && a[i] === b[i]) i++;
  if (i >= a.length || i >= b.length) return a.length - b.length;
  const [left, right] = [a[i] ?? '', b[i] ?? ''];
  const isLetter = (char: string) => /\p{L}/u.test(char);
  const isDigit = (char: string) => /\d/.test(char);
  if (isLetter(left) && isLetter(right)) return left < right ? -1 : 1;
  if (isLetter(left) !== isLetter(right)) return isLetter(left) ? 1 : -1;
  if (isDigit(left) && isDigit(right)) {
    const [x, y] = [a, b].map((text) => /^\d+/.exec(text.slice(i))?.[0] ?? '0') as [string, string];
    if (Number(x) !== Number(y)) return Number(x) - Number(y);
  }
  return left < right ? -1 : 1;
}

/** A value after its key or dash. `indent` is that of the block it stands in. */
function emitValue(value: unknown, column: number, indent: number): string {
  if (value === null || value === undefined) return ' null';
  if (typeof value === 'string') return ` ${emitText(value, column + 1, indent + 2)}`;
  if (typeof value !== 'object') return ` ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return isEmpty(value) ? ' []' : `\n${emitList(value, indent)}`;
  return isEmpty(value) ? ' {}' : `\n${emitMap(value, indent + 2)}`;
}

function emitMap(value: object, indent: number): string {
  return sortedEntries(value)
    .map(([key, inner]) => {
      const head = `${' '.repeat(indent)}${emitKey(key)}:`;
      return head + emitValue(inner, head.length, indent);
    })
    .join('\n');
}

function emitList(list: readonly unknown[], indent: number): string {
  const pad = ' '.repeat(indent);
  return list
    .map((item) => {
      if (item !== null && typeof item === 'object' && !isEmpty(item)) {
        const inner = Array.isArray(item) ? emitList(item, indent + 2) : emitMap(item, indent + 2);
        return `${pad}- ${inner.slice(indent + 2)}`;
      }
      return `${pad}-${emitValue(item, indent + 1, indent)}`;
    })
    .join('\n');
}

/** A document with its final line end. */
export function emitYaml(value: unknown): string {
  if (value === null || typeof value !== 'object' || isEmpty(value)) {
    return `${emitValue(value, -1, 0).trimStart()}\n`;
  }
  return `${Array.isArray(value) ? emitList(value, 0) : emitMap(value, 0)}\n`;
}
