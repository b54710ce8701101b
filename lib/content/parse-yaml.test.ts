import { expect, test } from 'vitest';
import { findYamlDanger, parseYaml } from './parse-yaml.ts';

const nested = (open: string, close: string, levels: number) =>
  open.repeat(levels) + close.repeat(levels);
const ladder = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `${'  '.repeat(level)}k${level}:`).join('\n');
const laughs = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
  .split('')
  .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join(',')}]`)
  .join('\n')}`;

test.each([
  ['two kilobytes of brackets', nested('[', ']', 1_000)],
  ['twenty kilobytes of brackets', nested('[', ']', 10_000)],
  ['brackets never closed', '['.repeat(3_000)],
  ['braces', nested('{a: ', '}', 500)],
  ['closers hidden in strings', '["]", '.repeat(400)],
  ['closers hidden in single quotes', "[']', ".repeat(400)],
  ['closers hidden in comments', '[ # ]\n'.repeat(400)],
  ['sequences in one line', '- '.repeat(2_000) + 'x'],
  ['explicit keys in one line', '? '.repeat(2_000) + 'x'],
  ['a ladder of mappings', ladder(120)],
  ['a ladder of sequences', Array.from({ length: 120 }, (_, l) => `${' '.repeat(l)}-`).join('\n')],
  ['brackets under a mapping', `a:\n  b: ${nested('[', ']', 70)}`],
  ['an opening in a second document', `a: 1\n---\n${nested('[', ']', 100)}`],
  ['anchors before brackets', '&a [ '.repeat(300)],
  ['tags before brackets', '!!seq [ '.repeat(300)],
  ['too many bytes', `a: ${'x'.repeat(70_000)}`],
  ['too many bytes in wide characters', `a: ${'ü'.repeat(40_000)}`],
])('a parser never sees %s', (_name, text) => {
  expect(findYamlDanger(text)).toBeDefined();
  expect(parseYaml(text).ok).toBe(false);
});

test.each([
  ['aliases that multiply', laughs],
  ['an alias of nothing', 'a: *b'],
  ['an unknown tag', 'a: !!js/function "function(){}"'],
  ['a key given twice', 'a: 1\na: 2'],
  ['a broken flow', 'a: [1, 2'],
  ['two documents', 'a: 1\n---\nb: 2'],
])('%s is a problem and not a crash', (_name, text) => {
  const parsed = parseYaml(text, 'content/tracks.yaml');
  expect(parsed).toMatchObject({ ok: false });
  expect(parsed.ok ? '' : parsed.problem).toMatch(/^content\/tracks\.yaml: /);
});

test.each([
  ['sixty levels', nested('[', ']', 60)],
  [
    'many siblings',
    Array.from({ length: 500 }, (_, n) => `- name: [a, b, "]"]\n  n: ${n}`).join('\n'),
  ],
  ['brackets in a block of text', `a: |\n  ${'[ '.repeat(300)}`],
  ['brackets in quotes', `a: "${'['.repeat(300)}"`],
  ['aliases in measure', 'a: &a [1]\nb: *a\nc: *a'],
  ['dedents that begin again', 'a:\n  b:\n    c: 1\n'.replace(/^/, '') + 'd:\n  e:\n    f: 1\n'],
])('%s pass', (_name, text) => {
  expect(parseYaml(text)).toMatchObject({ ok: true });
});

test('a key named __proto__ changes no prototype', () => {
  const parsed = parseYaml(
    '__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }',
  );
  expect(parsed.ok).toBe(true);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});
