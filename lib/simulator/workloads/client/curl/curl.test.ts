import { expect, test } from 'vitest';
import { addAddress } from '../../../linux/links.ts';
import { appendRule } from '../../../linux/netfilter/ruleset.ts';
import {
  createProgramLab,
  outcomeOf,
  runClient,
  start,
  type ProgramLab,
} from '../../../testing/program-lab.ts';
import { stepsOf } from '../../../testing/lab.ts';

const HOSTS = { '/etc/hosts': '10.0.0.2 web\n' };

function serveWeb(): ProgramLab {
  const lab = createProgramLab();
  start(lab, 'server', 'agnhost netexec --http-port=80 --udp-port=81');
  return lab;
}

const dropAll = (lab: ProgramLab, protocol: string) =>
  appendRule(lab.network.namespaces['server']!.ruleset, 'filter', 'INPUT', {
    matches: [{ match: 'protocol', protocol }],
    target: { target: 'DROP' },
  });

test.each([
  ['a name', 'curl -s http://web/hostname', 'server', 0],
  ['without a scheme', 'curl -s web/echo?msg=a+b', 'a b', 0],
  ['a post', 'curl -s -d x=1 http://web/echo', 'x=1', 0],
  ['a header', ['curl', '-s', '-H', 'X-A: 7', 'http://web/header?key=x-a'], '7', 0],
  [
    '-w',
    [
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{remote_ip}:%{remote_port}\\n',
      'http://web/',
    ],
    '200 10.0.0.2:80\n',
    0,
  ],
  [
    'a 404',
    ['curl', '-s', '-w', ' %{http_code}', 'http://web/nope'],
    '404 page not found\n 404',
    0,
  ],
  ['-f', 'curl -sSf http://web/nope', 'curl: (22) The requested URL returned error: 404\n', 22],
  ['-L', 'curl -sL http://web/redirect?location=/hostname', 'server', 0],
  ['--resolve', 'curl -s --resolve a.test:80:10.0.0.2 http://a.test/hostname', 'server', 0],
  [
    'a closed port',
    'curl http://web:81/',
    "curl: (7) Failed to connect to web port 81 after 0 ms: Couldn't connect to server\n",
    7,
  ],
  ['a closed port, silently', 'curl -s http://web:81/', '', 7],
  ['an unknown name', 'curl http://nosuch/', 'curl: (6) Could not resolve host: nosuch\n', 6],
  [
    'no network',
    'curl http://192.0.2.1/',
    "curl: (7) Failed to connect to 192.0.2.1 port 80 after 0 ms: Couldn't connect to server\n",
    7,
  ],
  [
    'https to a server without TLS',
    'curl https://web:80/',
    'curl: (35) OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number\n',
    35,
  ],
  ['another protocol', 'curl gopher://web/', 'curl: (1) Protocol "gopher" not supported\n', 1],
  [
    'an unknown flag',
    'curl --foo web',
    "curl: option --foo: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
    2,
  ],
  [
    'a missing value',
    'curl -m',
    "curl: option -m: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
    2,
  ],
  [
    'no number',
    'curl -m abc web',
    "curl: option -m: expected a proper numerical parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
    2,
  ],
])('curl: %s', (_, commandLine, output, exitCode) => {
  expect(runClient(serveWeb(), commandLine, HOSTS)).toEqual({ output, exitCode });
});

test.each([
  ['-m', 'curl -m 2 http://10.0.0.2/', 'curl: (28) Connection timed out after 2001 milliseconds\n'],
  [
    '--connect-timeout',
    'curl --connect-timeout 2 http://10.0.0.2/',
    'curl: (28) Failed to connect to 10.0.0.2 port 80 after 2001 ms: Timeout was reached\n',
  ],
])('a server that drops: curl %s', (_, commandLine, output) => {
  const lab = serveWeb();
  dropAll(lab, 'tcp');
  expect(runClient(lab, commandLine)).toEqual({ output, exitCode: 28 });
});

test("without a limit of its own curl waits for the kernel's", () => {
  const lab = serveWeb();
  dropAll(lab, 'tcp');
  expect(runClient(lab, 'curl http://10.0.0.2/').output).toMatch(
    /^curl: \(28\) Failed to connect to 10\.0\.0\.2 port 80 after 1[23]\d{4} ms: Couldn't connect to server\n$/,
  );
});

