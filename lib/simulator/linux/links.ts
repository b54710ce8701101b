import { networkOf } from '../base/cidr.ts';
import { invariant } from '../base/invariant.ts';
import { nextMac } from '../base/mac.ts';
import type { NetworkEnvironment } from './environment.ts';
import { holdVxlanSockets } from './vxlan-link.ts';
import type { InterfaceAddress, Link, Network, NetworkNamespace, Route } from './network.ts';
import { noTraffic } from './traffic.ts';

/** One end of a veth pair that is to be made. */
export interface VethEnd {
  readonly namespace: string;
  readonly name: string;
  readonly mac?: string;
  readonly mtu?: number;
}

const DEFAULT_MTU = 1500;

function namespaceOf(network: Network, id: string): NetworkNamespace {
  const namespace = network.namespaces[id];
  invariant(namespace, `no namespace ${id}`);
  return namespace;
}

/** The link, which must exist: whoever builds a network knows its names. */
export function linkOf(network: Network, namespace: string, name: string): Link {
  const link = namespaceOf(network, namespace).links[name];
  invariant(link, `no link ${name} in ${namespace}`);
  return link;
}

/** `ip link add A type veth peer name B`, each end in its namespace, both up. */
export function addVethPair(
  network: Network,
  environment: NetworkEnvironment,
  first: VethEnd,
  second: VethEnd,
): void {
  const add = (end: VethEnd, peer: VethEnd) => {
    const namespace = namespaceOf(network, end.namespace);
    namespace.links[end.name] = {
      kind: 'veth',
      name: end.name,
      index: namespace.nextLinkIndex++,
      mac: end.mac ?? nextMac(environment.random),
      mtu: end.mtu ?? DEFAULT_MTU,
      isUp: true,
      addresses: [],
      traffic: noTraffic(),
      peer: { namespace: peer.namespace, link: peer.name },
    };
  };
  add(first, second);
  add(second, first);
}

/** `ip link add NAME type bridge`, up. */
export function addBridge(
  network: Network,
  environment: NetworkEnvironment,
  options: { namespace: string; name: string; mac?: string; mtu?: number },
): void {
  const namespace = namespaceOf(network, options.namespace);
  namespace.links[options.name] = {
    kind: 'bridge',
    name: options.name,
    index: namespace.nextLinkIndex++,
    mac: options.mac ?? nextMac(environment.random),
    mtu: options.mtu ?? DEFAULT_MTU,
    isUp: true,
    addresses: [],
    traffic: noTraffic(),
    fdb: {},
  };
}

/**
 * `ip link add NAME type dummy`, down as every new device. Its addresses are local all the same: the kernel drops the routes to
 * own addresses with the addresses, not with the device. `queueLength` 0 is what a netlink library leaves that asks for none.
 */
export function addDummy(
  network: Network,
  environment: NetworkEnvironment,
  options: { namespace: string; name: string; queueLength?: number },
): void {
  const namespace = namespaceOf(network, options.namespace);
  namespace.links[options.name] = {
    kind: 'dummy',
    name: options.name,
    index: namespace.nextLinkIndex++,
    mac: nextMac(environment.random),
    mtu: DEFAULT_MTU,
    isUp: false,
    addresses: [],
    traffic: noTraffic(),
    queueLength: options.queueLength ?? 1000,
  };
}

/** `ip link set PORT master BRIDGE`; with hairpin a frame may leave by the port it came from. */
export function setMaster(
  network: Network,
  namespace: string,
  port: string,
  bridge: string,
  options: { hairpin?: 'on' | 'off' } = {},
): void {
  const link = linkOf(network, namespace, port);
  link.master = bridge;
  link.hairpin = options.hairpin === 'on';
}

/**
 * `ip link set NAME up|down`. Down takes every route and neighbour of the device with it; up brings back only what the
 * kernel makes of the addresses itself (fib_disable_ip, fib_add_ifaddr).
 */
export function setLinkState(
  network: Network,
  namespaceId: string,
  name: string,
  state: 'up' | 'down',
): void {
  const link = linkOf(network, namespaceId, name);
  const namespace = namespaceOf(network, namespaceId);
  if (link.isUp === (state === 'up')) return;
  link.isUp = state === 'up';
  if (link.kind === 'vxlan') holdVxlanSockets(network, namespace);
  if (link.isUp) {
    for (const address of link.addresses) addConnectedRoute(namespace, link, address);
    return;
  }
  // addrconf_ifdown: IPv6 addresses do not survive it (keep_addr_on_down is 0).
  dropWhere(link.addresses, ({ address }) => address.includes(':'));
  forgetDevice(namespace, name);
}

/** What refers to a device that goes away or down. */
function forgetDevice(namespace: NetworkNamespace, name: string): void {
  dropWhere(namespace.routes, (route) => route.device === name);
  dropWhere(namespace.neighbours, (neighbour) => neighbour.device === name);
  dropWhere(namespace.pending, (pending) => pending.device === name);
  for (const other of Object.values(namespace.links)) {
    if (other.kind === 'bridge') forgetPort(other.fdb, name);
  }
}

