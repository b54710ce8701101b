import { randomUUID } from 'node:crypto';
import { afterAll, expect, test } from 'vitest';
import { addViewer } from '#lib/auth/testing/people.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import { plainTranscript, openSandbox, type Transcript } from '#lib/simulator/index.ts';
import { SHOP_SCENARIO } from '../shop-scenario.ts';
import { answerKube } from './answer-kube.server.ts';
import { askSandbox } from './fold-sandbox.server.ts';
import { createFoldPool, foldPool } from './fold-pool.server.ts';
import { awaitLive, beginLive, endLive, isTokenOf, readLive } from './live-sandboxes.server.ts';
import { appendAction, readEntries, tick } from './ordered-actions.server.ts';
import { MOST_BODY_BYTES } from './read-request.ts';

afterAll(() => foldPool().stop());

const BASE: Transcript = { version: 1, scenario: SHOP_SCENARIO, seed: 'hopwise', actions: [] };

async function begin(viewer: KnownViewer, id: string = randomUUID(), transcript = BASE) {
  const result = await beginLive(viewer, { id, contentId: 'open', transcript });
  if (result.type !== 'begun') throw new Error(result.problem);
  const token = /kubectl:([^@]+)@/.exec(result.live.kubeconfig)?.[1] ?? '';
  return { ...result.live, token, viewer };
}

const address = (id: string, path: string) =>
  `http://localhost:3000/api/sandboxes/${id}/kube${path}`;

function kube(
  { id, token }: { id: string; token: string },
  method: string,
  path: string,
  body?: unknown,
  contentType = 'application/json',
): Promise<Response> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return answerKube(
    new Request(address(id, path), {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      ...(text === undefined ? {} : { body: text }),
    }),
    id,
  );
}

const configMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { a: 'b' },
});
const MAPS = '/api/v1/namespaces/shop/configmaps';

test('the kubeconfig opens the API, and the cluster’s clock is today’s', async () => {
  const live = await begin(await addViewer());
  expect(live.kubeconfig).toContain(`http://kubectl:${live.token}@localhost:3000/api/sandboxes/`);
  const version = await kube(live, 'GET', '/version');
  expect(await version.json()).toMatchObject({ major: '1', minor: '35' });
  const at = Date.parse(live.base.scenario.now ?? '');
  expect(Math.abs(Date.now() - at)).toBeLessThan(30_000);
  const services = await kube(live, 'GET', '/api/v1/namespaces/shop/services');
  expect(await services.json()).toMatchObject({ kind: 'ServiceList' });
  const row = await db().sandbox.findUniqueOrThrow({ where: { id: live.id } });
  expect(JSON.stringify(row)).not.toContain(live.token);
});

test('a write is in Postgres in its place before it is answered; reads, reviews and dry runs are no actions', async () => {
  const live = await begin(await addViewer());
  expect((await kube(live, 'POST', MAPS, configMap('one'))).status).toBe(201);
  expect((await kube(live, 'POST', MAPS, configMap('one'))).status).toBe(409);
  expect((await kube(live, 'POST', `${MAPS}?dryRun=All`, configMap('dry'))).status).toBe(201);
  const review = await kube(
    live,
    'POST',
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    },
  );
  expect(review.status).toBe(201);
  expect((await kube(live, 'GET', `${MAPS}/one`)).status).toBe(200);
  expect((await kube(live, 'GET', `${MAPS}/dry`)).status).toBe(404);
  const entries = await readEntries(live.id, 0);
  expect(entries.map(({ sequence, source, what }) => [sequence, source, what.type])).toEqual([
    [1, 'KUBECTL', 'request'],
    [2, 'KUBECTL', 'request'],
  ]);
});

test('what kubectl does, a page that waits hears; what a page does, kubectl sees', async () => {
  const live = await begin(await addViewer());
  const heard = awaitLive(live.viewer, live.id, 0, 10_000, new AbortController().signal);
  await kube(live, 'POST', MAPS, configMap('from-kubectl'));
  expect((await heard)?.entries).toMatchObject([
    { sequence: 1, what: { type: 'request', method: 'POST', path: MAPS } },
  ]);
  await appendAction({
    sandboxId: live.id,
    key: randomUUID(),
    source: 'PAGE',
    what: { type: 'command', line: 'kubectl create configmap from-page --from-literal=a=b' },
  });
  expect((await kube(live, 'GET', `${MAPS}/from-page`)).status).toBe(200);
});

