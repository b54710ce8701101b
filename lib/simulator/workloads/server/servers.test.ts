import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { outcomeOf, createProgramLab, runClient, start } from '../../testing/program-lab.ts';
import { IMAGES } from '../images.ts';
import { createPrograms } from '../programs.ts';

/** What a client says to a server of this command line. */
function ask(server: string, client: string, files: Readonly<Record<string, string>> = {}) {
  const lab = createProgramLab();
  start(lab, 'server', server, files);
  return runClient(lab, client);
}

test.each([
  ['redis', 'redis-server', 'redis-cli -h 10.0.0.2 PING', 'PONG\n', 0],
  [
    'redis, a word that it does not know',
    'redis-server',
    'redis-cli -h 10.0.0.2 NOPE x',
    "ERR unknown command 'NOPE', with args beginning with: 'x' \n",
    1,
  ],
  [
    'redis, nobody there',
    'redis-server --port 7000',
    'redis-cli -h 10.0.0.2 PING',
    'Could not connect to Redis at 10.0.0.2:6379: Connection refused\n',
    1,
  ],
  ['postgres', 'postgres', 'pg_isready -h 10.0.0.2', '10.0.0.2:5432 - accepting connections\n', 0],
  [
    'postgres, nobody there',
    'mysqld',
    'pg_isready -h 10.0.0.2',
    '10.0.0.2:5432 - no response\n',
    2,
  ],
  ['agnhost connect', 'nginx', 'agnhost connect 10.0.0.2:80', '', 0],
  ['agnhost connect, refused', 'nginx', 'agnhost connect 10.0.0.2:81 --timeout=1s', 'REFUSED\n', 1],
  [
    'agnhost connect, silence',
    'nginx',
    'agnhost connect --timeout=1s 10.0.0.77:81',
    'TIMEOUT\n',
    1,
  ],
])('%s', (_, server, client, output, exitCode) => {
  expect(ask(server, client)).toEqual({ output, exitCode });
});

const HTTPD = { '/usr/local/apache2/htdocs/index.html': 'It works\n' };

test.each([
  ['httpd', 'httpd-foreground', HTTPD, 'http://10.0.0.2/', 'It works\n'],
  [
    'httpd, a page that is not there',
    'httpd-foreground',
    {},
    'http://10.0.0.2/x',
    '<h1>Not Found</h1>',
  ],
  [
    'httpd of BusyBox',
    'httpd -f -p 8080 -h /www',
    { '/www/a.html': 'A' },
    'http://10.0.0.2:8080/a.html',
    'A',
  ],
  ['whoami', 'whoami', {}, 'http://10.0.0.2/', 'Hostname: server\n'],
  [
    'hello-app',
    'hello-app',
    {},
    'http://10.0.0.2:8080/',
    'Hello, world!\nVersion: 1.0.0\nHostname: server\n',
  ],
  ['agnhost serve-hostname', 'agnhost serve-hostname', {}, 'http://10.0.0.2:9376/', 'server'],
  ['agnhost liveness', 'agnhost liveness', {}, 'http://10.0.0.2:8080/healthz', 'ok'],
])('what answers: %s', (_, server, files, url, expected) => {
  expect(ask(server, `curl -s ${url}`, files).output).toContain(expected);
});

test('redis keeps what it is told', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'redis-server');
  const say = (words: string) => runClient(lab, `redis-cli -h 10.0.0.2 ${words}`).output;
  expect([
    say('SET color red'),
    say('GET color'),
    say('INCR hits'),
    say('DEL color'),
    say('GET color'),
  ]).toEqual(['OK\n', 'red\n', '1\n', '1\n', '\n']);
});

test('the gRPC health server says what it was told', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'agnhost grpc-health-checking');
  const check = 'curl -s http://10.0.0.2:5000/grpc.health.v1.Health/Check';
  expect(runClient(lab, check).output).toBe('SERVING');
  runClient(lab, 'curl -s http://10.0.0.2:8080/make-not-serving');
  expect(runClient(lab, check).output).toBe('NOT_SERVING');
});

test('the slow app listens only after its time, the crashing one ends', () => {
  const lab = createProgramLab();
  const since = lab.environment.queue.now;
  start(lab, 'server', 'slow-start');
  expect(lab.environment.queue.now - since).toBe(20 * SECOND);
  expect(runClient(lab, 'curl -s http://10.0.0.2:8080/').output).toBe('Hello from server\n');
  const crashed = createProgramLab();
  const pid = start(crashed, 'server', 'crash');
  expect(outcomeOf(crashed, pid)).toEqual({
    output: 'listening on port 8080\nfatal: unrecoverable error, giving up\n',
    exitCode: 1,
  });
});

test('every image begins with a program that exists', () => {
  const { store } = createProgramLab();
  const programs = createPrograms({ store });
  const missing = Object.values(IMAGES).filter(({ entrypoint, command }) => {
    const path = entrypoint[0] ?? command[0] ?? '';
    return !Object.hasOwn(programs, path.slice(path.lastIndexOf('/') + 1));
  });
  expect(missing.map(({ repository }) => repository)).toEqual([]);
});
