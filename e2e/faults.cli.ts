/**
 * `npm run faults -- [--faults 50] [--seed N]`: answers are sent to a running house while its server, its Postgres and
 * its supervisor are killed at random moments. At the end every acknowledged answer must stand in the database, once.
 * A client behaves as the page does: it makes a key before the first send and repeats until somebody acknowledges.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
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
import { loadContent } from '#lib/content/load-content.server.ts';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    clients: { type: 'string', default: '4' },
  },
});

/** Park and Miller's generator: the same seed kills the same processes in the same order. */
let state = (Number(values.seed) * 48_271) % 2_147_483_647 || 1;
const draw = (below: number) => {
  state = (state * 48_271) % 2_147_483_647;
  return state % below;
};

const TSX = ['--import=tsx', '--conditions=react-server'];
const data = makeDataFolder('faults');
const port = await findFreePort();
const origin = `http://localhost:${port}`;

function descendants(root: number): { pid: number; command: string }[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) =>
      match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3] ?? '' }] : [],
    );
  const found = all.filter(({ pid }) => pid === root);
  for (const each of found) found.push(...all.filter(({ parent }) => parent === each.pid));
  return found;
}

type Victim = 'server' | 'postgres' | 'everything';

function kill(victim: Victim, house: House): void {
  const root = house.supervisor.pid ?? 0;
  const postmaster = () =>
    Number(readFileSync(path.join(data, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
  const pids =
    victim === 'postgres'
      ? [postmaster()]
      : victim === 'server'
        ? descendants(root).flatMap(({ pid, command }) => (/serve\.mjs/.test(command) ? [pid] : []))
        : [...descendants(root).map(({ pid }) => pid), postmaster()];
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
}

interface Client {
  cookie: string;
  readonly acknowledged: Set<string>;
  sent: number;
}

interface Question {
  readonly itemId: string;
  readonly revision: string;
  readonly chosen: readonly string[];
}

async function post(client: Client, key: string, question: Question): Promise<boolean> {
  const response = await fetch(`${origin}/api/attempts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin, cookie: client.cookie },
    body: JSON.stringify({ key, ...question, confidence: 'FAIRLY', setting: 'quiz' }),
    signal: AbortSignal.timeout(10_000),
  });
  const cookie = response.headers.getSetCookie().map((each) => each.split(';')[0]);
  if (cookie.length > 0) client.cookie = cookie.join('; ');
  await response.text();
  if (response.status === 200) return true;
  if (response.status >= 500 || response.status === 429) return false;
  throw new Error(`an answer was refused with ${response.status}`);
}

let isOver = false;

async function answerUntilOver(client: Client, questions: readonly Question[]): Promise<void> {
  while (!isOver) {
    const question = questions[client.sent % questions.length];
    if (!question) return;
    const key = randomUUID();
    client.sent += 1;
    // Twice at once now and then: two tabs, an impatient network.
    const copies = client.sent % 5 === 0 && client.cookie !== '' ? 2 : 1;
    for (let isDone = false; !isDone;) {
      const tries = await Promise.allSettled(
        Array.from({ length: copies }, () => post(client, key, question)),
      );
      const refused = tries.find(
        (each) => each.status === 'rejected' && /refused with/.test(String(each.reason)),
      );
      if (refused?.status === 'rejected') throw refused.reason;
      isDone = tries.some((each) => each.status === 'fulfilled' && each.value);
      if (!isDone) await sleep(150);
    }
    client.acknowledged.add(key);
  }
}

async function countAttempts(): Promise<Map<string, number>> {
  const database = new pg.Client({ connectionString: databaseUrl(data, port) });
  await database.connect();
  const { rows } = await database.query<{ key: string; n: number }>(
    'SELECT key::text, count(*)::int AS n FROM "Attempt" GROUP BY key',
  );
  await database.end();
  return new Map(rows.map(({ key, n }) => [key, n]));
}

async function main(): Promise<number> {
  const { quizzes } = await loadContent();
  const questions = [...quizzes.values()].flatMap(({ items }) =>
    items
      .filter(({ item }) => item.type === 'single')
      .map(({ item, revision }) => ({
        itemId: item.id,
        revision,
        chosen: [item.options[0]?.id ?? ''],
      })),
  );
  let house = await startHouse(data, port);
  const clients = Array.from({ length: Number(values.clients) }, () => ({
    cookie: '',
    acknowledged: new Set<string>(),
    sent: 0,
  }));
  // Each has its guest row before the first fault: a lost answer to the very first send would make two guests.
  for (const client of clients) await post(client, randomUUID(), questions[0]!);
  const working = clients.map((client) => answerUntilOver(client, questions));
  const victims: Victim[] = ['server', 'postgres', 'server', 'postgres', 'everything'];
  const counts: Record<Victim, number> = { server: 0, postgres: 0, everything: 0 };
  for (let i = 0; i < Number(values.faults); i++) {
    await sleep(300 + draw(700));
    const victim = victims[draw(victims.length)] ?? 'server';
    counts[victim] += 1;
    kill(victim, house);
    if (victim === 'everything') house = await startHouse(data, port);
    for (const end = Date.now() + 60_000; !(await isReady(origin)); await sleep(50)) {
      // After six deaths in a minute the supervisor gives up, as it should: somebody starts it again.
      if (house.supervisor.exitCode !== null) house = await startHouse(data, port);
      if (Date.now() > end) throw new Error(`not ready 60 s after the kill of ${victim}`);
    }
  }
  await sleep(500);
  isOver = true;
  await Promise.all(working);
  const kept = await countAttempts();
  const acknowledged = clients.flatMap((client) => [...client.acknowledged]);
  const lost = acknowledged.filter((key) => !kept.has(key));
  const doubled = [...kept].filter(([, n]) => n > 1);
  console.log(
    `${values.faults} faults (${Object.entries(counts)
      .map(([name, n]) => `${name} ${n}`)
      .join(
        ', ',
      )}), ${acknowledged.length} acknowledged, ${lost.length} lost, ${doubled.length} doubled`,
  );
  const check = spawnSync(process.execPath, [...TSX, 'lib/progress/check-progress.cli.ts'], {
    encoding: 'utf8',
    env: { ...houseEnv(data, port), DATABASE_URL: databaseUrl(data, port) },
  });
  console.log(check.stdout.trim());
  await stopHouse(house);
  return lost.length + doubled.length > 0 || check.status !== 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} finally {
  rmSync(data, { recursive: true, force: true });
}
