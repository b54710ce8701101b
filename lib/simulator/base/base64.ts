const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** UTF-8 bytes of a text; what is no character (half a surrogate pair) becomes U+FFFD, as Go reads it. */
function utf8Of(text: string): number[] {
  return [...text].flatMap((char) => {
    let code = char.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code < 0xe000) code = 0xfffd;
    if (code < 0x80) return [code];
    const tail = (shift: number) => 0x80 | ((code >> shift) & 0x3f);
    if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
    if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
    return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
  });
}

/** RFC 4648 base64 of a text's UTF-8 bytes, as Secrets carry their data. */
export const encodeBase64 = (text: string): string => encode(utf8Of(text));

/** RFC 4648 base64 of bytes that stand in a text, one character each. */
export const encodeBase64Bytes = (bytes: string): string =>
  encode([...bytes].map((char) => char.charCodeAt(0)));

function encode(bytes: readonly number[]): string {
  let result = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const missing = Math.max(0, i + 3 - bytes.length);
    for (let digit = 0; digit < 4; digit++) {
      result += digit > 3 - missing ? '=' : ALPHABET[(bits >> (18 - 6 * digit)) & 63];
    }
  }
  return result;
}

/** Where padding that begins at `at`, after `place` digits of four, is wrong. */
function corruptPaddingAt(text: string, at: number, place: number, end: number) {
  if (place < 2) return at;
  if (place === 3) return at + 1 < end ? at + 1 : undefined;
  if (at + 1 >= end) return text.length;
  if (text.charAt(at + 1) !== '=') return at;
  return at + 2 < end ? at + 2 : undefined;
}

/**
 * Where Go stops reading a base64 text (`base64.CorruptInputError` of encoding/base64); undefined when it is whole. Line ends
 * are skipped.
 */
export function corruptBase64At(text: string): number | undefined {
  const end = text.replace(/[\r\n]+$/, '').length;
  let digits = 0;
  for (let at = 0; at < end; at++) {
    const char = text.charAt(at);
    if (char === '\n' || char === '\r') continue;
    if (char === '=') return corruptPaddingAt(text, at, digits % 4, end);
    if (!ALPHABET.includes(char)) return at;
    digits += 1;
  }
  return digits % 4 === 0 ? undefined : text.length - (digits % 4);
}

/** How many bytes a whole base64 text stands for. */
export const base64Length = (text: string): number =>
  Math.floor((text.replaceAll(/[^A-Za-z0-9+/]/g, '').length * 3) / 4);

/** The text that base64 stands for; what is no UTF-8 becomes U+FFFD. */
export function decodeBase64(text: string): string {
  const digits = [...text].map((char) => ALPHABET.indexOf(char)).filter((digit) => digit >= 0);
  let hex = '';
  let bits = 0;
  let count = 0;
  for (const digit of digits) {
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    hex += `%${((bits >> count) & 0xff).toString(16).padStart(2, '0')}`;
  }
  return readUtf8(hex);
}

const SEQUENCE =
  /%[0-7]\w|%[cd]\w%[89ab]\w|%e\w%[89ab]\w%[89ab]\w|%f[0-4]%[89ab]\w%[89ab]\w%[89ab]\w|%\w\w/g;

/** Reads `%68%69`; bytes that begin no character count one U+FFFD each. */
function readUtf8(hex: string): string {
  return hex.replaceAll(SEQUENCE, (sequence) => {
    const [first = 0, ...rest] = sequence
      .split('%')
      .slice(1)
      .map((byte) => Number.parseInt(byte, 16));
    if (first < 0x80) return String.fromCharCode(first);
    if (rest.length === 0) return '\ufffd';
    const code = rest.reduce(
      (sum, byte) => (sum << 6) | (byte & 0x3f),
      first & (0x3f >> rest.length),
    );
    const isWhole = code >= [0, 0x80, 0x800, 0x10000][rest.length]! && code < 0x110000;
    return isWhole && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : '\ufffd';
  });
}
