import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { IpVersion } from '../../base/ip.ts';
import { linkLocalFromMac } from '../../base/ipv6-address.ts';
import { addAddress, addVethPair, linkOf, removeLink } from '../../linux/links.ts';
import type { NetworkNamespace, Route } from '../../linux/network.ts';
import { addRoute } from '../../linux/routes.ts';
import { allocateAddresses, freeAddresses } from './allocate-addresses.ts';
import type { CniHost } from './cni-host.ts';
import { failed, type CniOutcome } from './cni-result.ts';
import { deviceMac } from '../../base/device-mac.ts';
import type { CalicoConfiguration, ChainPosition, CniArguments } from './network-configuration.ts';

/** Every pod's gateway. Nobody has this address: the node answers for it by proxy ARP. */
const GATEWAY = '169.254.1.1';
/** The node's end of every pair. */
const HOST_MAC = 'ee:ee:ee:ee:ee:ee';
/** The gateway for IPv6: what the kernel makes of that MAC, on the node's end of every pair. */
const GATEWAY6 = linkLocalFromMac(HOST_MAC);
const DEFAULT_MTU = 1500;
/** What the kernel gives an IPv6 route that names no metric. */
const METRIC6 = 1024;

const versionOf = (cidr: string): IpVersion => (cidr.includes(':') ? 6 : 4);

/** `10.244.1.5/24` as a prefix of this host alone. */
const hostCidr = (cidr: string) => cidr.replace(/\/.*$/, versionOf(cidr) === 6 ? '/128' : '/32');

/**
 * The node's end of a pod's pair: `cali` and the beginning of sha1("namespace.name") in hexadecimal.
 * Source: projectcalico/calico libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go, `VethNameForWorkload`.
 */
export function calicoDevice(pod: { readonly namespace: string; readonly name: string }): string {
  const digest = bytesToHex(sha1(utf8ToBytes(`${pod.namespace}.${pod.name}`)));
  return `cali${digest.slice(0, 11)}`;
}

/**
 * What Felix and the plug-in set on the node's end: it routes, and answers ARP for whatever it has a route to. The same is
 * set for IPv6, where nobody asks for anything but the gateway, which is there.
 */
function setSysctls(
  device: string,
  sysctls: Record<string, string>,
  versions: readonly IpVersion[],
): void {
  if (versions.includes(4)) {
    sysctls['ipv4.ip_forward'] = '1';
    for (const name of ['proxy_arp', 'route_localnet', 'rp_filter', 'forwarding']) {
      sysctls[`ipv4.conf.${device}.${name}`] = '1';
    }
    // The kernel would wait up to 0.8 s before it answers for somebody else.
    sysctls[`ipv4.neigh.${device}.proxy_delay`] = '0';
  }
  if (!versions.includes(6)) return;
  sysctls['ipv6.conf.all.forwarding'] = '1';
  for (const name of ['proxy_ndp', 'forwarding']) sysctls[`ipv6.conf.${device}.${name}`] = '1';
}

/** The way out of a pod. The gateway of IPv6 needs no route of its own: it is link-local. */
function addGatewayRoutes(inside: NetworkNamespace, device: string, version: IpVersion): void {
  if (version === 6) {
    addRoute(inside, { destination: '::/0', via: GATEWAY6, device });
    return;
  }
  addRoute(inside, { destination: `${GATEWAY}/32`, device, scope: 'link' });
  addRoute(inside, { destination: '0.0.0.0/0', via: GATEWAY, device });
}

/** The node's route to a pod. Scopes are a matter of IPv4. */
const hostRoute = (cidr: string, device: string): Route => ({
  destination: cidr,
  device,
  ...(cidr.includes(':') ? { metric: METRIC6 } : { scope: 'link' }),
});

/** @param cidrs the pod's addresses, as a prefix of one host each */
function connect(
  { mtu }: CalicoConfiguration,
  device: string,
  cidrs: readonly string[],
  { netns, interfaceName, containerId }: CniArguments,
  host: CniHost,
): void {
  const { network, environment, namespace, because } = host;
  const size = mtu || DEFAULT_MTU;
  const mac = deviceMac(`${containerId} ${interfaceName}`);
  addVethPair(
    network,
    environment,
    { namespace: netns, name: interfaceName, mac, mtu: size },
    { namespace, name: device, mac: HOST_MAC, mtu: size },
  );
  const inside = network.namespaces[netns];
  const outside = network.namespaces[namespace];
  if (!inside || !outside) return;
  const versions = cidrs.map(versionOf);
  for (const cidr of cidrs) addAddress(network, netns, interfaceName, cidr);
  for (const version of versions) addGatewayRoutes(inside, interfaceName, version);
  setSysctls(device, outside.sysctls, versions);
  for (const cidr of cidrs) {
    const route = hostRoute(cidr, device);
    addRoute(outside, because ? { ...route, because } : route);
  }
}

/**
 * CNI ADD of the calico plug-in: no bridge; a pair between pod and node, a /32 (IPv6: a /128) on each side of it.
 * Source: projectcalico/calico cni-plugin/pkg/dataplane/linux/dataplane_linux.go, `DoNetworking`.
 *
 * Simplified: addresses from host-local (`usePodCidr`) and not from Calico's own blocks.
 */
export function addToCalico(
  configuration: CalicoConfiguration,
  { network: name, cniVersion }: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): CniOutcome {
  const { netns, interfaceName, pod } = cniArguments;
  if (!pod) return failed('no pod is named');
  const given = allocateAddresses(name, configuration.ipam, cniArguments, host.files);
  if (!given.ok) return failed(given.message);
  const cidrs = given.ips.map(({ address }) => hostCidr(address));
  const device = calicoDevice(pod);
  connect(configuration, device, cidrs, cniArguments, host);
  const { mac } = linkOf(host.network, netns, interfaceName);
  return {
    ok: true,
    result: {
      cniVersion,
      interfaces: [
        { name: device, mac: HOST_MAC },
        { name: interfaceName, mac, sandbox: netns },
      ],
      ips: cidrs.map((address) => ({ interface: 1, address })),
      dns: {},
    },
  };
}

/** CNI DEL: the pair goes, and the route with it. */
export function removeFromCalico(
  configuration: CalicoConfiguration,
  { network: name }: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): void {
  freeAddresses(name, configuration.ipam, cniArguments, host.files);
  removeLink(host.network, cniArguments.netns, cniArguments.interfaceName);
}
