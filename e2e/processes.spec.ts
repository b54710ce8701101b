import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import pg from 'pg';

// What `npm start` leaves behind, however it ends: nothing. Each run has a data folder and a port of its own.
test.describe.configure({ mode: 'serial', timeout: 180_000 });

interface Process {
  pid: number;
  parent: number;
  command: string;
}

interface House {
  npm: ChildProcess;
  port: number;
  output: () => string;
}

let data: string;
let house: House;

test.beforeAll(() => {
  data = mkdtempSync(path.join(tmpdir(), 'hopwise-processes-'));
  execFileSync('chmod', ['755', data]);
});
test.afterAll(() => {
  if (house.npm.exitCode === null) house.npm.kill('SIGTERM');
  rmSync(data, { recursive: true, force: true });
});

function processes(): Process[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!;
    return { pid: Number(pid), parent: Number(parent), command: command! };
  });
}

/** npm and everything below it. */
function family(root: number): Process[] {
  const all = processes();
  const found = all.filter(({ pid }) => pid === root);
  for (const each of found) found.push(...all.filter(({ parent }) => parent === each.pid));
  return found;
}

/** supervisor, server, keeper and postmaster of the running house. */
function members() {
  const all = family(house.npm.pid!);
  const pid = (part: RegExp) => all.find(({ command }) => part.test(command))!.pid;
  return {
    supervisor: pid(/^node bin\/start\.mjs/),
    server: pid(/bin\/serve\.mjs/),
    keeper: pid(/postgres-keeper\.mjs/),
    postgres: Number(readFileSync(path.join(data, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]),
  };
}

async function until(
  what: string,
  isSo: () => Promise<boolean> | boolean,
  seconds: number,
): Promise<void> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end;) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${seconds} s: ${what}\n${house.output()}`);
}

const status = (address: string) =>
  fetch(`http://127.0.0.1:${house.port}${address}`).then(
    (answer) => answer.status,
    () => 0,
  );
const isReady = async () => (await status('/api/readyz')) === 200;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The embedded database, also when the other tests use somebody's own. */
function ownEnv(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, HOPWISE_DATA: data };
  delete env['DATABASE_URL'];
  return env;
}

async function start(): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  let output = '';
  const env = {
    ...ownEnv(),
    PORT: String(port),
    HOPWISE_URL: `http://localhost:${port}`,
  };
  const npm = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  npm.stdout.on('data', (chunk) => (output += String(chunk)));
  npm.stderr.on('data', (chunk) => (output += String(chunk)));
  house = { npm, port, output: () => output };
  await until('the house is ready', isReady, 60);
}

async function expectNobodyLeft(pids: number[]): Promise<void> {
  await until('no process is left behind', () => pids.every((pid) => !isAlive(pid)), 30);
}

test('the first start prints a link that makes the administrator', async () => {
  await start();
  await until('the link', () => /\/link\/[\w-]{43}/.test(house.output()), 10);
});

test('a server that is killed is back within five seconds', async () => {
  const before = members().server;
  process.kill(before, 'SIGKILL');
  await until('another server', async () => !isAlive(before) && (await isReady()), 5);
});

test('a Postgres that is killed is back within ten seconds, and the server never stopped', async () => {
  const { server, postgres } = members();
  process.kill(postgres, 'SIGKILL');
  await until('the database again', async () => !isAlive(postgres) && (await isReady()), 10);
  expect(members().server).toBe(server);
  expect(await status('/api/livez')).toBe(200);
});

test('a keeper that is killed is replaced and adopts the running Postgres', async () => {
  const { keeper, postgres } = members();
  process.kill(keeper, 'SIGKILL');
  await until(
    'another keeper',
    () =>
      family(house.npm.pid!).some(
        ({ pid, command }) => /postgres-keeper/.test(command) && pid !== keeper,
      ),
    10,
  );
  expect(await isReady()).toBe(true);
  expect(members().postgres).toBe(postgres);
});

test('SIGTERM under busy keep-alive connections: readiness turns, requests finish, all are gone within 15 s', async () => {
  const { server } = members();
  const pids = [...family(house.npm.pid!).map(({ pid }) => pid), members().postgres];
  let isOver = false;
  const broken: number[] = [];
  const clients = Array.from({ length: 8 }, async () => {
    while (!isOver) {
      const answer = await status('/api/livez');
      if (answer >= 500) broken.push(answer);
      if (answer === 0) return; // refused: it has stopped listening
    }
  });
  const began = Date.now();
  process.kill(server, 'SIGTERM');
  process.kill(members().supervisor, 'SIGTERM');
  await until('readiness is 503', async () => (await status('/api/readyz')) === 503, 2);
  await expectNobodyLeft(pids);
  isOver = true;
  await Promise.all(clients);
  expect(Date.now() - began).toBeLessThan(15_000);
  expect(broken).toEqual([]);
});

for (const victim of ['npm', 'supervisor'] as const) {
  test(`kill -9 of ${victim} leaves nobody behind, and the next start works`, async () => {
    await start();
    const pids = [...family(house.npm.pid!).map(({ pid }) => pid), members().postgres];
    process.kill(victim === 'npm' ? house.npm.pid! : members().supervisor, 'SIGKILL');
    await expectNobodyLeft(pids.filter((pid) => pid !== house.npm.pid));
  });
}

/** Asks the database of the running house, as another program on its data folder. */
async function query(sql: string): Promise<Record<string, unknown>[]> {
  const env = ownEnv();
  const url = execFileSync(process.execPath, ['bin/database.mjs'], {
    encoding: 'utf8',
    env,
  }).trim();
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

test('ten starts on a data folder whose every process was killed all come up, and nothing is lost', async () => {
  for (let i = 0; i < 10; i++) {
    await start();
    await query(
      `INSERT INTO "User" (id, name) VALUES (gen_random_uuid(), 'written before kill ${i}')`,
    );
    const { postgres } = members();
    for (const { pid } of family(house.npm.pid!)) process.kill(pid, 'SIGKILL');
    // Half of the time Postgres dies too, else its orphan is adopted.
    if (i % 2 === 0) process.kill(postgres, 'SIGKILL');
  }
  await start();
  expect(
    await query(`SELECT count(*)::int AS n FROM "User" WHERE name LIKE 'written before kill %'`),
  ).toEqual([{ n: 10 }]);
  const pids = [...family(house.npm.pid!).map(({ pid }) => pid), members().postgres];
  process.kill(members().supervisor, 'SIGINT');
  await expectNobodyLeft(pids.filter((pid) => pid !== house.npm.pid));
});
