import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { flowOf } from '../packet/packet.ts';
import { dispositionOf } from '../trace/disposition.ts';
import { addAddress, addBridge, addVethPair, setMaster } from './links.ts';
import { addMachine } from './network-state.ts';
import type { Program } from './program.ts';
import { redirectedGateway, redirectSetting } from './redirects.ts';
import { addRoute, findRoute } from './routes.ts';
import {
  createLab,
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  type Lab,
} from '../testing/lab.ts';

/** `pinger ADDRESS COUNT MILLISECONDS`: as ping, with what routers say. */
const PINGER: Program = {
  name: 'pinger',
  start([to = '', count = '4', milliseconds = '500'], calls) {
    const socket = calls.openPing();
    if (socket.ok) calls.sendEcho(socket.socket, to, 1);
    calls.setTimer('next', Number(milliseconds) * 1000);
    return {
      to,
      socket: socket.ok ? socket.socket : 0,
      sent: 1,
      count: Number(count),
      wait: Number(milliseconds) * 1000,
    };
  },
  handle(state, event, calls) {
    const ping = state as {
      to: string;
      socket: number;
      sent: number;
      count: number;
      wait: number;
    };
    if (event.type === 'redirected')
      calls.print(`${event.sequence} redirected to ${event.gateway} by ${event.from}\n`);
    else if (event.type === 'echo-reply') calls.print(`${event.sequence} ttl ${event.ttl}\n`);
    else if (event.type === 'timer') {
      if (ping.sent >= ping.count) {
        calls.exit(0);
        return;
      }
      ping.sent += 1;
      calls.sendEcho(ping.socket, ping.to, ping.sent);
      calls.setTimer('next', ping.wait);
    }
  },
};

/** host 10.1.0.2, its gateway 10.1.0.1, and on the same segment 10.1.0.3, the way to far 10.3.0.5. */
function segment(): Lab {
  const lab = createLab({ programs: { pinger: PINGER } });
  const { network, environment } = lab;
  addMachine(network, 'switch');
  addBridge(network, environment, { namespace: 'switch', name: 'br0' });
  const forwarding = { sysctls: { 'ipv4.ip_forward': '1' } };
  for (const [name, address, options] of [
    ['host', '10.1.0.2/24', {}],
    ['gateway', '10.1.0.1/24', forwarding],
    ['better', '10.1.0.3/24', forwarding],
  ] as const) {
    addMachine(network, name, options);
    addVethPair(
      network,
      environment,
      { namespace: name, name: 'eth0' },
      { namespace: 'switch', name: `port-${name}` },
    );
    setMaster(network, 'switch', `port-${name}`, 'br0');
    addAddress(network, name, 'eth0', address);
  }
  addMachine(network, 'far');
  addVethPair(
    network,
    environment,
    { namespace: 'better', name: 'eth1' },
    { namespace: 'far', name: 'eth0' },
  );
  addAddress(network, 'better', 'eth1', '10.3.0.1/24');
  addAddress(network, 'far', 'eth0', '10.3.0.5/24');
  const route = (name: string, destination: string, via: string) =>
    addRoute(namespaceOf(lab, name), { destination, via, device: 'eth0' });
  route('host', '0.0.0.0/0', '10.1.0.1');
  route('gateway', '10.3.0.0/24', '10.1.0.3');
  route('far', '0.0.0.0/0', '10.3.0.1');
  return lab;
}

function ping(lab: Lab, ...args: string[]): string {
  const pid = run(lab, 'host', 'pinger', ['10.3.0.5', ...args], openTrace(lab));
  runUntilIdle(lab);
  return outputOf(lab, pid) ?? '';
}

const gatewayOf = (lab: Lab, at?: number) => {
  const namespace = namespaceOf(lab, 'host');
  const now = at ?? lab.environment.queue.now;
  return redirectedGateway(namespace, findRoute(namespace, '10.3.0.5')!, '10.3.0.5', now);
};

// ping of iputils 20221126 on Linux 6.18 told the same: the first redirect makes the host ask for the MAC, the second counts.
test('a router tells a host of a better gateway on its own segment, and the host follows', () => {
  const lab = segment();
  expect(ping(lab)).toBe(
    [
      '1 redirected to 10.1.0.3 by 10.1.0.1',
      '1 ttl 63',
      '2 redirected to 10.1.0.3 by 10.1.0.1',
      '2 ttl 63',
      '3 ttl 63',
      '4 ttl 63',
      '',
    ].join('\n'),
  );
  const { now } = lab.environment.queue;
  expect(gatewayOf(lab)).toBe('10.1.0.3');
  expect(gatewayOf(lab, now + 301 * SECOND)).toBeUndefined();
  const forwarders = stepsOf(lab)
    .filter(({ kind, flow }) => kind === 'forwarded' && flow.destination.address === '10.3.0.5')
    .map(({ place }) => place.machine);
  expect(forwarders).toEqual(['gateway', 'better', 'gateway', 'better', 'better', 'better']);
  expect(dispositionOf(stepsOf(lab))).toBe('delivered');
});

