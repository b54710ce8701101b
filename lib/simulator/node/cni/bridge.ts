import { addToIp, ipVersion, type IpVersion } from '../../base/ip.ts';
import { cidrBounds, cidrContains, parseCidr } from '../../base/cidr.ts';
import { invariant } from '../../base/invariant.ts';
import { nextUint32 } from '../../base/random.ts';
import {
  addAddress,
  addBridge,
  addVethPair,
  linkOf,
  removeAddress,
  removeLink,
  setMaster,
} from '../../linux/links.ts';
import type { Link } from '../../linux/network.ts';
import { addRoute, type RouteError } from '../../linux/routes.ts';
import { allocateAddresses, freeAddresses } from './allocate-addresses.ts';
import type { CniHost } from './cni-host.ts';
import {
  failed,
  type CniAddress,
  type CniInterface,
  type CniOutcome,
  type CniResult,
  type CniRoute,
} from './cni-result.ts';
import { deviceMac } from '../../base/device-mac.ts';
import { setUpMasquerade, tearDownMasquerade } from './ip-masquerade.ts';
import type { BridgeConfiguration, ChainPosition, CniArguments } from './network-configuration.ts';

const DEFAULT_BRIDGE = 'cni0';
const defaultRoute = (cidr: string) => (cidr.includes(':') ? '::/0' : '0.0.0.0/0');
/** What the kernel gives a device for which nobody asks otherwise. */
const DEFAULT_MTU = 1500;
const NO_MAC = '00:00:00:00:00:00';

const cidrsOverlap = (first: string, second: string) =>
  cidrContains(first, second.split('/')[0] ?? '') ||
  cidrContains(second, first.split('/')[0] ?? '');

const isGateway = ({ isGateway: asked, isDefaultGateway }: BridgeConfiguration) =>
  asked === true || isDefaultGateway === true;

type HostBridge = Extract<Link, { kind: 'bridge' }>;

/** `ensureBridge`: the bridge, made when it is not there; one that is there keeps its MTU. */
function ensureBridge(configuration: BridgeConfiguration, host: CniHost): HostBridge {
  const { network, environment, namespace } = host;
  const { bridge: name = DEFAULT_BRIDGE, mtu } = configuration;
  if (!network.namespaces[namespace]?.links[name]) {
    addBridge(network, environment, {
      namespace,
      name,
      mac: deviceMac(`bridge ${namespace} ${name}`),
      mtu: mtu || DEFAULT_MTU,
    });
  }
  const link = linkOf(network, namespace, name);
  invariant(link.kind === 'bridge', `${name} is no bridge`);
  if (configuration.promiscMode) link.promiscuous = true;
  return link;
}

function vethName({ network, namespace, environment }: CniHost): string {
  for (;;) {
    const name = `veth${nextUint32(environment.random).toString(16).padStart(8, '0')}`;
    if (!network.namespaces[namespace]?.links[name]) return name;
  }
}

/** `setupVeth`: a pair from the container to a port of the bridge. The answer is the port's name. */
function connectContainer(
  configuration: BridgeConfiguration,
  bridge: Link,
  cniArguments: CniArguments,
  host: CniHost,
): string {
  const { network, environment, namespace } = host;
  const { netns, interfaceName, containerId } = cniArguments;
  const port = vethName(host);
  const mtu = configuration.mtu || DEFAULT_MTU;
  addVethPair(
    network,
    environment,
    {
      namespace: netns,
      name: interfaceName,
      mac: deviceMac(`${containerId} ${interfaceName}`),
      mtu,
    },
    { namespace, name: port, mtu },
  );
  const hairpin = configuration.hairpinMode ? 'on' : 'off';
  setMaster(network, namespace, port, bridge.name, { hairpin });
  return port;
}

/**
 * A bridge has the smallest MTU of its ports (br_mtu_auto_adjust), and the lowest address of theirs, or none without
 * ports (br_stp_recalculate_bridge_id), unless somebody has set one: the plug-in does when it makes the bridge a gateway.
 */
function followPorts(bridge: HostBridge, { network, namespace }: CniHost): void {
  const ports = Object.values(network.namespaces[namespace]?.links ?? {}).filter(
    ({ master }) => master === bridge.name,
  );
  bridge.mtu = Math.min(
    ...ports.map(({ mtu }) => mtu),
    ports.length === 0 ? DEFAULT_MTU : Infinity,
  );
  if (!bridge.hasOwnMac) bridge.mac = ports.map(({ mac }) => mac).sort()[0] ?? NO_MAC;
}

/**
 * `calcGateways`: a gateway for every address when the bridge is one, and a default route of each family when it is asked
 * for. The answer is the routes that were added.
 */
