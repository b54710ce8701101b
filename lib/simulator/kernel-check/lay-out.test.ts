import { expect, test } from 'vitest';
import { twoMachines } from '../testing/lab.ts';
import { addRoute } from '../linux/routes.ts';
import { layOutNetwork } from './lay-out.ts';

test('a network is laid out with its own MACs, addresses and routes, and each pair is made once', () => {
  const { network } = twoMachines();
  const a = network.namespaces['a']!;
  const mac = a.links['eth0']!.mac;
  addRoute(a, { destination: '10.9.0.0/16', via: '10.0.0.2', device: 'eth0', protocol: 'static' });
  const { devices, namespaces } = layOutNetwork(network);
  expect(devices).toEqual([
    `link add name eth0 netns {a} address ${mac} mtu 1500 type veth peer name eth0 netns {b}`,
  ]);
  expect(namespaces[0]?.ip).toEqual([
    `link set dev eth0 address ${mac} mtu 1500`,
    'addr add 10.0.0.1/24 dev eth0',
    'link set dev lo up',
    'link set dev eth0 up',
    'route add 10.9.0.0/16 via 10.0.0.2 dev eth0 proto static',
  ]);
});

test('a link that is down stays down', () => {
  const { network } = twoMachines();
  network.namespaces['b']!.links['eth0']!.isUp = false;
  expect(layOutNetwork(network).namespaces[1]?.ip).not.toContain('link set dev eth0 up');
});
