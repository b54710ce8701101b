import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startScenario } from '../scenario/sandbox.ts';
import { serve, type RunningServer } from './serve.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: box, namespace: default}
spec: {containers: [{name: box, image: busybox, command: [sleep, infinity]}]}
`;
const MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_TYPE = { 'content-type': 'application/json' };

let server: RunningServer;
beforeAll(async () => {
  const now = new Date().toISOString();
  server = await serve(startScenario({ name: 'serve', manifests: [POD], now }, 'serve'), {
    port: 0,
    clock: 'real',
  });
});
afterAll(() => server.close());

const ask = (path: string, init?: RequestInit) => fetch(`${server.address}${path}`, init);
const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
  ask(MAPS, { method: 'POST', headers, body });
const names = async () => {
  const list = (await ask(MAPS).then((answer) => answer.json())) as {
    items: { metadata: { name: string } }[];
  };
  return list.items.map(({ metadata }) => metadata.name);
};

const deep = (levels: number) =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"deep"},"data":${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}}`;
const wide = JSON.stringify({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'wide' },
  data: { a: 'x'.repeat(1_100_000) },
});

test.each([
  ['malformed JSON', '{"apiVersion":', 400],
  ['JSON that is no object', '[]', 400],
  ['an empty body', '', 400],
  ['another kind', '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"}}', 400],
  ['a wrong type', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":7}}', 400],
  ['a name that is none', '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"A b"}}', 422],
  ['deep nesting', deep(5_000), 400],
  ['nesting deeper than any stack', deep(200_000), 400],
  ['more than a ConfigMap holds', wide, 422],
])('%s is refused with a Status, and nothing is applied', async (_name, body, code) => {
  const before = await names();
  const answer = await post(body);
  const status = (await answer.json()) as { kind: string; code: number; message: string };
  expect([answer.status, status.kind, status.code]).toEqual([code, 'Status', code]);
  expect(status.message).not.toBe('');
  expect(await names()).toEqual(before);
});

test('a body of more than 3 MiB is too large', async () => {
  const answer = await post(`{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`);
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ reason: 'RequestEntityTooLarge', code: 413 });
});

test('a media type that nobody knows is refused', async () => {
  expect((await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
    415,
  );
});

test('a watch that its client drops is forgotten', async () => {
  const before = server.clock.waiting;
  const response = await new Promise<IncomingMessage>((resolve) => {
    httpRequest(`${server.address}${MAPS}?watch=true`, resolve).end();
  });
  await expect.poll(() => server.clock.waiting).toBe(before + 1);
  response.destroy();
  await expect.poll(() => server.clock.waiting).toBe(before);
  expect((await ask('/readyz')).status).toBe(200);
});

test('bytes that are no HTTP, and a client that goes in the middle, end nothing else', async () => {
  const port = Number(new URL(server.address).port);
  for (const text of [
    '\u0000\u0001\u0002garbage\r\n\r\n',
    `POST ${MAPS} HTTP/1.1\r\nhost: a\r\ncontent-length: 999\r\n\r\n{`,
  ]) {
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
  }
  expect((await ask('/readyz')).status).toBe(200);
});

const EXEC = '/api/v1/namespaces/default/pods/box/exec?command=hostname&stdout=true';

test('exec without an upgrade says that one is needed', async () => {
  const answer = await ask(EXEC);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ message: 'Upgrade request required' });
});

test('exec over a WebSocket sends output and the end', async () => {
  const socket = new WebSocket(server.address.replace('http', 'ws') + EXEC, [
    'v5.channel.k8s.io',
    'v4.channel.k8s.io',
  ]);
  const messages: string[] = [];
  socket.on('message', (data: Buffer) => messages.push(data.toString()));
  await new Promise((resolve) => socket.on('close', resolve));
  expect(socket.protocol).toBe('v5.channel.k8s.io');
  expect(messages).toEqual(['\u0001box\n', '\u0003{"metadata":{},"status":"Success"}']);
});

test('a shell ends when its client hangs up, and a subprotocol that nobody speaks is refused', async () => {
  const before = server.clock.waiting;
  const url = `${server.address.replace('http', 'ws')}/api/v1/namespaces/default/pods/box/exec?command=sh&stdin=true&stdout=true&tty=true`;
  const socket = new WebSocket(url, ['v5.channel.k8s.io']);
  const prompt = await new Promise<string>((resolve) =>
    socket.on('message', (data: Buffer) => resolve(data.toString())),
  );
  expect(prompt).toBe('\u0001/ # ');
  expect(server.clock.waiting).toBe(before + 1);
  socket.terminate();
  await expect.poll(() => server.clock.waiting).toBe(before);
  const refused = new WebSocket(url, ['v9.channel.k8s.io']);
  const status = await new Promise((resolve) => {
    refused.on('unexpected-response', (_request, response: IncomingMessage) =>
      resolve(response.statusCode),
    );
    refused.on('error', () => undefined);
  });
  expect(status).toBe(400);
});
