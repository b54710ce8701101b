import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { addVethPair, addAddress, setLinkState } from './links.ts';
import { addMachine } from './network-state.ts';
import { killProcess, signalProcess } from './process.ts';
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
import type { Program } from './program.ts';

const filter = (rules: string) => `*filter\n${rules}\nCOMMIT\n`;

test('a connection carries a request and its answer, and leaves no socket behind', () => {
  const lab = twoMachines();
  run(lab, 'b', 'tcp-server', ['80']);
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1');
  expect(lab.network.processes[client]?.exitCode).toBe(0);
  expect(Object.keys(namespaceOf(lab, 'a').sockets)).toEqual([]);
  const left = Object.values(namespaceOf(lab, 'b').sockets).map(({ state }) => state);
  expect(left).toEqual(['LISTEN']);
});

test.each([
  ['tcp to a port where nobody listens', 'tcp-client', '10.0.0.2:81', 'ECONNREFUSED'],
  [
    'udp to a port where nobody listens',
    'udp-client',
    '10.0.0.2:81',
    'ECONNREFUSED (port-unreachable from 10.0.0.2)',
  ],
  ['tcp to an address that nobody has', 'tcp-client', '10.0.0.9:80', 'EHOSTUNREACH'],
  [
    'udp to an address that nobody has',
    'udp-client',
    '10.0.0.9:80',
    'EHOSTUNREACH (host-unreachable from 10.0.0.1)',
  ],
  [
    'ping of an address that nobody has',
    'ping',
    '10.0.0.9',
    'EHOSTUNREACH host-unreachable from 10.0.0.1',
  ],
  ['tcp without a route', 'tcp-client', '192.0.2.1:80', 'ENETUNREACH'],
  ['ping without a route', 'ping', '192.0.2.1', 'ENETUNREACH  from here'],
  ['ping', 'ping', '10.0.0.2', 'from 10.0.0.2 seq=1 ttl=64'],
  ['udp', 'udp-client', '10.0.0.2:53', 'hello 10.0.0.1 (10.0.0.2:53)'],
  ['tcp to oneself by the loopback address', 'tcp-client', '127.0.0.1:90', 'hello 127.0.0.1'],
  ['tcp to oneself by the own address', 'tcp-client', '10.0.0.1:90', 'hello 10.0.0.1'],
  ['tcp to oneself where nobody listens', 'tcp-client', '127.0.0.1:91', 'ECONNREFUSED'],
])('%s', (_, program, to, expected) => {
  const lab = twoMachines();
  run(lab, 'b', 'udp-server', ['53']);
  run(lab, 'b', 'tcp-server', ['80']);
  run(lab, 'a', 'tcp-server', ['90']);
  const client = run(lab, 'a', program, [to]);
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe(expected);
});

// tcpdump on Linux 6.18 showed the same eleven SYNs.
test('a SYN that nobody answers is sent again each second at first, then after 2, 4, 8, 16 and 32; connect gives up after 131', () => {
  const lab = twoMachines();
  loadRules(lab, 'b', filter('-A INPUT -p tcp -j DROP'));
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80'], openTrace(lab));
  runUntilIdle(lab);
  const sent = stepsOf(lab).filter(({ kind, place }) => kind === 'sent' && place.machine === 'a');
  expect(sent.map(({ at }) => Math.round(at / SECOND))).toEqual([
    0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67,
  ]);
  expect(outputOf(lab, client)).toBe('ETIMEDOUT');
  expect(lab.environment.queue.now).toBe(131 * SECOND);
});

test('tcp_syn_retries and tcp_syn_linear_timeouts say how often a SYN is sent again', () => {
  const lab = twoMachines();
  Object.assign(namespaceOf(lab, 'a').sysctls, {
    'ipv4.tcp_syn_retries': '2',
    'ipv4.tcp_syn_linear_timeouts': '0',
  });
  loadRules(lab, 'b', filter('-A INPUT -p tcp -j DROP'));
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('ETIMEDOUT');
  expect(lab.environment.queue.now).toBe(7 * SECOND);
});

test('data that is lost is sent again until it arrives', () => {
  const lab = twoMachines();
  run(lab, 'b', 'tcp-server', ['80']);
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80'], openTrace(lab));
  // ARP, SYN and SYN-ACK take 20 microseconds each way: at 90 the request is on the wire.
  runUntilIdle(lab, 90);
  setLinkState(lab.network, 'b', 'eth0', 'down');
  runUntilIdle(lab, SECOND);
  expect(outputOf(lab, client)).toBe('');
  setLinkState(lab.network, 'b', 'eth0', 'up');
  runUntilIdle(lab, 2 * SECOND);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1');
  const requests = stepsOf(lab).filter(
    ({ kind, place, flags }) => kind === 'sent' && place.machine === 'a' && flags?.psh,
  );
  expect(requests.length).toBeGreaterThan(2);
});

test.each([
  ['icmp-port-unreachable', 'ECONNREFUSED'],
  ['icmp-host-unreachable', 'EHOSTUNREACH'],
  ['tcp-reset', 'ECONNREFUSED'],
])('a rule that rejects with %s gives the client %s', (reject, error) => {
  const lab = twoMachines();
  run(lab, 'b', 'tcp-server', ['80']);
  loadRules(lab, 'b', filter(`-A INPUT -p tcp -j REJECT --reject-with ${reject}`));
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe(error);
});

test('a rule that rejects in OUTPUT tells the own process', () => {
  const lab = twoMachines();
  loadRules(lab, 'a', filter('-A OUTPUT -p tcp -j REJECT --reject-with icmp-port-unreachable'));
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab, SECOND / 2);
  expect(outputOf(lab, client)).toBe('ECONNREFUSED');
});

