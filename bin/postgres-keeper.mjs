// Stands between Hopwise and its own Postgres, one keeper a database. `database.mjs` starts it and holds its
// standard input open: when that closes, however the holder died, the keeper stops Postgres, so no database is
// left behind. A Postgres that dies is started again on the same port; one that an earlier keeper left running
// is adopted. It says one JSON line: {"ready": port}, {"shared": port} or {"error": text}.
import { spawn } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const {
  postgres,
  dir,
  home,
  port: wantedPort,
  password,
  account,
  extra,
} = JSON.parse(process.env.HOPWISE_KEEPER ?? '{}');
delete process.env.HOPWISE_KEEPER; // it holds the password, and Postgres must not inherit it
const pidFile = path.join(dir, 'postmaster.pid');
const keeperFile = path.join(home, 'keeper.pid');
const logFile = path.join(home, 'postgres.log');

const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');
process.stdout.on('error', () => {}); // the holder may be gone

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** The command line of a process, where the system tells; a reused pid is not our Postgres. */
function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return process.platform === 'linux' ? '' : undefined;
  }
}

function readPostmaster() {
  try {
    const lines = readFileSync(pidFile, 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  } catch {
    return undefined;
  }
}

function runningPostmaster() {
  const found = readPostmaster();
  if (!found || !(found.pid > 1) || !isAlive(found.pid)) return undefined;
  const command = commandOf(found.pid);
  if (command === undefined || command.includes('postgres')) return found;
  rmSync(pidFile, { force: true }); // another program got this number after a crash
  return undefined;
}

/** 'yes', 'no' (nobody there, or starting), or 'stopping'. */
async function answers(port) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    database: 'postgres',
    password,
    connectionTimeoutMillis: 2_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.end();
    return 'yes';
  } catch (error) {
    return error.code === '57P03' && /shutting down/.test(error.message) ? 'stopping' : 'no';
  }
}

function anotherKeeperHolds() {
  try {
    const pid = Number(readFileSync(keeperFile, 'utf8'));
    return (
      pid !== process.pid &&
      isAlive(pid) &&
      (commandOf(pid) ?? 'postgres-keeper').includes('postgres-keeper')
    );
  } catch {
    return false;
  }
}

/** One keeper for a data folder: the first to create the file wins. */
function claim() {
  for (let i = 0; i < 2; i++) {
    try {
      writeFileSync(keeperFile, String(process.pid), { flag: 'wx' });
      return true;
    } catch {
      if (anotherKeeperHolds()) return false;
      rmSync(keeperFile, { force: true });
    }
  }
  return false;
}

let child; // a Postgres of ours; undefined when it was adopted
let pid; // its process
let port = wantedPort;
let stopping = false;

const logTail = () => {
  try {
    return readFileSync(logFile, 'utf8').slice(-2_000);
  } catch {
    return '';
  }
};

async function startPostgres() {
  try {
    if (statSync(logFile).size > 5_000_000) truncateSync(logFile);
  } catch {
    // no log yet
  }
  const log = openSync(logFile, 'a', 0o600);
  const args = [
    '-D',
    dir,
    '-p',
    String(port),
    '-c',
    'listen_addresses=127.0.0.1',
    '-c',
    'unix_socket_directories=',
    ...extra,
  ];
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const started = spawn(postgres, args, { ...account, env, stdio: ['ignore', log, log] });
  closeSync(log);
  let gone = false;
  started.on('error', () => (gone = true));
  started.on('exit', () => (gone = true));
  for (const until = Date.now() + 60_000; Date.now() < until && !gone; await sleep(40)) {
    if ((await answers(port)) === 'yes') {
      child = started;
      pid = started.pid;
      return true;
    }
  }
  if (!gone) started.kill('SIGKILL');
  return false;
}

/** Adopts a Postgres that still runs; waits for one that is stopping; else starts one. */
async function bringUp() {
  for (const until = Date.now() + 60_000; Date.now() < until && !stopping; await sleep(100)) {
    const found = runningPostmaster();
    if (!found) {
      // After kill -9 its children may hold the shared memory a moment longer: then it is tried again.
      if (await startPostgres()) return true;
      if (/could not bind|Address already in use/.test(logTail().slice(-600))) return false;
    } else if ((await answers(found.port)) === 'yes') {
      child = undefined;
      ({ pid, port } = found);
      return true;
    }
  }
  return false;
}

async function watch() {
  let restarts = [];
  while (!stopping) {
    await sleep(child ? 50 : 250);
    const lost = child ? child.exitCode !== null || child.signalCode !== null : !isAlive(pid);
    if (!lost || stopping) continue;
    restarts = [...restarts.filter((t) => t > Date.now() - 60_000), Date.now()];
    if (restarts.length > 10 || !(await bringUp())) {
      if (stopping) return;
      process.stderr.write(`The database keeps stopping. The end of ${logFile}:\n${logTail()}\n`);
      rmSync(keeperFile, { force: true });
      process.exit(1);
    }
  }
}

/** 'now' when the holder asked for it; 'gently' when it died, so that the app may finish what it began. */
async function stop(manner) {
  if (stopping) return;
  stopping = true;
  const signals =
    manner === 'now'
      ? [['SIGINT', 20_000]]
      : [
          ['SIGTERM', 16_000],
          ['SIGINT', 15_000],
        ];
  for (const [signal, wait] of [...signals, ['SIGQUIT', 5_000]]) {
    if (!pid || !isAlive(pid)) break;
    try {
      process.kill(pid, signal);
    } catch {
      break;
    }
    for (const until = Date.now() + wait; Date.now() < until && isAlive(pid);) await sleep(20);
  }
  rmSync(keeperFile, { force: true });
  process.exit(0);
}

process.stdin.on('data', (data) => {
  if (String(data).includes('stop')) void stop('now');
});
process.stdin.on('error', () => {});
process.stdin.on('close', () => void stop('gently'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop('gently'));

if (!claim()) {
  const found = runningPostmaster();
  if (found && (await answers(found.port)) === 'yes') say({ shared: found.port });
  else
    say({
      error: `Another Hopwise is starting or stopping the database in ${home}. Try again in a few seconds.`,
    });
  process.exit(0);
}
if (await bringUp()) {
  say({ ready: port });
  void watch();
} else {
  rmSync(keeperFile, { force: true });
  say({ error: `The database in ${dir} does not start. The end of ${logFile}:\n${logTail()}` });
  process.exit(1);
}
