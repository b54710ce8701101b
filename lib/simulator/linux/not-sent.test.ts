import { expect, test } from 'vitest';
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import type { Program } from './program.ts';
import { addRoute } from './routes.ts';
import { createSocket } from './sockets.ts';
import {
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoMachines,
} from '../testing/lab.ts';

const filter = (rules: string) => `*filter\n${rules}\nCOMMIT\n`;

const endOfCall = (program: string, to: string, lab = twoMachines()) => {
  const pid = run(lab, 'a', program, [to], openTrace(lab));
  runUntilIdle(lab);
  const steps = stepsOf(lab);
  return {
    output: outputOf(lab, pid),
    disposition: dispositionOf(steps),
    told: explain(steps).map(({ sentence }) => sentence),
  };
};

test.each([
  ['connect', 'tcp-client', 'no packet leaves: no route leads to `192.0.2.1`'],
  ['sendto', 'udp-client', 'no packet leaves: no route leads to `192.0.2.1`'],
])('%s without a route leaves a trace that says so', (call, program, why) => {
  const end = endOfCall(program, '192.0.2.1:80');
  expect(end.output).toBe('ENETUNREACH');
  expect(end.disposition).toBe('unreachable');
  expect(end.told).toEqual([
    'No route leads to `192.0.2.1`',
    `\`${call}()\` fails with \`ENETUNREACH\`, ${why}`,
  ]);
});

test.each([
  ['unreachable', 'EHOSTUNREACH', 'a route says that `192.0.2.1` cannot be reached'],
  ['prohibit', 'EACCES', 'a route forbids packets to `192.0.2.1`'],
  ['blackhole', 'EINVAL', 'the route to `192.0.2.1` is a black hole'],
] as const)('connect by a route of type %s fails with %s', (type, error, why) => {
  const lab = twoMachines();
  addRoute(namespaceOf(lab, 'a'), { destination: '192.0.2.0/24', device: '', type });
  const end = endOfCall('tcp-client', '192.0.2.1:80', lab);
  expect(end.output).toBe(error);
  expect(end.disposition).toBe('unreachable');
  expect(end.told.at(-1)).toBe(`\`connect()\` fails with \`${error}\`, no packet leaves: ${why}`);
  expect(end.told).toHaveLength(2);
});

test('connect with every ephemeral port taken towards a peer is not sent', () => {
  const lab = twoMachines();
  const namespace = namespaceOf(lab, 'a');
  for (let port = 32_768; port <= 60_999; port++) {
    createSocket(lab.network, namespace, {
      protocol: 'tcp',
      pid: 0,
      local: { address: '10.0.0.1', port },
      peer: { address: '10.0.0.2', port: 80 },
      state: 'ESTAB',
    });
  }
  const end = endOfCall('tcp-client', '10.0.0.2:80', lab);
  expect(end.output).toBe('EADDRNOTAVAIL');
  expect(end.disposition).toBe('not-sent');
  expect(end.told).toEqual([
    '`connect()` fails with `EADDRNOTAVAIL`, no packet leaves: every port of `ip_local_port_range` is taken towards `10.0.0.2:80`',
  ]);
  expect(endOfCall('tcp-client', '10.0.0.2:81', lab).disposition).toBe('refused');
});

test('connect from an address that the machine has not is not sent', () => {
  const bound: Program = {
    name: 'bound',
    start(_, calls) {
      const result = calls.connect({ address: '10.0.0.2', port: 80 }, { source: '10.0.0.77' });
      if (!result.ok) calls.print(result.error);
      return {};
    },
    handle() {},
  };
  const lab = twoMachines({ programs: { bound } });
  const end = endOfCall('bound', '', lab);
  expect(end.output).toBe('EADDRNOTAVAIL');
  expect(end.disposition).toBe('not-sent');
  expect(end.told).toEqual([
    '`connect()` fails with `EADDRNOTAVAIL`, no packet leaves: `10.0.0.77` is no address of this machine',
  ]);
});

test.each([
  ['nobody listens on lo', '127.0.0.1:91', 'refused'],
  ['nobody answers ARP', '10.0.0.9:80', 'unreachable'],
])('a call whose packet did leave ends as before: %s', (_, to, disposition) => {
  expect(endOfCall('tcp-client', to).disposition).toBe(disposition);
});

test.each([
  ['tcp-client', 'tcp-server', '-A INPUT -p tcp --sport 80 -j DROP'],
  ['udp-client', 'udp-server', '-A INPUT -p udp --sport 80 -j DROP'],
  ['ping', 'udp-server', '-A INPUT -p icmp --icmp-type echo-reply -j DROP'],
])(
  'the answer to a %s that is lost on its way back is told from the request',
  (client, server, rule) => {
    const lab = twoMachines();
    run(lab, 'b', server, ['80']);
    loadRules(lab, 'a', filter(rule));
    const to = client === 'ping' ? '10.0.0.2' : '10.0.0.2:80';
    expect(endOfCall(client, to, lab).disposition).toBe('answer-lost');
  },
);
