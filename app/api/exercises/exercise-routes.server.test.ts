import { afterAll, expect, test } from 'vitest';
import { request as browser } from '#lib/auth/testing/request.ts';
import { db } from '#lib/db/client.server.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { ENGINE_VERSION } from '#lib/simulator/index.ts';
import { PUT as putDraft } from './[slug]/draft/route.ts';
import { POST as postSolution } from './[slug]/solution/route.ts';
import { POST as postSubmit } from './[slug]/submit/route.ts';
import { replayPool } from '#lib/exercises/replay-pool.server.ts';

const SLUG = 'selector-matches-nothing';
const exercise = (await loadContent()).exercises.get(SLUG)!;
const HOST = 'hopwise.example';

afterAll(() => replayPool().stop());

/** Sends as a page of this site does. */
function send(handler: typeof postSubmit, body: unknown, slug = SLUG): Promise<Response> {
  browser.headers.set('host', HOST);
  browser.headers.set('origin', browser.headers.get('origin') ?? `https://${HOST}`);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = new Request(`https://${HOST}/api`, { method: 'POST', body: text });
  return handler(request, { params: Promise.resolve({ slug }) });
}

const good = (change: object = {}) => ({
  key: crypto.randomUUID(),
  revision: exercise.revision,
  engine: ENGINE_VERSION,
  seed: 'hopwise',
  actions: [],
  hintsOpened: 0,
  ...change,
});
const countUsers = () => db().user.count();

test('a foreign origin is refused, whatever it asks', async () => {
  const before = await countUsers();
  for (const handler of [postSubmit, putDraft, postSolution]) {
    browser.headers.set('origin', 'https://elsewhere.example');
    expect((await send(handler, good())).status).toBe(403);
  }
  expect(await countUsers()).toBe(before);
});

test('an exercise that is not there is not found', async () => {
  for (const handler of [postSubmit, putDraft, postSolution])
    expect((await send(handler, good(), 'nothing')).status).toBe(404);
});

test('a stranger becomes a guest with the first check, and the verdict is the answer', async () => {
  const response = await send(postSubmit, good());
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ type: 'graded', passed: false });
});

test.each([
  ['no JSON', '{', 400],
  ['nothing', '', 400],
  ['a key that is no UUID', good({ key: '1' }), 400],
  ['a verdict of its own', good({ passed: true }), 400],
  ['a verdict where ours would stand', good({ verdict: { type: 'graded', passed: true } }), 400],
  ['a scenario of its own', good({ scenario: { name: 'x', manifests: [] } }), 400],
  ['an action that is none', good({ actions: [{ type: 'win' }] }), 400],
  ['a field more in an action', good({ actions: [{ type: 'interrupt', win: 1 }] }), 400],
  ['time that runs backwards', good({ actions: [{ type: 'advance', duration: -1 }] }), 400],
  ['a NUL', good({ actions: [{ type: 'command', line: 'a\u0000b' }] }), 400],
  ['half a character', good({ actions: [{ type: 'command', line: '\ud800' }] }), 400],
  ['a line without end', good({ actions: [{ type: 'command', line: 'x'.repeat(17_000) }] }), 400],
  [
    '2,001 actions',
    good({ actions: Array.from({ length: 2_001 }, () => ({ type: 'interrupt' })) }),
    400,
  ],
  ['more than 512 KiB', good({ seed: 'x'.repeat(600_000) }), 413],
  ['20,000 brackets', '['.repeat(20_000), 400],
])('a body with %s is refused and makes no guest', async (_name, body, status) => {
  const before = await countUsers();
  const response = await send(postSubmit, body);
  expect(response.status).toBe(status);
  expect(await response.json()).toHaveProperty('problem');
  expect(await countUsers()).toBe(before);
});

test('a body that does not say how long it is, is read no further than the limit', async () => {
  browser.headers.set('host', HOST);
  browser.headers.set('origin', `https://${HOST}`);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 65_536;
      controller.enqueue(new Uint8Array(65_536).fill(32));
    },
  });
  const init = { method: 'POST', body: endless, duplex: 'half' } as RequestInit;
  const response = await postSubmit(new Request(`https://${HOST}/api`, init), {
    params: Promise.resolve({ slug: SLUG }),
  });
  expect(response.status).toBe(413);
  expect(sent).toBeLessThan(1_000_000);
});

test('eleven checks in a minute are one too many, and a repeated one is none', async () => {
  const body = good();
  const first = await send(postSubmit, body);
  for (let i = 0; i < 9; i += 1) expect((await send(postSubmit, good())).status).toBe(200);
  const eleventh = await send(postSubmit, good());
  expect(eleventh.status).toBe(429);
  expect(Number(eleventh.headers.get('retry-after'))).toBeGreaterThan(0);
  const again = await send(postSubmit, body);
  expect(again.status).toBe(200);
  expect(await again.json()).toEqual(await first.json());
});

test('a draft of a page that was overtaken is a conflict with both', async () => {
  const draft = (baseVersion: number, line: string) => {
    const { key: _key, hintsOpened: _hints, ...transcript } = good();
    return { ...transcript, baseVersion, actions: [{ type: 'command', line }] };
  };
  expect(await (await send(putDraft, draft(0, 'one'))).json()).toEqual({ version: 1 });
  const response = await send(putDraft, draft(0, 'two'));
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({
    mine: { actions: [{ line: 'two' }] },
    theirs: { actions: [{ line: 'one' }] },
  });
});

test('the solution is not told to whoever only asks', async () => {
  const key = crypto.randomUUID();
  const refused = await send(postSolution, { key, reason: 'asked' });
  expect(refused.status).toBe(403);
  expect(await refused.text()).not.toContain('patch');
  const told = await send(postSolution, { key, reason: 'gave-up' });
  expect(await told.json()).toEqual({ steps: exercise.solution.steps });
});
