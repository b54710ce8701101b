import { expect, test } from 'vitest';
import { PROTOBUF_MARK, readProtobuf } from './read-protobuf.ts';

/** A field of bytes: tag with wire type 2, length, bytes. All are short here. */
const bytes = (number: number, content: string) =>
  String.fromCharCode((number << 3) | 2, content.length) + content;
const varint = (number: number, value: number) => String.fromCharCode(number << 3, value);

const template = (...podSpec: string[]) => bytes(2, podSpec.join(''));
const deployment = (...podSpec: string[]) =>
  PROTOBUF_MARK +
  bytes(1, bytes(1, 'apps/v1') + bytes(2, 'Deployment')) +
  bytes(2, bytes(1, bytes(1, 'web')) + bytes(2, varint(1, 0) + bytes(3, template(...podSpec))));

test.each([
  ['a false that JSON leaves out', varint(11, 0), {}],
  ['a true', varint(11, 1), { hostNetwork: true }],
])('a body in protobuf: %s', (_, hostNetwork, more) => {
  expect(readProtobuf(deployment(bytes(3, 'Always'), hostNetwork))).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: { replicas: 0, template: { spec: { restartPolicy: 'Always', ...more } } },
  });
});

test('what is no protobuf body is none', () => {
  expect(readProtobuf('{}')).toBeUndefined();
});
