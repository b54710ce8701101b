import { expect, test } from 'vitest';
import { base64Length, corruptBase64At, decodeBase64, encodeBase64 } from './base64.ts';

test.each(['', 'a', 'ab', 'abc', 'grüße', '日本', '🙂x', 'a\u0000\n'])(
  '%j is written as Node writes it, and read back',
  (text) => {
    const coded = Buffer.from(text).toString('base64');
    expect(encodeBase64(text)).toBe(coded);
    expect(decodeBase64(coded)).toBe(text);
    expect(base64Length(coded)).toBe(Buffer.from(text).length);
    expect(corruptBase64At(coded)).toBeUndefined();
  },
);

// What `echo -n TEXT | ...base64.StdEncoding.DecodeString` of Go answers.
test.each([
  ['YWJj\nZGVm', undefined],
  ['YQ==\n', undefined],
  ['plain', 4],
  ['hi', 0],
  ['a b=', 1],
  ['YQ=', 3],
  ['YQ=a', 2],
  ['YQ==YQ==', 4],
  ['=', 0],
  ['p@ss', 1],
])('%j is corrupt at %s', (text, at) => {
  expect(corruptBase64At(text)).toBe(at);
});

test('half a surrogate pair and bytes that are no text become U+FFFD', () => {
  expect(encodeBase64('\ud83d')).toBe('77+9');
  expect(decodeBase64('/w==')).toBe('\ufffd');
});