function completeAddresses(
  configuration: BridgeConfiguration,
  ips: readonly CniAddress[],
  routes: readonly CniRoute[],
): readonly CniRoute[] {
  const added: CniRoute[] = [];
  for (const ip of ips) {
    if (isGateway(configuration)) {
      ip.gateway ??= addToIp(cidrBounds(ip.address)?.first ?? '', 1) ?? '';
    }
    const dst = defaultRoute(ip.address);
    const hasDefault =
      routes.some((route) => route.gw !== undefined && route.dst === dst) ||
      added.some((route) => route.dst === dst);
    if (!configuration.isDefaultGateway || hasDefault) continue;
    added.push({ dst, ...(ip.gateway === undefined ? {} : { gw: ip.gateway }) });
  }
  return added;
}

/** How Go prints a net.IPNet: `{1.2.3.0 ffffff00}`. The route of IPv4 that the plug-in adds has a mask of sixteen bytes. */
function goNetwork({ dst }: CniRoute, origin: 'configured' | 'added'): string {
  const { prefix = 0, version = 4 } = parseCidr(dst) ?? {};
  const width = version === 4 ? 32 : 128;
  const ones = (1n << BigInt(width)) - 1n;
  const bits = (ones << BigInt(width - prefix)) & ones;
  const mask = bits.toString(16).padStart(width / 4, '0');
  const padded = origin === 'added' && version === 4 ? `00000000000000000000ffff${mask}` : mask;
  return `{${dst.split('/')[0] ?? ''} ${padded}}`;
}

/** What the kernel's refusal of a route is called by Go's syscall.Errno. */
function goError(problem: RouteError): string {
  if (problem === 'RTNETLINK answers: File exists') return 'file exists';
  if (problem === 'RTNETLINK answers: No route to host') return 'no route to host';
  if (problem === 'Error: Gateway can not be a local address.') return 'invalid argument';
  return 'network is unreachable';
}

/** `ConfigureIface`: addresses and routes in the container. The failure is the plug-in's text. */
function configureInterface(
  { netns, interfaceName }: CniArguments,
  ips: readonly CniAddress[],
  routes: { readonly configured: readonly CniRoute[]; readonly added: readonly CniRoute[] },
  { network }: CniHost,
): string | undefined {
  for (const { address } of ips) addAddress(network, netns, interfaceName, address);
  const namespace = network.namespaces[netns];
  const firstGateway = (version: IpVersion | undefined) =>
    ips.find(({ gateway }) => gateway !== undefined && ipVersion(gateway) === version)?.gateway;
  const { configured, added } = routes;
  for (const route of [...configured, ...added]) {
    const via = route.gw ?? firstGateway(parseCidr(route.dst)?.version);
    const wanted = { destination: route.dst, device: interfaceName };
    const problem =
      namespace && addRoute(namespace, via === undefined ? wanted : { ...wanted, via });
    if (problem === undefined) continue;
    const network = goNetwork(route, added.includes(route) ? 'added' : 'configured');
    const text = `'${network} via ${via ?? '<nil>'} dev ${interfaceName}': ${goError(problem)}`;
    return `failed to add route ${text}`;
  }
  return undefined;
}

/**
 * `ensureAddr`: the gateway's address on the bridge. There is one IPv4 address alone; of IPv6 there may be more, in subnets
 * that do not overlap. With an address the bridge keeps the MAC that the plug-in has read before the port came: a bridge that
 * was there without ports had none. The failure is the plug-in's text.
 */
function ensureGateway(
  { bridge, ownMac }: { readonly bridge: HostBridge; readonly ownMac: string },
  cidr: string,
  { forceAddress }: BridgeConfiguration,
  { network, namespace }: CniHost,
): string | undefined {
  for (const { address, prefix } of [...bridge.addresses]) {
    if (`${address}/${prefix}` === cidr) return undefined;
    if (address.includes(':') !== cidr.includes(':')) continue;
    if (address.includes(':') && !cidrsOverlap(`${address}/${prefix}`, cidr)) continue;
    if (!forceAddress) return `"${bridge.name}" already has an IP address different from ${cidr}`;
    removeAddress(network, namespace, bridge.name, address);
  }
  addAddress(network, namespace, bridge.name, cidr);
  if (ownMac === NO_MAC) return "could not set bridge's mac: invalid argument";
  bridge.mac = ownMac;
  bridge.hasOwnMac = true;
  return undefined;
}

/** The part of the host: gateway addresses and forwarding. The failure is the plug-in's text. */
function configureHost(
  configuration: BridgeConfiguration,
  bridge: { readonly bridge: HostBridge; readonly ownMac: string },
  ips: readonly CniAddress[],
  host: CniHost,
): string | undefined {
  if (!isGateway(configuration)) return undefined;
  for (const { address, gateway } of ips) {
    const cidr = `${gateway ?? ''}/${parseCidr(address)?.prefix ?? 32}`;
    const problem = ensureGateway(bridge, cidr, configuration, host);
    if (problem !== undefined) return `failed to set bridge addr: ${problem}`;
  }
  const sysctls = host.network.namespaces[host.namespace]?.sysctls;
  for (const { address } of sysctls ? ips : []) {
    Object.assign(sysctls ?? {}, {
      [address.includes(':') ? 'ipv6.conf.all.forwarding' : 'ipv4.ip_forward']: '1',
    });
  }
  return undefined;
}