test('a slow name server counts against -m', () => {
  const lab = serveWeb();
  dropAll(lab, 'udp');
  expect(
    runClient(lab, 'curl -m 3 http://web/', { '/etc/resolv.conf': 'nameserver 10.0.0.2\n' }),
  ).toEqual({
    output: 'curl: (28) Resolving timed out after 3001 milliseconds\n',
    exitCode: 28,
  });
});

test('a server that accepts and says nothing: empty reply, or a time-out', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'redis-server');
  expect(runClient(lab, 'curl -m 2 http://10.0.0.2:6379/')).toEqual({
    output: 'curl: (28) Operation timed out after 2001 milliseconds with 0 bytes received\n',
    exitCode: 28,
  });
});

test('the request and the answer stand in the trace', () => {
  const lab = serveWeb();
  const pid = start(lab, 'client', 'curl -s http://web/hostname', HOSTS);
  expect(outcomeOf(lab, pid).output).toBe('server');
  const lines = stepsOf(lab, `t${pid}`).flatMap((step) =>
    step.kind === 'http' ? [`${step.side} ${step.line}`] : [],
  );
  expect(lines).toEqual([
    'asks GET /hostname HTTP/1.1',
    'answers HTTP/1.1 200 OK',
    'hears HTTP/1.1 200 OK',
  ]);
});

test('-v shows the way, -i the head', () => {
  const lab = serveWeb();
  const { output } = runClient(lab, 'curl -sv http://web/hostname', HOSTS);
  expect(output).toContain(
    '*   Trying 10.0.0.2:80...\n* Connected to web (10.0.0.2) port 80\n> GET /hostname HTTP/1.1\n> Host: web\n',
  );
  expect(output).toContain('< HTTP/1.1 200 OK\n');
  expect(runClient(lab, 'curl -si http://web/hostname', HOSTS).output).toMatch(
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nserver$/,
  );
});

/** A server with an address of each family, and a name for both: IPv6 first. */
function serveBoth(): ProgramLab {
  const lab = serveWeb();
  addAddress(lab.network, 'server', 'eth0', 'fd00::2/64');
  addAddress(lab.network, 'client', 'eth0', 'fd00::1/64');
  return lab;
}

const BOTH = { '/etc/hosts': 'fd00::2 web\n10.0.0.2 web\n' };

test('an address of IPv6 in brackets', () => {
  const lab = serveBoth();
  const { output } = runClient(lab, 'curl -sv http://[fd00::2]/hostname', BOTH);
  expect(output).toContain(
    '*   Trying [fd00::2]:80...\n* Connected to fd00::2 (fd00::2) port 80\n',
  );
});

test('a name with addresses of both families: the first one has a head start', () => {
  const lab = serveBoth();
  const { output } = runClient(lab, 'curl -s -o /dev/null -w %{remote_ip} http://web/', BOTH);
  expect(output).toBe('fd00::2');
});

test('when IPv6 is silent, IPv4 begins 200 ms later and wins', () => {
  const lab = serveBoth();
  appendRule(lab.network.namespaces['server']!.ruleset6, 'filter', 'INPUT', {
    matches: [{ match: 'protocol', protocol: 'tcp' }],
    target: { target: 'DROP' },
  });
  const { output } = runClient(lab, 'curl -sv -o /dev/null -w %{time_connect} http://web/', BOTH);
  const lines = output.split('\n').filter((line) => line.startsWith('* '));
  expect(lines.slice(0, 3)).toEqual([
    '*   Trying [fd00::2]:80...',
    '*   Trying 10.0.0.2:80...',
    '* Connected to web (10.0.0.2) port 80',
  ]);
  expect(output).toMatch(/0\.20\d+$/);
});

test('when IPv6 is refused, IPv4 is tried at once', () => {
  const lab = serveBoth();
  appendRule(lab.network.namespaces['server']!.ruleset6, 'filter', 'INPUT', {
    matches: [{ match: 'protocol', protocol: 'tcp' }],
    target: { target: 'REJECT', with: 'icmp6-port-unreachable' },
  });
  const { output } = runClient(lab, 'curl -s -o /dev/null -w %{remote_ip} http://web/', BOTH);
  expect(output).toBe('10.0.0.2');
});
