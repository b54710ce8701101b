import { addAddress } from '../linux/links.ts';
import { addRoute } from '../linux/routes.ts';
import { type createLab, namespaceOf, twoMachines, twoNodes, type Lab } from './lab.ts';

const SYSCTLS6 = { 'ipv6.conf.all.forwarding': '1', 'bridge.bridge-nf-call-ip6tables': '1' };

/** `twoMachines` with IPv6: `a` fd00::1, `b` fd00::2. */
export function twoMachines6(options: Parameters<typeof createLab>[0] = {}): Lab {
  const lab = twoMachines(options);
  addAddress(lab.network, 'a', 'eth0', 'fd00::1/64');
  addAddress(lab.network, 'b', 'eth0', 'fd00::2/64');
  return lab;
}

const NODES = [
  { name: 'node-a', address: 'fd00:10::11', pods: 'fd00:244:1', other: 'fd00:244:2' },
  { name: 'node-b', address: 'fd00:10::12', pods: 'fd00:244:2', other: 'fd00:244:1' },
] as const;

const PODS = [
  { name: 'web', address: 'fd00:244:1::7' },
  { name: 'shop', address: 'fd00:244:1::9' },
  { name: 'catalog', address: 'fd00:244:2::5' },
] as const;

/**
 * `twoNodes` with IPv6 beside IPv4: node-a fd00:10::11 with web fd00:244:1::7 and shop fd00:244:1::9, node-b fd00:10::12 with
 * catalog fd00:244:2::5; each node's cni0 is the gateway fd00:244:N::1.
 */
export function twoNodes6(options: Parameters<typeof createLab>[0] = {}): Lab {
  const lab = twoNodes(options);
  for (const [i, { name, address, pods, other }] of NODES.entries()) {
    const namespace = namespaceOf(lab, name);
    Object.assign(namespace.sysctls, SYSCTLS6);
    addAddress(lab.network, name, 'eth0', `${address}/64`);
    addAddress(lab.network, name, 'cni0', `${pods}::1/64`);
    const via = NODES[1 - i]?.address ?? '';
    addRoute(namespace, { destination: `${other}::/64`, via, device: 'eth0' });
  }
  for (const { name, address } of PODS) {
    addAddress(lab.network, name, 'eth0', `${address}/64`);
    const via = address.replace(/::.*$/, '::1');
    addRoute(namespaceOf(lab, name), { destination: '::/0', via, device: 'eth0' });
  }
  return lab;
}