test('an act that was taken back is gone for kubectl, and an open watch hears it', async () => {
  const live = await begin(await addViewer());
  await kube(live, 'POST', MAPS, configMap('one'));
  const { metadata } = (await (await kube(live, 'GET', MAPS)).json()) as {
    metadata: { resourceVersion: string };
  };
  const watch = await kube(
    live,
    'GET',
    `${MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`,
  );
  const reader = watch.body!.pipeThrough(new TextDecoderStream()).getReader();
  const appended = await appendAction({
    sandboxId: live.id,
    key: randomUUID(),
    source: 'PAGE',
    after: 1,
    what: { type: 'undo', of: 1 },
  });
  expect(appended).toMatchObject({ type: 'appended', head: { sequence: 2 } });
  let text = '';
  while (!text.includes('\n')) text += (await reader.read()).value ?? '';
  expect(JSON.parse(text)).toMatchObject({
    type: 'DELETED',
    object: { metadata: { name: 'one' } },
  });
  await reader.cancel();
  expect((await kube(live, 'GET', `${MAPS}/one`)).status).toBe(404);
});

test('taking back is meant for one state: after somebody else has acted nothing is done', async () => {
  const live = await begin(await addViewer());
  await kube(live, 'POST', MAPS, configMap('one'));
  await kube(live, 'POST', MAPS, configMap('two'));
  const what = { type: 'undo', of: 1 } as const;
  const act = { sandboxId: live.id, key: randomUUID(), source: 'PAGE', what } as const;
  expect(await appendAction({ ...act, after: 1 })).toEqual({ type: 'overtaken' });
  expect(await tick(live.id)).toMatchObject({ sequence: 2 });
});

test('thirty writers at once get thirty numbers, and a key that is sent twice one', async () => {
  const live = await begin(await addViewer());
  const key = randomUUID();
  const act = (name: string, own: string = randomUUID()) =>
    appendAction({
      sandboxId: live.id,
      key: own,
      source: 'PAGE',
      what: { type: 'command', line: `kubectl create configmap ${name}` },
    });
  const answers = await Promise.all([
    ...Array.from({ length: 28 }, (_, i) => act(`c${i}`)),
    act('same', key),
    act('same', key),
  ]);
  const numbers = answers.map((answer) => (answer.type === 'appended' ? answer.head.sequence : 0));
  expect(new Set(numbers).size).toBe(29);
  expect(numbers.at(-1)).toBe(numbers.at(-2));
  const entries = await readEntries(live.id, 0);
  expect(entries.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 29 }, (_, i) => i + 1),
  );
  expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b));
});

test('another server folds the same cluster from Postgres, also after its process was killed', async () => {
  const live = await begin(await addViewer());
  await kube(live, 'POST', MAPS, configMap('one'));
  const request = { method: 'GET', path: `${MAPS}/one` } as const;
  const ask = { type: 'read', request, stream: 's' } as const;
  const head = (await tick(live.id))!;
  const here = await askSandbox(live.id, head, ask);
  const other = createFoldPool();
  const job = { sandboxId: live.id, sequence: head.sequence, clock: head.clockMs * 1_000, ask };
  expect(await other.run({ ...job, entries: [] })).toEqual({ type: 'need' });
  const entries = await readEntries(live.id, 0);
  expect(await other.run({ ...job, base: live.base, entries })).toEqual(here);
  other.stop();
  foldPool().stop();
  expect(await askSandbox(live.id, head, ask)).toMatchObject({ type: 'plain', status: 200 });
  expect((await kube(live, 'GET', `${MAPS}/one`)).status).toBe(200);
});

test('what was done is one transcript, which leads where the live sandbox is', async () => {
  const live = await begin(await addViewer());
  await kube(live, 'POST', MAPS, configMap('one'));
  await kube(live, 'POST', MAPS, configMap('two'));
  await appendAction({
    sandboxId: live.id,
    key: randomUUID(),
    source: 'PAGE',
    what: { type: 'undo', of: 1 },
  });
  const { entries, clock } = (await readLive(live.viewer, live.id, 0))!;
  const sandbox = openSandbox(plainTranscript(live.base, entries, clock));
  const { store } = sandbox.cluster;
  expect(store.get('ConfigMap', 'shop', 'one')).toBeUndefined();
  expect(store.get('ConfigMap', 'shop', 'two')).toBeDefined();
});