const versionOf = (cniVersion: string, address: string) => {
  if (!cniVersion.startsWith('0.')) return {};
  return { version: address.includes(':') ? '6' : '4' } as const;
};

function resultOf(
  cniVersion: string,
  interfaces: CniInterface[],
  ips: readonly CniAddress[],
  routes: CniRoute[],
): CniResult {
  return {
    cniVersion,
    interfaces,
    ips: ips.map((ip) => ({ ...versionOf(cniVersion, ip.address), interface: 2, ...ip })),
    ...(routes.length > 0 ? { routes } : {}),
    dns: {},
  };
}

function problemBefore(
  configuration: BridgeConfiguration,
  { netns, interfaceName }: CniArguments,
  { network }: CniHost,
): string | undefined {
  if (configuration.hairpinMode && configuration.promiscMode) {
    return 'cannot set hairpin mode and promiscuous mode at the same time.';
  }
  if (network.namespaces[netns]?.links[interfaceName]) {
    return `container veth name provided (${interfaceName}) already exists`;
  }
  return undefined;
}

/**
 * CNI ADD of the bridge plug-in: a bridge, a veth pair to it, addresses from IPAM, routes in the container, and where
 * the configuration says so the gateway's address, forwarding and masquerade. What failed leaves the rest as it was
 * made; the addresses go back. Source: containernetworking/plugins plugins/main/bridge/bridge.go, `cmdAdd`.
 *
 * Simplified: no VLANs, no MAC spoof check, no DNS settings.
 */
export function addToBridge(
  configuration: BridgeConfiguration,
  position: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): CniOutcome {
  const before = problemBefore(configuration, cniArguments, host);
  if (before !== undefined) return failed(before);
  const device = ensureBridge(configuration, host);
  const ownMac = device.mac;
  const port = connectContainer(configuration, device, cniArguments, host);
  followPorts(device, host);
  const { ipam } = configuration;
  const given = ipam
    ? allocateAddresses(position.network, ipam, cniArguments, host.files)
    : { ok: true as const, ips: [] };
  if (!given.ok) return failed(given.message);
  const configured = ipam?.routes ?? [];
  const added = completeAddresses(configuration, given.ips, configured);
  const problem =
    configureInterface(cniArguments, given.ips, { configured, added }, host) ??
    configureHost(configuration, { bridge: device, ownMac }, given.ips, host);
  if (problem !== undefined) {
    if (ipam) freeAddresses(position.network, ipam, cniArguments, host.files);
    return failed(problem);
  }
  if (configuration.ipMasq) {
    for (const { address } of given.ips) {
      setUpMasquerade(position.network, cniArguments.containerId, address, host);
    }
  }
  const { network, namespace } = host;
  const { netns, interfaceName } = cniArguments;
  const interfaces: CniInterface[] = [
    { name: device.name, mac: device.mac },
    { name: port, mac: linkOf(network, namespace, port).mac },
    { name: interfaceName, mac: linkOf(network, netns, interfaceName).mac, sandbox: netns },
  ];
  const routes = [...configured, ...added];
  return { ok: true, result: resultOf(position.cniVersion, interfaces, given.ips, routes) };
}

/** CNI DEL: undoes ADD. Harmless when there is nothing to undo. Source: bridge.go, `cmdDel`. */
export function removeFromBridge(
  configuration: BridgeConfiguration,
  position: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): void {
  const { ipam } = configuration;
  const { netns, interfaceName, containerId } = cniArguments;
  if (ipam) freeAddresses(position.network, ipam, cniArguments, host.files);
  const link = host.network.namespaces[netns]?.links[interfaceName];
  if (!link) return;
  const addresses = inListOrder(link).map(({ address, prefix }) => `${address}/${prefix}`);
  removeLink(host.network, netns, interfaceName);
  const bridge =
    host.network.namespaces[host.namespace]?.links[configuration.bridge ?? DEFAULT_BRIDGE];
  if (bridge?.kind === 'bridge') followPorts(bridge, host);
  if (!configuration.ipMasq) return;
  for (const cidr of addresses) {
    if (tearDownMasquerade(position.network, containerId, cidr, host) === 'in-use') return;
  }
}

/** IPv4 before IPv6, as netlink lists them. */
const inListOrder = ({ addresses }: Link) =>
  ([4, 6] as const).flatMap((version) =>
    addresses.filter(({ address }) => ipVersion(address) === version),
  );