test('another route makes what was said of the first one void', () => {
  const lab = segment();
  ping(lab);
  addRoute(namespaceOf(lab, 'host'), {
    destination: '10.3.0.0/24',
    via: '10.1.0.9',
    device: 'eth0',
  });
  expect(gatewayOf(lab)).toBeUndefined();
});

test.each([
  ['the router sends none', 'gateway', ['all', 'eth0'], 'send_redirects', false, false],
  ['one setting of the router is enough', 'gateway', ['all'], 'send_redirects', true, true],
  ['the host takes none', 'host', ['all', 'eth0'], 'accept_redirects', true, false],
  ['one setting of the host is enough', 'host', ['eth0'], 'accept_redirects', true, true],
] as const)('%s', (_, machine, devices, setting, isTold, follows) => {
  const lab = segment();
  for (const device of devices)
    namespaceOf(lab, machine).sysctls[`ipv4.conf.${device}.${setting}`] = '0';
  expect(ping(lab).includes('redirected')).toBe(isTold);
  expect(gatewayOf(lab)).toBe(follows ? '10.1.0.3' : undefined);
});

test('a router does not take redirects, unless it is told to', () => {
  const lab = segment();
  const { sysctls } = namespaceOf(lab, 'host');
  sysctls['ipv4.ip_forward'] = '1';
  expect(redirectSetting(namespaceOf(lab, 'host'), 'all', 'accept_redirects')).toBe(false);
  ping(lab);
  expect(gatewayOf(lab)).toBeUndefined();
  sysctls['ipv4.conf.all.accept_redirects'] = '1';
  ping(lab);
  expect(gatewayOf(lab)).toBe('10.1.0.3');
});

test('a host that takes no notice is told ever more rarely, nine times at most', () => {
  const lab = segment();
  for (const device of ['all', 'eth0'])
    namespaceOf(lab, 'host').sysctls[`ipv4.conf.${device}.accept_redirects`] = '0';
  const told = ping(lab, '1500', '10')
    .split('\n')
    .filter((line) => line.includes('redirected'));
  // Each after twice the time that the one before waited: 40, 80, 160 ms ...
  expect(told.map((line) => Number(line.split(' ')[0]))).toEqual([
    1, 6, 15, 32, 65, 130, 259, 516, 1029,
  ]);
});

test('a translated connection is told nothing: the hosts would talk past the translation', () => {
  const lab = segment();
  loadRules(lab, 'gateway', '*nat\n-A POSTROUTING -d 10.3.0.5/32 -j MASQUERADE\nCOMMIT\n');
  expect(ping(lab)).toBe('1 ttl 62\n2 ttl 62\n3 ttl 62\n4 ttl 62\n');
});

test('a redirect from somebody who is not the gateway is not believed', () => {
  const lab = segment();
  addRoute(namespaceOf(lab, 'gateway'), { destination: '10.1.0.2/32', device: 'eth0' });
  namespaceOf(lab, 'host').redirectedRoutes = {
    '10.3.0.5': { gateway: '10.1.0.3', instead: '10.1.0.77', device: 'eth0', expiresAt: SECOND },
  };
  expect(gatewayOf(lab, 0)).toBeUndefined();
});

test('an ICMP error quotes as much of the packet as fits into 576 bytes', () => {
  const lab = segment();
  const big: Program = {
    name: 'big',
    start([size = '0'], calls) {
      const socket = calls.openPing();
      if (socket.ok) calls.sendEcho(socket.socket, '10.3.0.5', 1, { size: Number(size), ttl: 1 });
      return {};
    },
    handle() {},
  };
  Object.assign(lab.environment.programs, { big });
  const lengths: number[] = [];
  const watcher: Program = {
    name: 'watcher',
    start(_, calls) {
      calls.openCapture('eth0');
      return {};
    },
    handle(_, event) {
      if (event.type !== 'captured' || event.frame.payload.type !== 'ip') return;
      const { packet } = event.frame.payload;
      if ('original' in packet.transport && flowOf(packet).protocol === 'icmp')
        lengths.push(packet.length);
    },
  };
  Object.assign(lab.environment.programs, { watcher });
  run(lab, 'host', 'watcher', []);
  run(lab, 'host', 'big', ['56']);
  run(lab, 'host', 'big', ['1000']);
  runUntilIdle(lab);
  expect(lengths).toEqual([112, 576]);
});