test('a token that is wrong, of another sandbox, taken back or run out is answered 401', async () => {
  const viewer = await addViewer();
  const [one, two] = [await begin(viewer), await begin(viewer)];
  const status = async (id: string, token: string) =>
    (await kube({ id, token }, 'GET', '/version')).status;
  expect(await status(one.id, one.token)).toBe(200);
  expect(await status(one.id, two.token)).toBe(401);
  expect(await status(one.id, '')).toBe(401);
  expect(await status(randomUUID(), one.token)).toBe(401);
  expect(await status('no-uuid', one.token)).toBe(401);
  const bare = await answerKube(new Request(address(one.id, '/version')), one.id);
  expect([bare.status, await bare.json()]).toMatchObject([401, { reason: 'Unauthorized' }]);
  const again = await begin(viewer, two.id);
  expect(again.token).not.toBe(two.token);
  expect(await isTokenOf(two.id, two.token)).toBe(false);
  expect(await isTokenOf(two.id, again.token)).toBe(true);
  expect(await endLive(viewer, one.id)).toBe(true);
  expect(await status(one.id, one.token)).toBe(401);
  await db().sandbox.update({ where: { id: two.id }, data: { expiresAt: new Date() } });
  expect(await status(two.id, again.token)).toBe(401);
});

test('basic credentials carry the token too, and a request from a page is refused', async () => {
  const live = await begin(await addViewer());
  const ask = (headers: Record<string, string>) =>
    answerKube(new Request(address(live.id, '/version'), { headers }), live.id);
  const authorization = `Basic ${btoa(`kubectl:${live.token}`)}`;
  expect((await ask({ authorization })).status).toBe(200);
  expect((await ask({ authorization, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test('somebody else’s sandbox is not there', async () => {
  const live = await begin(await addViewer());
  const other = await addViewer();
  expect(await readLive(other, live.id, 0)).toBeUndefined();
  expect(await readLive({ kind: 'none' }, live.id, 0)).toBeUndefined();
  expect(await endLive(other, live.id)).toBe(false);
  expect(
    await beginLive(other, { id: live.id, contentId: 'open', transcript: BASE }),
  ).toMatchObject({ type: 'refused', status: 404 });
});

test('three sandboxes of one person are live at once, and no fourth', async () => {
  const viewer = await addViewer();
  const [one] = [await begin(viewer), await begin(viewer), await begin(viewer)];
  await expect(begin(viewer)).rejects.toThrow(/End one of them first/);
  await endLive(viewer, one.id);
  await begin(viewer);
});

test('a body too large, too deep or not text changes nothing, and the API lives on', async () => {
  const live = await begin(await addViewer());
  const big = { ...configMap('big'), data: { a: 'x'.repeat(MOST_BODY_BYTES) } };
  expect((await kube(live, 'POST', MAPS, big)).status).toBe(413);
  expect((await kube(live, 'POST', MAPS, '['.repeat(100_000))).status).toBe(400);
  expect((await kube(live, 'POST', MAPS, 'a\u0000b')).status).toBe(400);
  expect((await kube(live, 'POST', MAPS, '{"kind":')).status).toBe(400);
  expect((await kube(live, 'GET', `/${'x'.repeat(5_000)}`)).status).toBe(413);
  const exec = await kube(live, 'POST', '/api/v1/namespaces/shop/pods/web/exec?command=sh');
  expect(((await exec.json()) as { message: string }).message).toContain('sim -- serve');
  const ordered = await readEntries(live.id, 0);
  expect(ordered.map(({ what }) => what.type === 'request' && what.body)).toEqual(['{"kind":']);
  expect((await kube(live, 'GET', '/version')).status).toBe(200);
});

test('a sandbox keeps so many bytes and actions, and no more', async () => {
  const live = await begin(await addViewer());
  const half = { ...configMap('half'), data: { a: 'x'.repeat(300_000) } };
  expect((await kube(live, 'POST', MAPS, half)).status).toBe(201);
  expect((await kube(live, 'POST', MAPS, half)).status).toBe(403);
  await db().sandbox.update({ where: { id: live.id }, data: { mostActions: 2 } });
  expect((await kube(live, 'POST', MAPS, configMap('two'))).status).toBe(201);
  expect((await kube(live, 'POST', MAPS, configMap('three'))).status).toBe(403);
});

test('while nobody looks for more than a minute the clock stands still', async () => {
  const live = await begin(await addViewer());
  const before = (await tick(live.id))!;
  await db().$executeRaw`
    UPDATE "Sandbox" SET "clockAt" = "clockAt" - interval '3 hours' WHERE id = ${live.id}::uuid`;
  const after = (await tick(live.id))!;
  const passed = after.clockMs - before.clockMs;
  expect(passed).toBeGreaterThanOrEqual(60_000);
  expect(passed).toBeLessThan(120_000); // whoever else looked in between moved the clock by that
  await db().$executeRaw`
    UPDATE "Sandbox" SET "clockAt" = "clockAt" + interval '3 hours' WHERE id = ${live.id}::uuid`;
  expect((await tick(live.id))!.clockMs).toBeGreaterThanOrEqual(after.clockMs);
});
