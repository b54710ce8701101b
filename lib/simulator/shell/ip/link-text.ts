import { cidrBounds } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import type { InterfaceAddress, Link, Network, NetworkNamespace } from '../../linux/network.ts';

/** The other end of a veth pair, when it is on the same machine: a cable to another machine shows as a plain device. */
function peerOf(network: Network, namespace: NetworkNamespace, link: Link) {
  if (link.kind !== 'veth') return undefined;
  const other = network.namespaces[link.peer.namespace];
  const peer = other?.links[link.peer.link];
  return other && peer && other.machine === namespace.machine ? { other, peer } : undefined;
}

/** Whether the other end is up: a veth has a carrier only then. */
function hasCarrier(network: Network, link: Link): boolean {
  if (link.kind !== 'veth') return true;
  return network.namespaces[link.peer.namespace]?.links[link.peer.link]?.isUp === true;
}

/** `lo`, `eth0@if5` (the peer is in another namespace), `v0@v1`. */
export function linkName(network: Network, namespace: NetworkNamespace, link: Link): string {
  const found = peerOf(network, namespace, link);
  if (!found) return link.name;
  return found.other === namespace
    ? `${link.name}@${found.peer.name}`
    : `${link.name}@if${found.peer.index}`;
}

function flagsOf(network: Network, link: Link): string {
  const base = link.kind === 'loopback' ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST'];
  if (!link.isUp) return `<${base.join(',')}>`;
  return hasCarrier(network, link)
    ? `<${[...base, 'UP', 'LOWER_UP'].join(',')}>`
    : `<${['NO-CARRIER', ...base, 'UP'].join(',')}>`;
}

function stateOf(network: Network, link: Link): string {
  if (link.kind === 'loopback') return link.isUp ? 'UNKNOWN' : 'DOWN';
  if (!link.isUp) return 'DOWN';
  return hasCarrier(network, link) ? 'UP' : 'LOWERLAYERDOWN';
}

const macOf = (link: Link) => (link.kind === 'loopback' ? '00:00:00:00:00:00' : link.mac);

function namespaceMark(network: Network, namespace: NetworkNamespace, link: Link): string {
  const found = peerOf(network, namespace, link);
  if (!found || found.other === namespace) return '';
  // The container runtime gives a pod's namespace a name; the machine's own has only a number.
  return found.other.id === found.other.machine
    ? ' link-netnsid 0'
    : ` link-netns ${found.other.id}`;
}

/** The two lines that `ip link` and `ip addr` begin an interface with. */
export function linkLines(
  network: Network,
  namespace: NetworkNamespace,
  link: Link,
  mode: 'link' | 'address',
): string[] {
  const queue = link.kind === 'veth' && !peerOf(network, namespace, link) ? 'fq_codel' : 'noqueue';
  const master = link.master === undefined ? '' : ` master ${link.master}`;
  const modeText = mode === 'link' ? ' mode DEFAULT' : '';
  const kind = link.kind === 'loopback' ? 'loopback' : 'ether';
  const broadcast = link.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  return [
    `${link.index}: ${linkName(network, namespace, link)}: ${flagsOf(network, link)} mtu ${link.mtu} qdisc ${queue}${master} state ${stateOf(network, link)}${modeText} group default qlen 1000`,
    `    link/${kind} ${macOf(link)} brd ${broadcast}${namespaceMark(network, namespace, link)}`,
  ];
}

const labelOf = (link: Link, { address }: InterfaceAddress) =>
  ipVersion(address) === 6 ? '' : ` ${link.name}`;

/** `inet 10.244.1.5/24 brd 10.244.1.255 scope global eth0` and the life time below it. */
export function addressLines(link: Link, entry: InterfaceAddress): string[] {
  const { address, prefix } = entry;
  const isV6 = ipVersion(address) === 6;
  const isLoopback = link.kind === 'loopback';
  const broadcast =
    isV6 || isLoopback || prefix > 30 ? '' : ` brd ${cidrBounds(`${address}/${prefix}`)?.last}`;
  return [
    `    ${isV6 ? 'inet6' : 'inet'} ${address}/${prefix}${broadcast} scope ${isLoopback ? 'host' : 'global'}${labelOf(link, entry)}`,
    '       valid_lft forever preferred_lft forever',
  ];
}

/** `ip -br addr` and `ip -br link`. */
export function briefLine(
  network: Network,
  namespace: NetworkNamespace,
  link: Link,
  addresses: readonly InterfaceAddress[] | 'link',
): string {
  const head = `${linkName(network, namespace, link).padEnd(16)} ${stateOf(network, link).padEnd(14)} `;
  if (addresses === 'link') return `${head}${macOf(link)} ${flagsOf(network, link)} `;
  return head + addresses.map(({ address, prefix }) => `${address}/${prefix} `).join('');
}

export const inOrder = (namespace: NetworkNamespace): Link[] =>
  Object.values(namespace.links).sort((a, b) => a.index - b.index);
