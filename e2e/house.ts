import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A whole Hopwise of a test's own: supervisor, server, Postgres, in a data folder that the test removes. */
export interface House {
  readonly supervisor: ChildProcess;
  readonly origin: string;
}

const START_SECONDS = 120;

/** An empty data folder that an unprivileged Postgres may enter. */
export function makeDataFolder(purpose: string): string {
  const data = mkdtempSync(path.join(tmpdir(), `hopwise-${purpose}-`));
  chmodSync(data, 0o755);
  return data;
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** The environment of such a house: the embedded database, whatever the tests' own environment says. */
export function houseEnv(data: string, port: number): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PORT: String(port),
    HOPWISE_DATA: data,
    HOPWISE_URL: `http://localhost:${port}`,
    // Tests are faster than people.
    HOPWISE_LIMIT_FACTOR: '1000',
  };
  for (const name of ['DATABASE_URL', 'NODE_OPTIONS', 'NEXTAUTH_SECRET']) delete env[name];
  return env;
}

export const isReady = (origin: string) =>
  fetch(`${origin}/api/readyz`).then(
    ({ status }) => status === 200,
    () => false,
  );

/** `npm start` on a data folder, with what `more` adds to its environment; comes back when it is ready. */
export async function startHouse(
  data: string,
  port: number,
  more: Readonly<Record<string, string>> = {},
): Promise<House> {
  const origin = `http://localhost:${port}`;
  const supervisor = spawn(process.execPath, ['bin/start.mjs'], {
    env: { ...houseEnv(data, port), ...more },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end;) {
    if (await isReady(origin)) return { supervisor, origin };
    await sleep(100);
  }
  throw new Error(`the house did not come up within ${START_SECONDS} s`);
}

/** Stops it as a person would, database and all. */
export async function stopHouse({ supervisor }: House): Promise<void> {
  if (supervisor.exitCode !== null) return;
  const exited = new Promise((resolve) => supervisor.once('exit', resolve));
  supervisor.kill('SIGTERM');
  await exited;
}

/** The address of a house's database, as another program on its data folder finds it. */
export const databaseUrl = (data: string, port: number) =>
  execFileSync(process.execPath, ['bin/database.mjs'], {
    encoding: 'utf8',
    env: houseEnv(data, port),
  }).trim();
