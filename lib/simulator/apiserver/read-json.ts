/** A key that stands twice in one object. */
export interface DuplicateKey {
  readonly key: string;
  /** `spec.containers[0].name`. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
}

export type JsonDocument =
  | { readonly ok: true; readonly value: unknown; readonly duplicates: readonly DuplicateKey[] }
  | { readonly ok: false; readonly message: string };

/** Nesting that no manifest needs, and that recursive readers of objects can still bear. Simplified: Go's limit is 10,000. */
const DEPTH_LIMIT = 500;

interface Frame {
  readonly form: 'object' | 'array';
  readonly path: string;
  readonly keys: Set<string>;
  /** Where the value that is being read stands: the key, or the index. */
  at: string;
  index: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;
/** Characters of a string up to its end, an escape, or one that may not stand there. */
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Reads JSON with the words that Go's `encoding/json` has for mistakes, and notes keys that stand twice. */
class JsonReader {
  private position = 0;
  private readonly frames: Frame[] = [];
  readonly duplicates: DuplicateKey[] = [];
  constructor(private readonly text: string) {}

  /** What is wrong, or undefined. */
  check(): string | undefined {
    let problem = this.readValue();
    while (problem === undefined && this.frames.length > 0) problem = this.readMore();
    if (problem !== undefined) return problem;
    this.skip(SPACE);
    return this.position < this.text.length ? this.wrong('after top-level value') : undefined;
  }

  private skip(pattern: RegExp): number {
    pattern.lastIndex = this.position;
    const length = pattern.exec(this.text)?.[0].length ?? 0;
    this.position += length;
    return length;
  }

  private wrong(where: string): string {
    const char = this.text[this.position];
    if (char === undefined) return 'unexpected end of JSON input';
    const shown = char === "'" ? "\\'" : char === '"' ? '"' : JSON.stringify(char).slice(1, -1);
    return `invalid character '${shown}' ${where}`;
  }

  private readValue(): string | undefined {
    this.skip(SPACE);
    switch (this.text[this.position]) {
      case '{':
        return this.open('object');
      case '[':
        return this.open('array');
      case '"':
        return this.readString();
      case 't':
        return this.readWord('true');
      case 'f':
        return this.readWord('false');
      case 'n':
        return this.readWord('null');
      case undefined:
      default:
        return this.readNumber();
    }
  }

  private open(form: Frame['form']): string | undefined {
    if (this.frames.length >= DEPTH_LIMIT) return 'exceeded max depth';
    const outer = this.frames.at(-1);
    const path = outer
      ? outer.form === 'array'
        ? `${outer.path}[${outer.index}]`
        : [outer.path, outer.at].filter((part) => part !== '').join('.')
      : '';
    this.position += 1;
    this.frames.push({ form, path, keys: new Set(), at: '', index: -1 });
    this.skip(SPACE);
    const isEmpty = this.text[this.position] === (form === 'object' ? '}' : ']');
    if (!isEmpty) return this.readMember();
    this.position += 1;
    this.frames.pop();
    return undefined;
  }

  /** The next member of an object, or item of an array. */
  private readMember(): string | undefined {
    const frame = this.frames.at(-1)!;
    frame.index += 1;
    if (frame.form === 'array') return this.readValue();
    this.skip(SPACE);
    if (this.text[this.position] !== '"') {
      return this.wrong('looking for beginning of object key string');
    }
    const start = this.position;
    const problem = this.readString();
    if (problem !== undefined) return problem;
    this.noteKey(frame, start);
    this.skip(SPACE);
    if (this.text[this.position] !== ':') return this.wrong('after object key');
    this.position += 1;
    return this.readValue();
  }

  private noteKey(frame: Frame, start: number): void {
    const raw = this.text.slice(start + 1, this.position - 1);
    const key = raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
    frame.at = key;
    if (frame.keys.has(key)) {
      const path = frame.path === '' ? key : `${frame.path}.${key}`;
      const line = this.text.slice(0, start).split('\n').length;
      this.duplicates.push({ key, path, line });
    }
    frame.keys.add(key);
  }

  /** After a member: another one, or the end of what it stands in. */
  private readMore(): string | undefined {
    const { form } = this.frames.at(-1)!;
    this.skip(SPACE);
    const char = this.text[this.position];
    if (char === ',') {
      this.position += 1;
      return this.readMember();
    }
    if (char !== (form === 'object' ? '}' : ']')) {
      return this.wrong(form === 'object' ? 'after object key:value pair' : 'after array element');
    }
    this.position += 1;
    this.frames.pop();
    return undefined;
  }

  private readString(): string | undefined {
    this.position += 1;
    for (;;) {
      this.skip(PLAIN);
      const char = this.text[this.position];
      if (char === '"') {
        this.position += 1;
        return undefined;
      }
      if (char !== '\\') return this.wrong('in string literal');
      if (this.skip(ESCAPE) === 0) return this.wrongEscape();
    }
  }

  private wrongEscape(): string {
    this.position += 1;
    if (this.text[this.position] !== 'u') return this.wrong('in string escape code');
    this.position += 1;
    while (/[0-9a-fA-F]/.test(this.text[this.position] ?? '')) this.position += 1;
    return this.wrong('in \\u hexadecimal character escape');
  }

  private readWord(word: string): string | undefined {
    for (const [index, expected] of [...word].entries()) {
      if (this.text[this.position] !== expected) {
        return index === 0
          ? this.wrong('looking for beginning of value')
          : this.wrong(`in literal ${word} (expecting '${expected}')`);
      }
      this.position += 1;
    }
    return undefined;
  }

  private readNumber(): string | undefined {
    const first = this.text[this.position] ?? '';
    if (!/[-\d]/.test(first)) return this.wrong('looking for beginning of value');
    if (this.skip(NUMBER) === 0) {
      this.position += 1;
      return this.wrong('in numeric literal');
    }
    const next = this.text[this.position] ?? '';
    const isFraction = next === '.';
    if (!isFraction && next !== 'e' && next !== 'E') return undefined;
    this.position += 1;
    return this.wrong(
      isFraction ? 'after decimal point in numeric literal' : 'in exponent of numeric literal',
    );
  }
}

/** JSON as plain data, or what is wrong with it in the words of Go. */
export function readJson(text: string): JsonDocument {
  const reader = new JsonReader(text);
  const message = reader.check();
  if (message !== undefined) return { ok: false, message };
  return { ok: true, value: JSON.parse(text) as unknown, duplicates: reader.duplicates };
}
