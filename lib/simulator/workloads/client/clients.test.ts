import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { appendRule } from '../../linux/netfilter/ruleset.ts';
import { signalProcess, startProcess } from '../../linux/process.ts';
import { runUntilIdle } from '../../testing/lab.ts';
import {
  createProgramLab,
  outcomeOf,
  runClient,
  start,
  type ProgramLab,
} from '../../testing/program-lab.ts';

const HOSTS = { '/etc/hosts': '10.0.0.2 web\n' };

function lab(): ProgramLab {
  const made = createProgramLab();
  start(made, 'server', 'nginx', {
    '/usr/share/nginx/html/index.html': '<p>hello</p>\n',
    '/usr/share/nginx/html/data.json': '{}\n',
  });
  return made;
}

const drop = (made: ProgramLab, protocol: string) =>
  appendRule(made.network.namespaces['server']!.ruleset, 'filter', 'INPUT', {
    matches: [{ match: 'protocol', protocol }],
    target: { target: 'DROP' },
  });

test.each([
  ['wget -qO-', 'wget -qO- http://web/', '<p>hello</p>\n', 0],
  ['wget of what is not there', 'wget -qO- http://web/nope', '', 8],
  [
    'wget at a closed port',
    'wget -O- http://10.0.0.2:81/',
    '--1970-01-01 00:00:00--  http://10.0.0.2:81/\nConnecting to 10.0.0.2:81... failed: Connection refused.\n',
    4,
  ],
  [
    'wget of an unknown name',
    'wget -O- http://nosuch/',
    '--1970-01-01 00:00:00--  http://nosuch/\nResolving nosuch (nosuch)... failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘nosuch’\n',
    4,
  ],
  [
    'wget without a URL',
    'wget -q',
    "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n",
    2,
  ],
  ['nc -zv', 'nc -zv web 80', 'Connection to web (10.0.0.2) 80 port [tcp/http] succeeded!\n', 0],
  [
    'nc at a closed port',
    'nc -zv 10.0.0.2 81',
    'nc: connect to 10.0.0.2 port 81 (tcp) failed: Connection refused\n',
    1,
  ],
  [
    'nc over several ports',
    'nc -zv 10.0.0.2 79-80',
    'nc: connect to 10.0.0.2 port 79 (tcp) failed: Connection refused\nConnection to 10.0.0.2 80 port [tcp/http] succeeded!\n',
    0,
  ],
  [
    'nc without network',
    'nc -zv 192.0.2.1 80',
    'nc: connect to 192.0.2.1 port 80 (tcp) failed: Network is unreachable\n',
    1,
  ],
  ['nc -u at a closed port', 'nc -zvu 10.0.0.2 99', '', 1],
  ['nc with a wrong port', 'nc -zv web eighty', 'nc: port number invalid: eighty\n', 1],
  ['getent', 'getent hosts web', '10.0.0.2        web\n', 0],
  ['getent of nothing', 'getent hosts nosuch', '', 2],
  [
    'getent of another database',
    'getent networks',
    "Unknown database: networks\nTry `getent --help' or `getent --usage' for more information.\n",
    1,
  ],
  ['ping without a destination', 'ping', 'ping: usage error: Destination address required\n', 1],
  [
    'ping of an unknown name',
    'ping -c 1 nosuch',
    'ping: nosuch: Temporary failure in name resolution\n',
    2,
  ],
  [
    'nginx with another type',
    'curl -s -o /dev/null -w %{content_type} http://web/data.json',
    'application/json',
    0,
  ],
])('%s', (_, commandLine, output, exitCode) => {
  expect(runClient(lab(), commandLine, HOSTS)).toEqual({ output, exitCode });
});

test('ping counts, and says so', () => {
  const { output, exitCode } = runClient(lab(), 'ping -c 2 web', HOSTS);
  const lines = output.split('\n');
  expect(lines[0]).toBe('PING web (10.0.0.2) 56(84) bytes of data.');
  expect(lines[1]).toMatch(
    /^64 bytes from web \(10\.0\.0\.2\): icmp_seq=1 ttl=64 time=0\.\d{3} ms$/,
  );
  expect(lines[4]).toBe('--- web ping statistics ---');
  expect(lines[5]).toMatch(/^2 packets transmitted, 2 received, 0% packet loss, time 10\d\dms$/);
  expect(lines[6]).toMatch(/^rtt min\/avg\/max\/mdev = [\d.]+\/[\d.]+\/[\d.]+\/[\d.]+ ms$/);
  expect(exitCode).toBe(0);
});

test('ping of a machine that is silent', () => {
  const made = lab();
  drop(made, 'icmp');
  expect(runClient(made, 'ping -c 2 -W 1 10.0.0.2')).toEqual({
    output:
      'PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n\n--- 10.0.0.2 ping statistics ---\n2 packets transmitted, 0 received, 100% packet loss, time 1000ms\n\n',
    exitCode: 1,
  });
});

test('Ctrl-C ends ping with its statistics', () => {
  const made = lab();
  const { network, environment } = made;
  const pid = startProcess(network, environment, {
    program: 'ping',
    args: ['10.0.0.2'],
    namespace: 'client',
    hostname: 'client',
    files: {},
    environment: {},
  });
  runUntilIdle(made, 2.5 * SECOND);
  signalProcess(network, environment, pid, 'SIGINT');
  runUntilIdle(made, SECOND);
  const { output, exitCode } = outcomeOf(made, pid);
  expect(output).toContain('3 packets transmitted, 3 received, 0% packet loss');
  expect(exitCode).toBe(0);
});

test('wget gives up a server that is silent after its tries', () => {
  const made = lab();
  drop(made, 'tcp');
  expect(runClient(made, 'wget -O- -T 1 -t 2 http://10.0.0.2/')).toEqual({
    output: `--1970-01-01 00:00:00--  http://10.0.0.2/
Connecting to 10.0.0.2:80... failed: Connection timed out.
Retrying.

--1970-01-01 00:00:02--  (try: 2)  http://10.0.0.2/
Connecting to 10.0.0.2:80... failed: Connection timed out.
Giving up.

`,
    exitCode: 4,
  });
});

test('nc -w gives up a silent port', () => {
  const made = lab();
  drop(made, 'tcp');
  expect(runClient(made, 'nc -zv -w 1 10.0.0.2 80')).toEqual({
    output: 'nc: connect to 10.0.0.2 port 80 (tcp) timed out: Operation now in progress\n',
    exitCode: 1,
  });
});

test('nginx follows its configuration and cannot take a port twice', () => {
  const made = createProgramLab();
  const files = {
    '/etc/nginx/conf.d/default.conf': "server {\n  listen 8080;\n  return 200 'ok\\n';\n}\n",
  };
  start(made, 'server', 'nginx', files);
  expect(runClient(made, 'curl -s http://10.0.0.2:8080/any').output).toBe('ok\n');
  const second = start(made, 'server', 'nginx', files);
  expect(outcomeOf(made, second)).toEqual({
    output: 'nginx: [emerg] bind() to 0.0.0.0:8080 failed (98: Address already in use)\n',
    exitCode: 1,
  });
});

test('agnhost tells who asks, and ends when told to', () => {
  const made = createProgramLab();
  const pid = start(made, 'server', 'agnhost netexec --http-port 8080');
  expect(runClient(made, 'curl -s http://10.0.0.2:8080/clientip').output).toMatch(
    /^10\.0\.0\.1:\d+$/,
  );
  runClient(made, 'curl -s http://10.0.0.2:8080/shutdown?code=7');
  expect(outcomeOf(made, pid).exitCode).toBe(7);
});
