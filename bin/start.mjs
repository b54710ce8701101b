// `npm start` and `npm run dev`: install, database, migrate, seed, build when the sources changed, warm, serve.
// This process stays as the supervisor: it restarts a server that dies, and takes everything down with it.
import './bootstrap.mjs';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { authSecret } from './auth-secret.mjs';
import { isBuilt, markBuilt, unmarkBuilt } from './built.mjs';
import { dataFolder, ensureDatabase } from './database.mjs';
import { ensureGeneratedClient } from './generated-client.mjs';

const root = path.resolve(import.meta.dirname, '..');
const isDev = process.argv.includes('--dev');
const began = performance.now();
const note = (text) =>
  console.log(`[${((performance.now() - began) / 1000).toFixed(1)} s] ${text}`);
const tool = (file) => path.join(root, 'node_modules', file);

const port = Number(process.env.PORT ?? 3000);
const address = (process.env.HOPWISE_URL ?? `http://localhost:${port}`).replace(/\/+$/, '');
const isLocal = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|$)/.test(address);
const host = process.env.HOST ?? (isLocal ? '127.0.0.1' : '0.0.0.0');
const env = {
  CHECKPOINT_DISABLE: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  ...process.env,
  NODE_ENV: isDev ? 'development' : 'production',
  PORT: String(port),
  HOST: host,
  HOPWISE_URL: address,
  NEXTAUTH_URL: address,
};

let database;
let server;
let step;
let isStopping = false;

/** Stops server, then database, and leaves. A second Ctrl-C does not wait for requests. */
async function stop(signal, code) {
  if (isStopping) {
    if (signal === 'SIGINT') server?.kill('SIGKILL');
    return;
  }
  isStopping = true;
  step?.kill('SIGTERM');
  if (server && server.exitCode === null && server.signalCode === null) {
    const gone = new Promise((resolve) => server.on('exit', resolve));
    server.kill(signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM');
    const hardStop = setTimeout(() => server.kill('SIGKILL'), 15_000);
    await gone;
    clearTimeout(hardStop);
  }
  await database?.stop();
  process.exit(code);
}

/** A step must succeed; its output is returned when it is wanted. */
function run(file, args, { capture = 'nothing', nodeArgs = [] } = {}) {
  const preload = `--import=${pathToFileURL(path.join(import.meta.dirname, 'die-with-parent.mjs')).href}`;
  return new Promise((resolve, reject) => {
    step = spawn(process.execPath, [preload, ...nodeArgs, file, ...args], {
      cwd: root,
      env,
      stdio: ['ignore', capture === 'output' ? 'pipe' : 'inherit', 'inherit'],
    });
    let output = '';
    step.stdout?.on('data', (data) => (output += data));
    step.on('error', reject);
    step.on('close', (code) => {
      step = undefined;
      if (code === 0) resolve(output);
      else
        reject(
          new Error(`${path.basename(file)} ${args.join(' ')} did not succeed (exit ${code}).`),
        );
    });
  });
}

const runTypeScript = (file, options = {}) =>
  run(file, [], { ...options, nodeArgs: ['--import=tsx', '--conditions=react-server'] });

function portIsFree() {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** The people who started us: npm, and the shell that it puts between. When one dies, so do we. */
function watchStarters() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const starters = [process.ppid];
  try {
    const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    const [, grandparent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (/\((sh|dash|bash)\)/.test(stat)) starters.push(Number(grandparent));
  } catch {
    // no /proc: the direct parent is watched alone
  }
  setInterval(() => {
    for (const pid of starters.filter((p) => p > 1)) {
      try {
        process.kill(pid, 0);
      } catch (error) {
        if (error.code === 'ESRCH') void stop('SIGTERM', 1);
      }
    }
    if (process.ppid !== starters[0]) void stop('SIGTERM', 1);
  }, 500).unref();
}

function migrate() {
  return run(tool('prisma/build/index.js'), ['migrate', 'deploy'], { capture: 'output' });
}

async function prepare() {
  // A server that is just finishing its last requests gives the port back within seconds.
  for (let i = 0; i < 30 && !(await portIsFree()); i++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (!(await portIsFree())) {
    throw new Error(`Port ${port} is in use. Set another: PORT=3001 npm start`);
  }
  database = await ensureDatabase();
  env.DATABASE_URL = database.url;
  env.NEXTAUTH_SECRET ??= authSecret(dataFolder());
  note(
    {
      external: 'Database: DATABASE_URL',
      embedded: 'Database: embedded Postgres',
      shared: 'Database: shared with another Hopwise',
    }[database.kind],
  );
  ensureGeneratedClient();
  await migrate();
  note('Migrated');
  const seeded = await runTypeScript(path.join(root, 'prisma', 'seed.ts'), { capture: 'output' });
  note('Seeded');
  if (!isDev && !isBuilt()) {
    unmarkBuilt();
    await run(tool('next/dist/bin/next'), ['build']);
    markBuilt();
    note('Built');
  }
  const warm = path.join(root, 'lib', 'content', 'warm.cli.ts');
  if (existsSync(warm)) {
    await runTypeScript(warm);
    note('Lessons compiled');
  }
  return /^first-admin (\S+)$/m.exec(seeded)?.[1];
}

function startServer() {
  const args = isDev
    ? [tool('next/dist/bin/next'), 'dev', '-p', String(port), '-H', host]
    : [path.join(import.meta.dirname, 'serve.mjs')];
  // The channel closes when this process dies, and the server then drains and leaves.
  const started = spawn(process.execPath, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  started.on('exit', (code, signal) => void restart(code ?? signal));
  return started;
}

let restarts = [];
async function restart(how) {
  if (isStopping) return;
  restarts = [...restarts.filter((t) => t > Date.now() - 60_000), Date.now()];
  if (restarts.length > 5) {
    console.error(
      `The server stopped ${restarts.length} times within a minute (${how}). Hopwise stops.`,
    );
    return stop('SIGTERM', 1);
  }
  console.error(`The server stopped (${how}) and is started again.`);
  server = startServer();
}

function announce(firstAdmin) {
  note(`Hopwise is running at ${address}`);
  if (!firstAdmin) return;
  console.log(
    `\n  There is no administrator yet. This link makes one; it works once, for 24 hours:\n  ${address}${firstAdmin}\n`,
  );
}

async function untilReady() {
  for (const until = Date.now() + 120_000; Date.now() < until && !isStopping;) {
    const probe = host === '0.0.0.0' ? '127.0.0.1' : host;
    const answer = await fetch(`http://${probe}:${port}/api/readyz`).catch(() => undefined);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.on(signal, () => void stop(signal, 0));
watchStarters();
try {
  const firstAdmin = await prepare();
  if (!isStopping) {
    server = startServer();
    if (await untilReady()) announce(firstAdmin);
  }
} catch (error) {
  if (!isStopping) {
    console.error(`\n${error.message}`);
    await stop('SIGTERM', 1);
  }
}