/** The route to the network of an address (`proto kernel scope link`). */
function addConnectedRoute(
  namespace: NetworkNamespace,
  link: Link,
  { address, prefix }: InterfaceAddress,
): void {
  const destination = networkOf(`${address}/${prefix}`);
  if (destination === undefined || link.kind === 'loopback' || !link.isUp) return;
  if (address.includes(':')) {
    addPrefixRoute6(namespace, link, destination);
    return;
  }
  if (prefix === 32) return;
  namespace.routes.push({
    destination,
    device: link.name,
    source: address,
    protocol: 'kernel',
    scope: 'link',
  });
}

/** addrconf_prefix_route: without a source or a scope, and for a host prefix as well. fe80::/64 is the device's own. */
function addPrefixRoute6(namespace: NetworkNamespace, link: Link, destination: string): void {
  if (destination === 'fe80::/64') return;
  const isThere = namespace.routes.some(
    (route) => route.destination === destination && route.device === link.name,
  );
  if (isThere) return;
  namespace.routes.push({ destination, device: link.name, protocol: 'kernel', metric: 256 });
}

const parseInterfaceAddress = (text: string): InterfaceAddress => {
  const [address = '', prefix = text.includes(':') ? '128' : '32'] = text.split('/');
  return { address, prefix: Number(prefix) };
};

/** `ip addr add 10.0.0.1/24 dev NAME`, with the connected route that the kernel adds. */
export function addAddress(network: Network, namespace: string, name: string, cidr: string): void {
  const link = linkOf(network, namespace, name);
  const entry = parseInterfaceAddress(cidr);
  if (link.addresses.some(({ address }) => address === entry.address)) return;
  link.addresses.push(entry);
  addConnectedRoute(namespaceOf(network, namespace), link, entry);
}

/** `ip addr del`: the routes that used the address as their source go too. */
export function removeAddress(
  network: Network,
  namespace: string,
  name: string,
  address: string,
): void {
  const link = linkOf(network, namespace, name);
  const index = link.addresses.findIndex((entry) => entry.address === address);
  const [gone] = index < 0 ? [] : link.addresses.splice(index, 1);
  if (!gone) return;
  const { routes } = namespaceOf(network, namespace);
  dropWhere(routes, (route) => route.device === name && route.source === address);
  if (address.includes(':')) dropPrefixRoute6(routes, link, gone);
}

/** The route of an IPv6 prefix goes with the last address of it (check_cleanup_prefix_route). */
function dropPrefixRoute6(
  routes: Route[],
  link: Link,
  { address, prefix }: InterfaceAddress,
): void {
  const destination = networkOf(`${address}/${prefix}`);
  const isKept = link.addresses.some(
    (other) => networkOf(`${other.address}/${other.prefix}`) === destination,
  );
  if (isKept) return;
  dropWhere(
    routes,
    (route) =>
      route.destination === destination &&
      route.device === link.name &&
      route.protocol === 'kernel',
  );
}

/** `ip link del`: routes, neighbours and bridge entries of the device go; of a veth, the other end goes as well. */
export function removeLink(network: Network, namespaceId: string, name: string): void {
  const namespace = network.namespaces[namespaceId];
  const link = namespace?.links[name];
  if (!namespace || !link) return;
  delete namespace.links[name];
  forgetDevice(namespace, name);
  forgetSysctls(namespace, name);
  for (const other of Object.values(namespace.links)) {
    if (other.master === name) delete other.master;
  }
  if (link.kind === 'veth') removeLink(network, link.peer.namespace, link.peer.link);
  if (link.kind === 'vxlan') holdVxlanSockets(network, namespace);
  // A tunnel does not outlive the device below it (vxlan_handle_lowerdev_unregister).
  for (const other of Object.values(namespace.links)) {
    if (other.kind === 'vxlan' && other.underlay === name)
      removeLink(network, namespaceId, other.name);
  }
}

/** /proc/sys/net/ipv4/conf/NAME and ipv4/neigh/NAME go with the device. */
function forgetSysctls({ sysctls }: NetworkNamespace, name: string): void {
  for (const key of Object.keys(sysctls)) {
    const [, rest = ''] = /^ipv[46]\.(?:conf|neigh)\.(.*)$/.exec(key) ?? [];
    if (rest.startsWith(`${name}.`)) delete sysctls[key];
  }
}

function forgetPort(fdb: Record<string, { port: string }>, port: string): void {
  for (const [mac, entry] of Object.entries(fdb)) if (entry.port === port) delete fdb[mac];
}

/** Removes in place: state keeps its arrays. */
function dropWhere<T>(items: T[], isGone: (item: T) => boolean): void {
  for (let i = items.length - 1; i >= 0; i--) {
    const item = items[i];
    if (item !== undefined && isGone(item)) items.splice(i, 1);
  }
}
