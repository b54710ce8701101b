import { expect, test } from 'vitest';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

const TARGET = {
  spec: {
    type: 'ClusterIP',
    selector: { app: 'web', tier: 'front' },
    ports: [
      { port: 80, name: 'http' },
      { port: 443, name: 'https' },
    ],
  },
};

/** Results of `kubectl patch --local --type=strategic` 1.35. */
test.each([
  [
    'a port is merged by its number',
    { ports: [{ port: 80, targetPort: 8080 }] },
    {
      ports: [
        { port: 80, name: 'http', targetPort: 8080 },
        { port: 443, name: 'https' },
      ],
    },
  ],
  [
    'a new port comes first',
    { ports: [{ port: 81 }] },
    { ports: [{ port: 81 }, { port: 80, name: 'http' }, { port: 443, name: 'https' }] },
  ],
  [
    '$patch: delete takes one away',
    { ports: [{ $patch: 'delete', port: 80 }] },
    { ports: [{ port: 443, name: 'https' }] },
  ],
  [
    '$patch: replace takes the list as it is',
    { ports: [{ $patch: 'replace' }, { port: 9 }] },
    { ports: [{ port: 9 }] },
  ],
  [
    '$setElementOrder orders',
    {
      '$setElementOrder/ports': [{ port: 443 }, { port: 80 }],
      ports: [{ port: 80, targetPort: 1 }],
    },
    {
      ports: [
        { port: 443, name: 'https' },
        { port: 80, name: 'http', targetPort: 1 },
      ],
    },
  ],
  ['null removes a key', { selector: { tier: null } }, { selector: { app: 'web' } }],
  [
    '$patch: replace in a map replaces it',
    { selector: { $patch: 'replace', a: 'b' } },
    { selector: { a: 'b' } },
  ],
  [
    'an item that the order does not name stays before the one it stood before',
    { '$setElementOrder/ports': [{ port: 443 }, { port: 9 }], ports: [{ port: 9 }] },
    { ports: [{ port: 80, name: 'http' }, { port: 443, name: 'https' }, { port: 9 }] },
  ],
  [
    'directives of a value that is new are dropped, and nulls',
    { externalIPs: ['1.2.3.4'], sessionAffinityConfig: { clientIP: { timeoutSeconds: null } } },
    { externalIPs: ['1.2.3.4'], sessionAffinityConfig: { clientIP: {} } },
  ],
  [
    '$retainKeys drops what it does not name',
    { $retainKeys: ['type'], type: 'NodePort' },
    { type: 'NodePort', selector: undefined, ports: undefined },
  ],
])('strategic: %s', (_, patch, expected) => {
  const result = applyStrategicMergePatch(TARGET, { spec: patch }, 'core.Service');
  expect(result).toMatchObject({ ok: true });
  expect((result as { value: unknown }).value).toEqual({ spec: { ...TARGET.spec, ...expected } });
});

test('an item without its merge key is refused', () => {
  expect(
    applyStrategicMergePatch(TARGET, { spec: { ports: [{ targetPort: 9 }] } }, 'core.Service'),
  ).toEqual({
    ok: false,
    code: 500,
    message: 'map: map[targetPort:9] does not contain declared merge key: port',
  });
});

/** Examples of RFC 7386, appendix A. */
test.each([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [
    ['a', 'b'],
    ['c', 'd'],
    ['c', 'd'],
  ],
  [{ a: 'foo' }, null, null],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])('merge: %j with %j gives %j', (target, patch, expected) => {
  expect(applyMergePatch(target, patch)).toEqual(expected);
});

/** Examples of RFC 6902, appendix A. */
test.each([
  ['A.1', { foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { baz: 'qux', foo: 'bar' }],
  [
    'A.2',
    { foo: ['bar', 'baz'] },
    [{ op: 'add', path: '/foo/1', value: 'qux' }],
    { foo: ['bar', 'qux', 'baz'] },
  ],
  [
    'A.4',
    { foo: ['bar', 'qux', 'baz'] },
    [{ op: 'remove', path: '/foo/1' }],
    { foo: ['bar', 'baz'] },
  ],
  [
    'A.6',
    { foo: { bar: 'baz', waldo: 'fred' }, qux: { corge: 'grault' } },
    [{ op: 'move', from: '/foo/waldo', path: '/qux/thud' }],
    { foo: { bar: 'baz' }, qux: { corge: 'grault', thud: 'fred' } },
  ],
  ['A.14', { '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { '/': 9, '~1': 10 }],
  [
    'A.16',
    { foo: ['bar'] },
    [{ op: 'add', path: '/foo/-', value: ['abc'] }],
    { foo: ['bar', ['abc']] },
  ],
])('json: RFC 6902 %s', (_, target, patch, expected) => {
  expect(applyJsonPatch(target, patch)).toEqual({ ok: true, value: expected });
});

test('json: a failed test changes nothing and says what failed', () => {
  expect(applyJsonPatch({ baz: 'qux' }, [{ op: 'test', path: '/baz', value: 'bar' }])).toEqual({
    ok: false,
    code: 422,
    message: 'testing value /baz failed: test failed',
  });
});

test('an order that leaves out an item of the patch is refused', () => {
  const ports = { '$setElementOrder/ports': [{ port: 80 }], ports: [{ port: 443, name: 'x' }] };
  expect(applyStrategicMergePatch(TARGET, { spec: ports }, 'core.Service')).toMatchObject({
    ok: false,
    message:
      "The order in patch list:\n[map[name:x port:443]]\n doesn't match $setElementOrder list:\n[map[port:80]]\n",
  });
});
