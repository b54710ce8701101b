import { expect, test } from 'vitest';
import { emitYaml } from './emit-yaml.ts';
import { emitJson } from './emit-json.ts';
import { readYaml } from '../../../apiserver/read-yaml.ts';

/** Printed by kubectl 1.35.2 with `create --dry-run=client -o yaml`. */
test.each([
  ['true', '"true"'],
  ['80', '"80"'],
  ['', '""'],
  [' lead', "' lead'"],
  ['a: b', "'a: b'"],
  ['-x', '-x'],
  ["'q'", "'''q'''"],
  ['line1\nline2', '|-\n  line1\n  line2'],
  ['line1\nline2\n', '|\n  line1\n  line2'],
  ['line1 \nline2\n', '"line1 \\nline2\\n"'],
  ['\nlead', '|2-\n\n  lead'],
  ['a\n\n', '|+\n  a\n'],
  ['  indented\nfoo', '|2-\n    indented\n  foo'],
  ['tab\there', '"tab\\there"'],
  ['é', 'é'],
  ['2026-01-01', '"2026-01-01"'],
  ['12:30:45', '"12:30:45"'],
  ['a:b', 'a:b'],
  ['=', '='],
  ['<<', '<<'],
  ['10.0.0.1', '10.0.0.1'],
  ['\\', '\\'],
  ['a\u0001b', '"a\\x01b"'],
  ['😀', '"\\U0001F600"'],
  ['x\r\ny', '"x\\r\\ny"'],
  ['a,b', 'a,b'],
  ['x]', 'x]'],
  ['2001-12-14t21:59:43.10-05:00', '"2001-12-14t21:59:43.10-05:00"'],
])('the text %j is written as kubectl writes it', (text, expected) => {
  expect(emitYaml({ k: text })).toBe(`k: ${expected}\n`);
});

test('a long text is folded behind the eightieth column', () => {
  const long =
    '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
  expect(emitYaml({ metadata: { annotations: { long } } })).toBe(
    `metadata:
  annotations:
    long: '0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready:
      }. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'
`,
  );
});

test('lists stand under their key, keys are sorted, empty things are in brackets', () => {
  const value = { b: [{ y: 1, x: [1, 2] }, []], a: {}, c: null, d: [['p']] };
  expect(emitYaml(value)).toBe(
    'a: {}\nb:\n- x:\n  - 1\n  - 2\n  "y": 1\n- []\nc: null\nd:\n- - p\n',
  );
});

test('what is printed reads back as it was', () => {
  const value = {
    a: ['x: y', 'yes', ' ', 'a\nb\n\n', '#', 'long '.repeat(60)],
    n: [1, true, null],
  };
  expect(readYaml(emitYaml(value))).toMatchObject({ ok: true, documents: [value] });
  expect(JSON.parse(emitJson(value))).toEqual(value);
});
