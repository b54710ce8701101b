import { expect, test } from 'vitest';
import { createProgramLab, runClient, start } from '../../../testing/program-lab.ts';
import { parseResolvConf } from './resolv-conf.ts';
import { candidateNames } from './resolver.ts';

const POD = parseResolvConf(
  'search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
);

test.each([
  [
    'a short name',
    'web',
    ['web.shop.svc.cluster.local.', 'web.svc.cluster.local.', 'web.cluster.local.', 'web.'],
  ],
  [
    'a name with fewer dots than ndots',
    'www.example.com',
    [
      'www.example.com.shop.svc.cluster.local.',
      'www.example.com.svc.cluster.local.',
      'www.example.com.cluster.local.',
      'www.example.com.',
    ],
  ],
  ['a final dot', 'www.example.com.', ['www.example.com.']],
  [
    'five dots',
    'a.b.c.d.e.f',
    [
      'a.b.c.d.e.f.',
      'a.b.c.d.e.f.shop.svc.cluster.local.',
      'a.b.c.d.e.f.svc.cluster.local.',
      'a.b.c.d.e.f.cluster.local.',
    ],
  ],
])('which names are asked for: %s', (_, name, expected) => {
  expect(candidateNames(name, POD)).toEqual(expected);
});

test.each([
  ['defaults', '', { nameservers: ['127.0.0.1'], search: [], ndots: 1, timeout: 5, attempts: 2 }],
  [
    'three servers at most',
    'nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4',
    { nameservers: ['1.1.1.1', '2.2.2.2', '3.3.3.3'] },
  ],
  ['the last search line counts', 'search a b\nsearch c.\n', { search: ['c'] }],
  ['options', 'options ndots:2 timeout:1 attempts:3\n', { ndots: 2, timeout: 1, attempts: 3 }],
  ['limits', 'options ndots:99 timeout:99 attempts:99\n', { ndots: 15, timeout: 30, attempts: 5 }],
])('resolv.conf: %s', (_, text, expected) => {
  expect(parseResolvConf(text)).toMatchObject(expected);
});

/** How long a look-up that fails takes, and what it says. */
function failing(resolvConf: string) {
  const lab = createProgramLab();
  lab.network.namespaces['server']!.ruleset.tables.filter = {
    chains: {
      INPUT: {
        policy: 'ACCEPT',
        rules: [{ matches: [{ match: 'protocol', protocol: 'udp' }], target: { target: 'DROP' } }],
      },
      FORWARD: { policy: 'ACCEPT', rules: [] },
      OUTPUT: { policy: 'ACCEPT', rules: [] },
    },
  };
  const { output } = runClient(lab, 'curl -sS -w %{time_total} http://web/', {
    '/etc/resolv.conf': resolvConf,
  });
  return output;
}

test.each([
  ['one server, twice five seconds', 'nameserver 10.0.0.2\n', '10.000000'],
  ['shorter by options', 'nameserver 10.0.0.2\noptions timeout:1 attempts:3\n', '3.000000'],
  ['two servers', 'nameserver 10.0.0.2\nnameserver 10.0.0.2\n', '20.000000'],
  [
    'silence ends the search list, and the name as typed is tried once more',
    'nameserver 10.0.0.2\nsearch a b c\noptions ndots:5\n',
    '20.000000',
  ],
])('a server that drops everything: %s', (_, resolvConf, seconds) => {
  expect(failing(resolvConf)).toBe(`curl: (6) Could not resolve host: web\n${seconds}`);
});

test('a server without DNS refuses at once, and the next one is asked', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'dnsmasq', { '/etc/hosts': '10.0.0.2 web\n' });
  start(lab, 'server', 'agnhost netexec --http-port=80');
  const { output } = runClient(
    lab,
    ['curl', '-s', '-w', ' %{time_namelookup}', 'http://web/hostname'],
    {
      '/etc/resolv.conf': 'nameserver 10.0.0.1\nnameserver 10.0.0.2\n',
    },
  );
  expect(output).toMatch(/^server 0\.00\d+$/);
});

test('/etc/hosts comes before DNS', () => {
  const lab = createProgramLab();
  const files = { '/etc/hosts': '127.0.0.1 localhost\n10.9.9.9 db.shop db # a note\n' };
  expect(runClient(lab, 'getent hosts DB', files).output).toBe('10.9.9.9        db.shop db\n');
});
