import { cidrBounds, networkOf } from '../../base/cidr.ts';
import { ipVersion } from '../../base/ip.ts';
import { isLinkLocal6 } from '../../base/ipv6-address.ts';
import type { InterfaceAddress, Link, Network, NetworkNamespace } from '../../linux/network.ts';

/** The other end of a veth pair, when it is on the same machine: a cable to another machine shows as a plain device. */
function peerOf(network: Network, namespace: NetworkNamespace, link: Link) {
  if (link.kind !== 'veth') return undefined;
  const other = network.namespaces[link.peer.namespace];
  const peer = other?.links[link.peer.link];
  return other && peer && other.machine === namespace.machine ? { other, peer } : undefined;
}

/** Whether the other end is up: a veth has a carrier only then; a bridge while one of its ports has. */
function hasCarrier(network: Network, namespace: NetworkNamespace, link: Link): boolean {
  if (link.kind === 'bridge') {
    return Object.values(namespace.links).some(
      (port) => port.master === link.name && port.isUp && hasCarrier(network, namespace, port),
    );
  }
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

/** The other end stands beside it and is down: ip(8) says so of what it can see (print_link_flags). */
function isPeerDown(network: Network, namespace: NetworkNamespace, link: Link): boolean {
  const found = peerOf(network, namespace, link);
  return found !== undefined && found.other === namespace && !found.peer.isUp;
}

/** Flags in the order in which ip(8) prints them. */
export function linkFlags(network: Network, namespace: NetworkNamespace, link: Link): string[] {
  const base = [
    ...(link.kind === 'loopback'
      ? ['LOOPBACK']
      : ['BROADCAST', link.kind === 'dummy' ? 'NOARP' : 'MULTICAST']),
    ...(link.promiscuous ? ['PROMISC'] : []),
  ];
  const end = isPeerDown(network, namespace, link) ? ['M-DOWN'] : [];
  if (!link.isUp) return [...base, ...end];
  return hasCarrier(network, namespace, link)
    ? [...base, 'UP', 'LOWER_UP', ...end]
    : ['NO-CARRIER', ...base, 'UP', ...end];
}

const flagsText = (network: Network, namespace: NetworkNamespace, link: Link) =>
  `<${linkFlags(network, namespace, link).join(',')}>`;

/** RFC 2863's operational state. lo and tunnels do not know theirs. */
export function linkState(network: Network, namespace: NetworkNamespace, link: Link): string {
  if (!link.isUp) return 'DOWN';
  if (link.kind === 'loopback' || link.kind === 'vxlan' || link.kind === 'dummy') return 'UNKNOWN';
  if (hasCarrier(network, namespace, link)) return 'UP';
  return link.kind === 'bridge' ? 'DOWN' : 'LOWERLAYERDOWN';
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

/** A cable to another machine has a real queue; what exists in memory alone has none. */
export function queueOf(network: Network, namespace: NetworkNamespace, link: Link): string {
  if (link.kind === 'dummy' && !link.isUp) return 'noop';
  return link.kind === 'veth' && !peerOf(network, namespace, link) ? 'fq_codel' : 'noqueue';
}

export const queueLengthOf = (link: Link) => (link.kind === 'dummy' ? link.queueLength : 1000);

/** The two lines that `ip link` and `ip addr` begin an interface with. */
export function linkLines(
  network: Network,
  namespace: NetworkNamespace,
  link: Link,
  mode: 'link' | 'address',
): string[] {
  const master = link.master === undefined ? '' : ` master ${link.master}`;
  const modeText = mode === 'link' ? ' mode DEFAULT' : '';
  const kind = link.kind === 'loopback' ? 'loopback' : 'ether';
  const broadcast = link.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff';
  const length = queueLengthOf(link);
  const lengthText = length === 0 ? '' : `qlen ${length}`;
  return [
    `${link.index}: ${linkName(network, namespace, link)}: ${flagsText(network, namespace, link)} mtu ${link.mtu} qdisc ${queueOf(network, namespace, link)}${master} state ${linkState(network, namespace, link)}${modeText} group default ${lengthText}`,
    `    link/${kind} ${macOf(link)} brd ${broadcast}${namespaceMark(network, namespace, link)}`,
  ];
}

const labelOf = (link: Link, { address }: InterfaceAddress) =>
  // An IPv6 address has no label: ip(8) leaves a blank where its flags would be.
  ipVersion(address) === 6 ? ' ' : ` ${link.name}`;

/** `host`, `link` or `global`. */
export const scopeOf = (link: Link, { address }: InterfaceAddress) =>
  link.kind === 'loopback' ? 'host' : isLinkLocal6(address) ? 'link' : 'global';

/** Undefined where the kernel sets none. */
export const broadcastOf = (link: Link, { address, prefix }: InterfaceAddress) =>
  ipVersion(address) === 6 || link.kind === 'loopback' || prefix > 30
    ? undefined
    : cidrBounds(`${address}/${prefix}`)?.last;

/** A second IPv4 address of the same subnet (IFA_F_SECONDARY): the kernel keeps it behind all first ones. */
export const isSecondary = (link: Link, entry: InterfaceAddress): boolean => {
  const subnet = ({ address, prefix }: InterfaceAddress) => networkOf(`${address}/${prefix}`);
  if (ipVersion(entry.address) === 6) return false;
  const first = link.addresses.find((other) => subnet(other) === subnet(entry));
  return first !== undefined && first.address !== entry.address;
};

/** Addresses in the order in which the kernel lists them: first ones, then the second ones of their subnets. */
export const inAddressOrder = (
  link: Link,
  addresses: readonly InterfaceAddress[],
): InterfaceAddress[] => {
  const isV6 = ({ address }: InterfaceAddress) => ipVersion(address) === 6;
  const v4 = addresses.filter((entry) => !isV6(entry));
  return [
    ...v4.filter((entry) => !isSecondary(link, entry)),
    ...v4.filter((entry) => isSecondary(link, entry)),
    ...addresses.filter(isV6),
  ];
};

/** `inet 10.244.1.5/24 brd 10.244.1.255 scope global eth0` and the life time below it. */
export function addressLines(link: Link, entry: InterfaceAddress): string[] {
  const { address, prefix } = entry;
  const broadcast = broadcastOf(link, entry);
  const family = ipVersion(address) === 6 ? 'inet6' : 'inet';
  return [
    `    ${family} ${address}/${prefix}${broadcast === undefined ? '' : ` brd ${broadcast}`} scope ${scopeOf(link, entry)}${isSecondary(link, entry) ? ' secondary' : ''}${labelOf(link, entry)}`,
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
  const head = `${linkName(network, namespace, link).padEnd(16)} ${linkState(network, namespace, link).padEnd(14)} `;
  if (addresses === 'link') return `${head}${macOf(link)} ${flagsText(network, namespace, link)} `;
  return head + addresses.map(({ address, prefix }) => `${address}/${prefix} `).join('');
}

export const inOrder = (namespace: NetworkNamespace): Link[] =>
  Object.values(namespace.links).sort((a, b) => a.index - b.index);
