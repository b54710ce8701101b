import { expect, test } from 'vitest';
import { bytesOf, createPayloadReader } from './http-bytes.ts';

const POST = 'POST /cart HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhällo'.replace('5', '6');

test('a request cut anywhere comes out whole, and the next one behind it', () => {
  const bytes = Buffer.from(`${POST}GET / HTTP/1.1\r\nHost: a\r\n\r\n`);
  for (const size of [1, 7, 1000]) {
    const read = createPayloadReader();
    const payloads = [];
    for (let at = 0; at < bytes.length; at += size)
      payloads.push(...read(bytes.subarray(at, at + size)));
    expect(payloads).toMatchObject([
      { kind: 'http-request', request: { method: 'POST', target: '/cart', body: 'hällo' } },
      { kind: 'http-request', request: { method: 'GET', target: '/' } },
    ]);
  }
});

test('chunks are put together', () => {
  const text =
    'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
  expect(createPayloadReader()(Buffer.from(text))).toMatchObject([{ request: { body: 'abcde' } }]);
});

test('what is no HTTP goes through as it is', () => {
  const bytes = Buffer.from([0x00, 0xff, 0x41, 0x0a]);
  const [payload] = createPayloadReader()(bytes);
  expect(payload && bytesOf(payload).equals(bytes)).toBe(true);
});

test('a response has a length that fits its bytes', () => {
  const bytes = bytesOf({
    kind: 'http-response',
    response: { status: 200, reason: 'OK', version: '1.1', headers: [['Server', 'x']], body: 'ä' },
  });
  expect(bytes.toString()).toBe('HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 2\r\n\r\nä');
});
