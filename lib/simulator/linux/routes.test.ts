import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrContains, networkOf } from '../base/cidr.ts';
import { namespaceOf, twoMachines } from '../testing/lab.ts';
import { addAddress, addBridge, removeAddress, removeLink, setLinkState } from './links.ts';
import { addNamespace, removeNamespace } from './network-state.ts';
import type { Route } from './network.ts';
import {
  addRoute,
  deleteRoute,
  findRoute,
  formatRoute,
  isLocalAddress,
  lookUpRoute,
} from './routes.ts';

function machine() {
  const lab = twoMachines();
  return { lab, namespace: namespaceOf(lab, 'a') };
}

const printed = (routes: readonly Route[]) => routes.map(formatRoute);

test('an address brings the connected route, its removal takes it away', () => {
  const { lab, namespace } = machine();
  expect(printed(namespace.routes)).toEqual([
    '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1',
  ]);
  removeAddress(lab.network, 'a', 'eth0', '10.0.0.1');
  expect(namespace.routes).toEqual([]);
});

test.each<[string, Route, string]>([
  [
    'default route',
    { destination: '0.0.0.0/0', via: '10.0.0.2', device: 'eth0' },
    'default via 10.0.0.2 dev eth0',
  ],
  [
    'a host',
    { destination: '10.9.9.9/32', via: '10.0.0.2', device: 'eth0' },
    '10.9.9.9 via 10.0.0.2 dev eth0',
  ],
  [
    'a metric',
    { destination: '10.9.0.0/16', device: 'eth0', metric: 100, scope: 'link' },
    '10.9.0.0/16 dev eth0 scope link metric 100',
  ],
  [
    'a daemon',
    { destination: '10.9.0.0/16', via: '10.0.0.2', device: 'eth0', protocol: 'bird' },
    '10.9.0.0/16 via 10.0.0.2 dev eth0 proto bird',
  ],
])('ip route prints %s', (_, route, text) => {
  expect(formatRoute(route)).toBe(text);
});

test.each<[string, Route, string | undefined]>([
  [
    'one that is there',
    { destination: '10.0.0.0/24', device: 'eth0' },
    'RTNETLINK answers: File exists',
  ],
  [
    'the same with another metric',
    { destination: '10.0.0.0/24', device: 'eth0', metric: 5 },
    undefined,
  ],
  [
    'a gateway that is not on a link',
    { destination: '10.9.0.0/16', via: '192.0.2.1', device: 'eth0' },
    'Error: Nexthop has invalid gateway.',
  ],
  [
    'a device that does not exist',
    { destination: '10.9.0.0/16', device: 'eth7' },
    'Cannot find device "eth7"',
  ],
])('ip route add: %s', (_, route, problem) => {
  expect(addRoute(machine().namespace, route)).toBe(problem);
});

test('ip route del finds by destination, gateway and device', () => {
  const { namespace } = machine();
  addRoute(namespace, { destination: '10.9.0.0/16', via: '10.0.0.2', device: 'eth0' });
  expect(deleteRoute(namespace, { destination: '10.9.0.0/16', via: '10.0.0.3' })).toBe(
    'RTNETLINK answers: No such process',
  );
  expect(deleteRoute(namespace, { destination: '10.9.0.0/16' })).toBeUndefined();
  expect(namespace.routes).toHaveLength(1);
});

test.each([
  ['10.9.1.1', '10.9.1.0/24 via 10.0.0.3 dev eth0'],
  ['10.9.2.1', '10.9.0.0/16 via 10.0.0.2 dev eth0 metric 10'],
  ['8.8.8.8', 'default via 10.0.0.4 dev eth0'],
  ['10.0.0.7', '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1'],
])('%s takes the longest prefix, then the lowest metric', (destination, text) => {
  const { namespace } = machine();
  const device = 'eth0';
  addRoute(namespace, { destination: '10.9.0.0/16', via: '10.0.0.9', device, metric: 20 });
  addRoute(namespace, { destination: '10.9.0.0/16', via: '10.0.0.2', device, metric: 10 });
  addRoute(namespace, { destination: '10.9.1.0/24', via: '10.0.0.3', device });
  addRoute(namespace, { destination: '0.0.0.0/0', via: '10.0.0.4', device });
  const { routes, chosen } = lookUpRoute(namespace, destination);
  expect(formatRoute(routes[chosen]!)).toBe(text);
  expect(printed(routes)[0]).toBe('default via 10.0.0.4 dev eth0');
});

test('a device that goes down takes its routes along; up brings back only the connected one', () => {
  const { lab, namespace } = machine();
  addRoute(namespace, { destination: '0.0.0.0/0', via: '10.0.0.2', device: 'eth0' });
  setLinkState(lab.network, 'a', 'eth0', 'down');
  expect(namespace.routes).toEqual([]);
  expect(addRoute(namespace, { destination: '10.9.0.0/16', device: 'eth0' })).toBe(
    'Error: Device for nexthop is not up.',
  );
  setLinkState(lab.network, 'a', 'eth0', 'up');
  expect(printed(namespace.routes)).toEqual([
    '10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1',
  ]);
  expect(findRoute(namespace, '8.8.8.8')).toBeUndefined();
});

test('own addresses are those of every interface and all of 127.0.0.0/8', () => {
  const { lab, namespace } = machine();
  addBridge(lab.network, lab.environment, { namespace: 'a', name: 'br0' });
  addAddress(lab.network, 'a', 'br0', '10.5.0.1/24');
  const own = ['127.0.0.1', '127.9.9.9', '10.0.0.1', '10.5.0.1', '10.5.0.2'];
  expect(own.map((address) => isLocalAddress(namespace, address))).toEqual([
    true,
    true,
    true,
    true,
    false,
  ]);
});

test('removing one end of a veth pair removes the other, and a namespace takes its links along', () => {
  const { lab } = machine();
  removeLink(lab.network, 'a', 'eth0');
  expect(Object.keys(namespaceOf(lab, 'b').links)).toEqual(['lo']);
  expect(namespaceOf(lab, 'b').routes).toEqual([]);
  addNamespace(lab.network, { id: 'pod', machine: 'a' });
  removeNamespace(lab.network, 'pod');
  expect(lab.network.namespaces['pod']).toBeUndefined();
});

const octet = fc.integer({ min: 0, max: 255 });
const addressText = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));

test('the route is the longest prefix that contains the destination, as cidrContains says it', () => {
  const { namespace } = machine();
  fc.assert(
    fc.property(
      addressText,
      fc.array(fc.tuple(addressText, fc.integer({ min: 0, max: 32 })), { maxLength: 20 }),
      fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 5 }),
      (destination, others, near) => {
        const prefixes = [...others, ...near.map((length) => [destination, length] as const)].map(
          ([address, length]) => networkOf(`${address}/${String(length)}`) ?? '',
        );
        const routes = prefixes.map((prefix) => ({ destination: prefix, device: 'eth0' }));
        namespace.routes.splice(0, namespace.routes.length, ...routes);
        const longest = prefixes
          .filter((prefix) => cidrContains(prefix, destination))
          .map((prefix) => Number(prefix.split('/')[1]))
          .sort((a, b) => b - a)[0];
        const found = findRoute(namespace, destination)?.destination;
        expect(found === undefined ? undefined : Number(found.split('/')[1])).toBe(longest);
      },
    ),
    { numRuns: 500 },
  );
});
