import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { linkLocalFromMac, solicitedNodeGroup } from '../base/ipv6-address.ts';
import {
  createLab,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
} from '../testing/lab.ts';
import { twoMachines6, twoNodes6 } from '../testing/lab6.ts';
import { addressesOn, chooseSource6 } from './addresses.ts';
import { addAddress, addVethPair, setLinkState } from './links.ts';
import { addMachine } from './network-state.ts';
import { addRoute, formatRoute, lookUpRoute } from './routes.ts';

const statesOf = (lab: ReturnType<typeof twoMachines6>, id: string) =>
  namespaceOf(lab, id)
    .neighbours.filter(({ address }) => address.includes(':'))
    .map(({ address, state }) => `${address} ${state}`);

/** Runs a program to its end and says what it printed. */
function ask(
  lab: ReturnType<typeof twoMachines6>,
  from: string,
  program: string,
  ...args: string[]
) {
  const pid = run(lab, from, program, args);
  runUntilIdle(lab, 20 * SECOND);
  return outputOf(lab, pid);
}

test.each([
  ['82:83:92:14:e1:e9', 'fe80::8083:92ff:fe14:e1e9'],
  ['0a:58:0a:f4:00:04', 'fe80::858:aff:fef4:4'],
  ['ee:ee:ee:ee:ee:ee', 'fe80::ecee:eeff:feee:eeee'],
])('a device with MAC %s calls itself %s', (mac, address) => {
  expect(linkLocalFromMac(mac)).toBe(address);
});

test('the group that is asked for an address has its last 24 bits', () => {
  expect(solicitedNodeGroup('fd00:244:1::7')).toBe('ff02::1:ff00:7');
  expect(solicitedNodeGroup('fe80::8083:92ff:fe14:e1e9')).toBe('ff02::1:ff14:e1e9');
});

test('an echo request is answered, and who asks learns the neighbour by solicitation', () => {
  const lab = twoMachines6();
  expect(ask(lab, 'a', 'ping', 'fd00::2')).toBe('from fd00::2 seq=1 ttl=64');
  expect(statesOf(lab, 'a')).toContain('fd00::2 REACHABLE');
  expect(statesOf(lab, 'b').join()).toMatch(/fd00::1 (STALE|DELAY|PROBE|REACHABLE)/);
});

test('three solicitations, then the address is unreachable', () => {
  const lab = twoMachines6();
  const ping = run(lab, 'a', 'ping', ['fd00::9'], openTrace(lab));
  runUntilIdle(lab, 3 * SECOND - 1);
  expect(statesOf(lab, 'a')).toEqual(['fd00::9 INCOMPLETE']);
  runUntilIdle(lab, SECOND);
  expect(outputOf(lab, ping)).toBe('EHOSTUNREACH host-unreachable from fd00::1');
  expect(statesOf(lab, 'a')).toEqual(['fd00::9 FAILED']);
});

test('an INPUT chain that drops ICMPv6 takes neighbour discovery with it', () => {
  const lab = twoMachines6();
  namespaceOf(lab, 'b').ruleset6.tables.filter = {
    chains: {
      INPUT: {
        policy: 'ACCEPT',
        rules: [
          { matches: [{ match: 'protocol', protocol: 'ipv6-icmp' }], target: { target: 'DROP' } },
        ],
      },
    },
  };
  run(lab, 'b', 'tcp-server', ['80']);
  expect(ask(lab, 'a', 'tcp-client', '[fd00::2]:80')).toBe('EHOSTUNREACH');
  expect(statesOf(lab, 'a')).toEqual(['fd00::2 FAILED']);
});

test('link-local addresses need a zone', () => {
  const lab = twoMachines6();
  const link = namespaceOf(lab, 'b').links['eth0'];
  const address = linkLocalFromMac(link?.mac ?? '');
  expect(ask(lab, 'a', 'ping', `${address}%eth0`)).toBe(`from ${address} seq=1 ttl=64`);
  expect(ask(lab, 'a', 'ping', address)).toMatch(/^EINVAL/);
  run(lab, 'b', 'tcp-server', ['80']);
  const own = linkLocalFromMac(namespaceOf(lab, 'a').links['eth0']?.mac ?? '');
  expect(ask(lab, 'a', 'tcp-client', `[${address}%eth0]:80`)).toBe(`hello ${own}`);
});

test('a listener on any address answers both families, and a closed port refuses both', () => {
  const lab = twoMachines6();
  run(lab, 'b', 'tcp-server', ['80']);
  run(lab, 'b', 'udp-server', ['53']);
  expect(ask(lab, 'a', 'tcp-client', '[fd00::2]:80')).toBe('hello fd00::1');
  expect(ask(lab, 'a', 'tcp-client', '10.0.0.2:80')).toBe('hello 10.0.0.1');
  expect(ask(lab, 'a', 'udp-client', '[fd00::2]:53')).toBe('hello fd00::1 ([fd00::2]:53)');
  expect(ask(lab, 'a', 'tcp-client', '[fd00::2]:81')).toBe('ECONNREFUSED');
  expect(ask(lab, 'a', 'udp-client', '[fd00::2]:54')).toBe(
    'ECONNREFUSED (port-unreachable from fd00::2)',
  );
  expect(ask(lab, 'a', 'tcp-client', '[::1]:80')).toBe('ECONNREFUSED');
});

