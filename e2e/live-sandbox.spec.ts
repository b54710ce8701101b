import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { SHOP_SCENARIO } from '#lib/sandbox/shop-scenario.ts';
import {
  databaseUrl,
  findFreePort,
  houseEnv,
  isReady,
  makeDataFolder,
  startHouse,
  stopHouse,
  type House,
} from './house.ts';

// What was answered to somebody's kubectl survives the server's death, and a second server tells the same.
test.describe.configure({ mode: 'serial', timeout: 240_000 });

const MAPS = '/api/v1/namespaces/shop/configmaps';
const transcript = { version: 1, scenario: SHOP_SCENARIO, seed: 'hopwise', actions: [] };

let data: string;
let port: number;
let house: House;
let second: ChildProcess | undefined;
let sandbox: { id: string; token: string };

test.beforeAll(async () => {
  data = makeDataFolder('live');
  port = await findFreePort();
  house = await startHouse(data, port);
  sandbox = await begin();
});
test.afterAll(async () => {
  second?.kill('SIGKILL');
  await stopHouse(house);
  rmSync(data, { recursive: true, force: true });
});

async function begin(): Promise<{ id: string; token: string }> {
  const id = randomUUID();
  const response = await fetch(`${house.origin}/api/sandboxes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' },
    body: JSON.stringify({ id, contentId: 'open', transcript }),
  });
  const { kubeconfig = '' } = (await response.json()) as { kubeconfig?: string };
  return { id, token: /kubectl:([^@]+)@/.exec(kubeconfig)?.[1] ?? '' };
}

function kube(origin: string, method: 'GET' | 'POST', body?: object): Promise<Response> {
  return fetch(`${origin}/api/sandboxes/${sandbox.id}/kube${MAPS}`, {
    method,
    headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

const create = (origin: string, name: string) =>
  kube(origin, 'POST', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });

async function namesOn(origin: string): Promise<string[]> {
  const { items } = (await (await kube(origin, 'GET')).json()) as {
    items: { metadata: { name: string } }[];
  };
  return items.map(({ metadata }) => metadata.name);
}

/** The server that listens for a house: a child of its supervisor. */
function serverOf({ supervisor }: House): number {
  const children = readFileSync(`/proc/${supervisor.pid}/task/${supervisor.pid}/children`, 'utf8');
  const found = children
    .trim()
    .split(' ')
    .find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve.mjs'));
  return Number(found);
}

test('nothing that was answered is lost when the server is killed in the middle of writes', async () => {
  const answered: string[] = [];
  let isOver = false;
  const writers = [0, 1, 2].map(async (writer) => {
    for (let i = 0; !isOver; i++) {
      const name = `c-${writer}-${i}`;
      const status = await create(house.origin, name).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 201) answered.push(name);
      else await sleep(100);
    }
  });
  for (let kill = 0; kill < 2; kill++) {
    const before = answered.length;
    await expect.poll(() => answered.length, { timeout: 90_000 }).toBeGreaterThan(before + 10);
    process.kill(serverOf(house), 'SIGKILL');
    await sleep(300);
  }
  const before = answered.length;
  await expect.poll(() => answered.length, { timeout: 90_000 }).toBeGreaterThan(before);
  isOver = true;
  await Promise.all(writers);
  const there = new Set(await namesOn(house.origin));
  expect(answered.filter((name) => !there.has(name))).toEqual([]);
});

test('a second server on the same database serves the same sandbox, and both order as one', async () => {
  const otherPort = await findFreePort();
  const other = `http://localhost:${otherPort}`;
  const env = {
    ...houseEnv(data, otherPort),
    NODE_ENV: 'production' as const,
    HOST: '127.0.0.1',
    HOPWISE_URL: house.origin,
    NEXTAUTH_URL: house.origin,
    DATABASE_URL: databaseUrl(data, port),
    NEXTAUTH_SECRET: readFileSync(path.join(data, 'auth-secret'), 'utf8'),
  };
  second = spawn(process.execPath, ['bin/serve.mjs'], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await expect.poll(() => isReady(other), { timeout: 60_000 }).toBe(true);
  expect(await namesOn(other)).toEqual(await namesOn(house.origin));
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const origin = i % 2 === 0 ? house.origin : other;
      return (await create(origin, `both-${i >> 1}`)).status;
    }),
  );
  // Of two who create the same at once one is first, whichever server they asked.
  expect(statuses.toSorted()).toEqual([
    ...Array<number>(10).fill(201),
    ...Array<number>(10).fill(409),
  ]);
  expect(await namesOn(other)).toEqual(await namesOn(house.origin));
});
