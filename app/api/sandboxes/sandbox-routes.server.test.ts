import { randomUUID } from 'node:crypto';
import { encode } from 'next-auth/jwt';
import { afterAll, expect, test } from 'vitest';
import { createLoginSession } from '#lib/auth/login-sessions.server.ts';
import { sessionCookieName } from '#lib/auth/session-cookie.server.ts';
import { addViewer } from '#lib/auth/testing/people.ts';
import { request as browser } from '#lib/auth/testing/request.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import { foldPool } from '#lib/sandbox/server/fold-pool.server.ts';
import { SHOP_SCENARIO } from '#lib/sandbox/shop-scenario.ts';
import { GET, POST } from './[sandboxId]/actions/route.ts';
import { GET as kube } from './[sandboxId]/kube/[...path]/route.ts';
import { DELETE } from './[sandboxId]/route.ts';
import { POST as begin } from './route.ts';

afterAll(() => foldPool().stop());

const transcript = { version: 1, scenario: SHOP_SCENARIO, seed: 'hopwise', actions: [] };
const post = (body: unknown) =>
  new Request('https://x/api', { method: 'POST', body: JSON.stringify(body) });
const at = (sandboxId: string) => ({ params: Promise.resolve({ sandboxId }) });

async function beginAs(viewer: KnownViewer): Promise<string> {
  await signIn(viewer);
  browser.headers.set('sec-fetch-site', 'same-origin');
  const id = randomUUID();
  const response = await begin(post({ id, contentId: 'open', transcript }));
  expect(response.status).toBe(200);
  return id;
}

async function signIn(viewer: KnownViewer): Promise<void> {
  const sid = await createLoginSession(viewer, 'a test');
  const secret = process.env['NEXTAUTH_SECRET'] ?? '';
  const value = await encode({ token: { sub: viewer.id, sid }, secret, maxAge: 1_000 });
  browser.cookies.set(sessionCookieName(), value);
}

const what = { type: 'command', line: 'kubectl get pods' };

test('what another site sends is refused before anything is read', async () => {
  browser.headers.set('origin', 'https://evil.example');
  const id = randomUUID();
  expect((await begin(post({}))).status).toBe(403);
  expect((await POST(post({}), at(id))).status).toBe(403);
  expect((await DELETE(post({}), at(id))).status).toBe(403);
  const headers = { origin: 'https://evil.example' };
  const url = `https://x/api/sandboxes/${id}/kube/version`;
  expect((await kube(new Request(url, { headers }), at(id))).status).toBe(403);
});

test('a page does something once, however often it sends it, and hears it; also after the end', async () => {
  const id = await beginAs(await addViewer());
  const body = { key: randomUUID(), after: 0, what };
  expect(await (await POST(post(body), at(id))).json()).toMatchObject({
    state: 'live',
    entries: [{ sequence: 1, what }],
  });
  expect((await POST(post(body), at(id))).status).toBe(200);
  const read = await GET(new Request('https://x/api?after=0&wait=5000'), at(id));
  expect(((await read.json()) as { entries: unknown[] }).entries).toHaveLength(1);
  const ended = await DELETE(post({}), at(id));
  expect(await ended.json()).toMatchObject({ state: 'ended', entries: [{ sequence: 1 }] });
  expect((await POST(post(body), at(id))).status).toBe(200);
  const late = await POST(post({ ...body, key: randomUUID() }), at(id));
  expect([late.status, await late.json()]).toMatchObject([410, { state: 'ended' }]);
});

test('taking back after somebody else has acted is a conflict, with what they did', async () => {
  const id = await beginAs(await addViewer());
  await POST(post({ key: randomUUID(), after: 0, what }), at(id));
  const undo = { key: randomUUID(), after: 0, what: { type: 'undo', of: 1 } };
  const response = await POST(post(undo), at(id));
  expect([response.status, await response.json()]).toMatchObject([409, { entries: [{ what }] }]);
});

test('another viewer and a stranger find nothing', async () => {
  const id = await beginAs(await addViewer());
  for (const viewer of [await addViewer(), undefined]) {
    browser.cookies.clear();
    if (viewer) await signIn(viewer);
    const body = { key: randomUUID(), after: 0, what };
    expect((await POST(post(body), at(id))).status).toBe(404);
    expect((await GET(new Request('https://x/api?after=0'), at(id))).status).toBe(404);
    expect((await DELETE(post({}), at(id))).status).toBe(404);
  }
});

test('a stranger who asks for a kubeconfig is a guest from then on', async () => {
  browser.headers.set('sec-fetch-site', 'same-origin');
  const id = randomUUID();
  expect((await begin(post({ id, contentId: 'open', transcript }))).status).toBe(200);
  const row = await db().sandbox.findUniqueOrThrow({ where: { id }, include: { user: true } });
  expect(row.user.isGuest).toBe(true);
});

test.each([
  ['an id that is none', { id: '1', contentId: 'open', transcript }, 400],
  ['no transcript', { id: randomUUID(), contentId: 'open', transcript: {} }, 400],
  [
    'an action that is none',
    { id: randomUUID(), contentId: 'open', transcript: { ...transcript, actions: [{}] } },
    400,
  ],
  [
    'a cluster that cannot be',
    {
      id: randomUUID(),
      contentId: 'shared',
      transcript: {
        ...transcript,
        scenario: { ...SHOP_SCENARIO, cluster: { podCidr: 'nowhere' } },
      },
    },
    422,
  ],
  [
    'a manifest that is none',
    {
      id: randomUUID(),
      contentId: 'shared',
      transcript: { ...transcript, scenario: { name: 'x', manifests: ['kind: Nothing'] } },
    },
    422,
  ],
])('a beginning with %s is refused', async (_name, body, status) => {
  browser.headers.set('sec-fetch-site', 'same-origin');
  expect((await begin(post(body))).status).toBe(status);
});