test('routers forward when the IPv6 switch is on, whatever the IPv4 one says', () => {
  const lab = twoNodes6();
  run(lab, 'catalog', 'tcp-server', ['80']);
  expect(ask(lab, 'web', 'tcp-client', '[fd00:244:2::5]:80')).toBe('hello fd00:244:1::7');
  expect(ask(lab, 'web', 'ping', 'fd00:244:2::5')).toBe('from fd00:244:2::5 seq=1 ttl=62');
  expect(ask(lab, 'web', 'ping', 'fd00:244:1::9')).toBe('from fd00:244:1::9 seq=1 ttl=64');
  namespaceOf(lab, 'node-a').sysctls['ipv6.conf.all.forwarding'] = '0';
  const trace = openTrace(lab);
  run(lab, 'web', 'tcp-client', ['[fd00:244:2::5]:80'], trace);
  runUntilIdle(lab, SECOND);
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'not-forwarding' }),
  );
  run(lab, 'catalog', 'tcp-server', ['81']);
  expect(ask(lab, 'web', 'tcp-client', '10.244.2.5:81')).toBe('hello 10.244.1.7');
});

test.each([
  ['the first router', '1', 'EHOSTUNREACH ttl-exceeded from fd00:244:1::1'],
  ['the second router', '2', 'EHOSTUNREACH ttl-exceeded from fd00:10::12'],
])('a hop limit that ends at %s', (_name, ttl, output) => {
  expect(ask(twoNodes6(), 'web', 'ping', 'fd00:244:2::5', ttl)).toBe(output);
});

test('a router without a route says so with code 0', () => {
  expect(ask(twoNodes6(), 'web', 'ping', '2001:db8::1')).toBe(
    'ENETUNREACH net-unreachable from fd00:244:1::1',
  );
});

test('a router never cuts an IPv6 packet: it says packet too big, and TCP sends less', () => {
  const lab = twoNodes6();
  for (const [machine, link] of [
    ['node-a', 'eth0'],
    ['node-b', 'eth0'],
  ] as const) {
    const device = namespaceOf(lab, machine).links[link];
    if (device) device.mtu = 1400;
  }
  run(lab, 'catalog', 'tcp-server', ['80', 'x'.repeat(3000)]);
  const trace = openTrace(lab);
  const client = run(lab, 'web', 'tcp-client', ['[fd00:244:2::5]:80'], trace);
  runUntilIdle(lab, 20 * SECOND);
  expect(outputOf(lab, client)).toHaveLength(3000);
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'packet-too-big' }),
  );
});

test('the connected route, the link-local ones and the default, in the order of ip -6 route', () => {
  const lab = twoNodes6();
  const { routes } = lookUpRoute(namespaceOf(lab, 'web'), '::');
  expect(routes.map(formatRoute)).toEqual([
    'fd00:244:1::/64 dev eth0 proto kernel metric 256 pref medium',
    'fe80::/64 dev eth0 proto kernel metric 256 pref medium',
    'default via fd00:244:1::1 dev eth0 metric 1024 pref medium',
  ]);
});

test.each([
  [
    'a gateway that is not on the link',
    'fd00:3::/64',
    'fd00:9::9',
    'RTNETLINK answers: No route to host',
  ],
  [
    'an own address for gateway',
    'fd00:3::/64',
    'fd00::1',
    'Error: Gateway can not be a local address.',
  ],
  ['a link-local gateway', 'fd00:3::/64', 'fe80::1', undefined],
  ['the same prefix twice', 'fd00:2::/64', 'fd00::8', 'RTNETLINK answers: File exists'],
])('ip -6 route add with %s', (_name, destination, via, answer) => {
  const namespace = namespaceOf(twoMachines6(), 'a');
  addRoute(namespace, { destination: 'fd00:2::/64', via: 'fd00::9', device: 'eth0' });
  expect(addRoute(namespace, { destination, via, device: 'eth0' })).toBe(answer);
});

test('a device that goes down loses its IPv6 addresses and keeps its IPv4 ones', () => {
  const lab = twoMachines6();
  setLinkState(lab.network, 'a', 'eth0', 'down');
  setLinkState(lab.network, 'a', 'eth0', 'up');
  const link = namespaceOf(lab, 'a').links['eth0'];
  expect(link?.addresses.map(({ address }) => address)).toEqual(['10.0.0.1']);
});

test('disable_ipv6 takes every IPv6 address away', () => {
  const lab = twoMachines6();
  const namespace = namespaceOf(lab, 'b');
  namespace.sysctls['ipv6.conf.all.disable_ipv6'] = '1';
  const link = namespace.links['lo'];
  expect(link && addressesOn(namespace, link).map(({ address }) => address)).toEqual(['127.0.0.1']);
  expect(ask(lab, 'a', 'ping', 'fd00::2')).toBe('EHOSTUNREACH host-unreachable from fd00::1');
});

test.each([
  ['a global destination', '2001:db8::9', '2001:db8:1::1'],
  ['a unique local one: of equals the newest', 'fd00:7::9', 'fd00:2::1'],
  ['the longest common prefix', 'fd00:2::9', 'fd00:2::1'],
  ['a link-local one', 'fe80::9', 'link-local'],
])('the source for %s', (_name, destination, expected) => {
  const lab = createLab();
  const { network, environment } = lab;
  addMachine(network, 'a');
  addMachine(network, 'b');
  addVethPair(
    network,
    environment,
    { namespace: 'a', name: 'eth0' },
    { namespace: 'b', name: 'eth0' },
  );
  for (const cidr of ['fd00:1::1/64', 'fd00:2::1/64', '2001:db8:1::1/64']) {
    addAddress(network, 'a', 'eth0', cidr);
  }
  const namespace = namespaceOf(lab, 'a');
  const own = linkLocalFromMac(namespace.links['eth0']?.mac ?? '');
  const source = chooseSource6(namespace, destination, 'eth0');
  expect(source).toBe(expected === 'link-local' ? own : expected);
});