test('a second listener on a port is refused, another address is not', () => {
  const results: unknown[] = [];
  const program: Program = {
    name: 'twice',
    start(_args, calls) {
      for (const address of ['10.0.0.1', '10.0.0.1', '127.0.0.1', '0.0.0.0', '192.0.2.1']) {
        const result = calls.listen(80, address);
        results.push(result.ok ? 'ok' : result.error);
      }
      return {};
    },
    handle: () => undefined,
  };
  const lab = twoMachines({ programs: { twice: program } });
  run(lab, 'a', 'twice', []);
  runUntilIdle(lab);
  expect(results).toEqual(['ok', 'EADDRINUSE', 'ok', 'EADDRINUSE', 'EADDRNOTAVAIL']);
});

test('a port that a client has bound serves one connection to each peer', () => {
  const results: unknown[] = [];
  const program: Program = {
    name: 'bound',
    start(_args, calls) {
      for (const port of [80, 80, 81]) {
        const result = calls.connect({ address: '10.0.0.2', port }, { sourcePort: 2000 });
        results.push(result.ok ? calls.localAddress(result.socket)?.port : result.error);
      }
      return {};
    },
    handle: () => undefined,
  };
  const lab = twoMachines({ programs: { bound: program } });
  run(lab, 'a', 'bound', []);
  runUntilIdle(lab);
  expect(results).toEqual([2000, 'EADDRNOTAVAIL', 2000]);
});

test('a process that is killed is reported with 137, and its listener is gone', () => {
  const lab = twoMachines();
  const server = run(lab, 'b', 'tcp-server', ['80']);
  runUntilIdle(lab);
  killProcess(lab.network, lab.environment, server);
  expect(lab.network.processes[server]?.exitCode).toBe(137);
  expect(lab.environment.exited).toEqual([server]);
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('ECONNREFUSED');
});

test('a process ends by SIGTERM as it likes', () => {
  const lab = twoMachines();
  const server = run(lab, 'b', 'tcp-server', ['80']);
  runUntilIdle(lab);
  signalProcess(lab.network, lab.environment, server, 'SIGTERM');
  expect(lab.network.processes[server]?.exitCode).toBeUndefined();
  runUntilIdle(lab);
  expect(lab.network.processes[server]?.exitCode).toBe(0);
});

test('a program that does not exist ends with 127', () => {
  const lab = twoMachines();
  const pid = run(lab, 'a', 'no-such-thing', []);
  runUntilIdle(lab);
  expect(lab.network.processes[pid]?.exitCode).toBe(127);
});

test('a connection through a link that goes down breaks off, one that comes back goes on', () => {
  const lab = twoMachines();
  run(lab, 'b', 'tcp-server', ['80']);
  setLinkState(lab.network, 'b', 'eth0', 'down');
  const client = run(lab, 'a', 'tcp-client', ['10.0.0.2:80']);
  runUntilIdle(lab, SECOND / 2);
  setLinkState(lab.network, 'b', 'eth0', 'up');
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toBe('hello 10.0.0.1');
});

test('a large message crosses a narrow link once the router has said how narrow it is', () => {
  const lab = twoMachines();
  const { network, environment } = lab;
  addMachine(network, 'c');
  const narrow = { namespace: 'b', name: 'eth1', mtu: 1000 };
  addVethPair(network, environment, narrow, { namespace: 'c', name: 'eth0' });
  addAddress(network, 'b', 'eth1', '10.0.1.1/24');
  addAddress(network, 'c', 'eth0', '10.0.1.2/24');
  const gateways = { a: '10.0.0.2', c: '10.0.1.1' } as const;
  for (const [name, via] of Object.entries(gateways)) {
    namespaceOf(lab, name).routes.push({ destination: '0.0.0.0/0', via, device: 'eth0' });
  }
  namespaceOf(lab, 'b').sysctls['ipv4.ip_forward'] = '1';
  run(lab, 'a', 'tcp-server', ['80', 'x'.repeat(3000)]);
  const client = run(lab, 'c', 'tcp-client', ['10.0.0.1:80'], openTrace(lab));
  runUntilIdle(lab);
  expect(outputOf(lab, client)).toHaveLength(3000);
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'packet-too-big' }),
  );
});

test("without the router's ICMP the same message never arrives: a black hole", () => {
  const lab = twoMachines();
  const { network, environment } = lab;
  addMachine(network, 'c');
  const narrow = { namespace: 'b', name: 'eth1', mtu: 1000 };
  addVethPair(network, environment, narrow, { namespace: 'c', name: 'eth0' });
  addAddress(network, 'b', 'eth1', '10.0.1.1/24');
  addAddress(network, 'c', 'eth0', '10.0.1.2/24');
  for (const [name, via] of [
    ['a', '10.0.0.2'],
    ['c', '10.0.1.1'],
  ] as const) {
    namespaceOf(lab, name).routes.push({ destination: '0.0.0.0/0', via, device: 'eth0' });
  }
  namespaceOf(lab, 'b').sysctls['ipv4.ip_forward'] = '1';
  loadRules(lab, 'a', filter('-A INPUT -p icmp -j DROP'));
  run(lab, 'a', 'tcp-server', ['80', 'x'.repeat(3000)]);
  const client = run(lab, 'c', 'tcp-client', ['10.0.0.1:80']);
  runUntilIdle(lab, 60 * SECOND);
  expect(outputOf(lab, client)).toBe('');
});
