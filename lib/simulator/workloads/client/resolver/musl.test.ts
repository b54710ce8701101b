import { expect, test } from 'vitest';
import { stepsOf } from '../../../testing/lab.ts';
import { createProgramLab, outcomeOf, start } from '../../../testing/program-lab.ts';

const MUSL = { '/lib/ld-musl-x86_64.so.1': '' };
const MANY = Array.from({ length: 40 }, (_, i) => `host-record=big.b.test,10.4.0.${i + 1}`);
const CONFIG = [
  'local=/test/',
  'host-record=web.b.test,10.1.0.1',
  'host-record=six.a.test,fd00::1',
  'host-record=six.b.test,10.1.0.2',
  ...MANY,
].join('\n');

/** What curl asks for in an image with musl (`with`) or glibc, and how many seconds pass. */
function lookUp(name: string, resolvConf: string, libc: 'musl' | 'glibc') {
  const lab = createProgramLab();
  start(lab, 'server', 'dnsmasq', { '/etc/dnsmasq.conf': CONFIG });
  const files = { '/etc/resolv.conf': resolvConf, ...(libc === 'musl' ? MUSL : {}) };
  const pid = start(lab, 'client', `curl -4 -sS -w %{time_total} http://${name}:1/`, files);
  const asked = stepsOf(lab, `t${pid}`).flatMap((step) =>
    step.kind === 'dns' && step.side === 'asks'
      ? [`${step.server} ${step.flow?.protocol ?? ''} ${step.name}`]
      : [],
  );
  const seconds = Math.floor(Number(/[\d.]+$/.exec(outcomeOf(lab, pid).output)?.[0]));
  return { asked, seconds };
}

const SEARCH = 'search a.test b.test\noptions ndots:5\n';

test.each([
  [
    'a name without addresses of the family ends the search of musl',
    'six',
    `nameserver 10.0.0.2\n${SEARCH}`,
    'musl',
    ['10.0.0.2 udp six.a.test.'],
  ],
  [
    'and not that of glibc',
    'six',
    `nameserver 10.0.0.2\n${SEARCH}`,
    'glibc',
    ['10.0.0.2 udp six.a.test.', '10.0.0.2 udp six.b.test.'],
  ],
  [
    'all servers are asked at once, and the first answer counts',
    'web.b.test.',
    'nameserver 10.0.0.9\nnameserver 10.0.0.2\n',
    'musl',
    ['10.0.0.9 udp web.b.test.', '10.0.0.2 udp web.b.test.'],
  ],
  [
    'with enough dots there is no search',
    'no.such',
    'nameserver 10.0.0.2\nsearch a.test b.test\noptions timeout:1\n',
    'musl',
    ['10.0.0.2 udp no.such.', '10.0.0.2 udp no.such.'],
  ],
  [
    'an answer that was cut off is asked for again over TCP',
    'big.b.test.',
    'nameserver 10.0.0.2\n',
    'musl',
    ['10.0.0.2 udp big.b.test.', '10.0.0.2 tcp big.b.test.'],
  ],
] as const)('musl: %s', (_, name, resolvConf, libc, expected) => {
  expect(lookUp(name, resolvConf, libc).asked).toEqual(expected);
});

test('a port that is closed is no answer to musl: it waits, where glibc gives up at once', () => {
  const closed = 'nameserver 10.0.0.1\noptions timeout:4\n';
  expect(lookUp('web.b.test', closed, 'musl').seconds).toBe(4);
  expect(lookUp('web.b.test', closed, 'glibc').seconds).toBe(0);
});
