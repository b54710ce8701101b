import type { TokenReader } from './reader.ts';

/** One value of a concatenation: a word or a quoted text. A range may be written with blanks: `1 - 5`. */
function readPart(reader: TokenReader): string {
  const first = reader.word();
  if (!reader.skip('-')) return first;
  return `${first}-${reader.word()}`;
}

/** A value of one or more parts: `10.0.0.1 . tcp . 80`. */
export function readKey(reader: TokenReader): string {
  const parts = [readPart(reader)];
  while (reader.skip('.')) parts.push(readPart(reader));
  return parts.join(' . ');
}

/** What stands between braces, with commas: lines may end anywhere in it. */
export function readBraces<E>(reader: TokenReader, readOne: () => E): E[] {
  const found: E[] = [];
  reader.expect('{');
  for (;;) {
    reader.skipLines();
    if (reader.skip('}') || reader.isAtEnd) return found;
    found.push(readOne());
    reader.skipLines();
    if (!reader.isNext('}')) reader.expect(',');
  }
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400, h: 3600, m: 60, s: 1 };

/** `1h30s`, `10800s`, `60`: seconds. */
export function readSeconds(reader: TokenReader): number {
  const text = reader.token.text;
  if (/^\d+$/.test(text)) return Number(reader.take().text);
  const parts = text.match(/\d+(?:ms|[dhms])/g) ?? [];
  if (parts.length === 0 || parts.join('') !== text) {
    reader.fail();
    return 0;
  }
  reader.take();
  return parts.reduce((sum, part) => {
    const unit = part.replace(/^\d+/, '');
    return sum + (unit === 'ms' ? 0 : Number.parseInt(part, 10) * (UNITS[unit] ?? 0));
  }, 0);
}
