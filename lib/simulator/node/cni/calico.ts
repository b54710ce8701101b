import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { addAddress, addVethPair, linkOf, removeLink } from '../../linux/links.ts';
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
const DEFAULT_MTU = 1500;

/**
 * The node's end of a pod's pair: `cali` and the beginning of sha1("namespace.name") in hexadecimal.
 * Source: projectcalico/calico libcalico-go/lib/backend/k8s/conversion/workload_endpoint_default.go, `VethNameForWorkload`.
 */
export function calicoDevice(pod: { readonly namespace: string; readonly name: string }): string {
  const digest = bytesToHex(sha1(utf8ToBytes(`${pod.namespace}.${pod.name}`)));
  return `cali${digest.slice(0, 11)}`;
}

/** What Felix and the plug-in set on the node's end: it routes, and answers ARP for whatever it has a route to. */
function setSysctls(device: string, { network, namespace }: CniHost): void {
  const sysctls = network.namespaces[namespace]?.sysctls;
  if (!sysctls) return;
  sysctls['ipv4.ip_forward'] = '1';
  for (const name of ['proxy_arp', 'route_localnet', 'rp_filter', 'forwarding']) {
    sysctls[`ipv4.conf.${device}.${name}`] = '1';
  }
  // The kernel would wait up to 0.8 s before it answers for somebody else.
  sysctls[`ipv4.neigh.${device}.proxy_delay`] = '0';
}

function connect(
  { mtu }: CalicoConfiguration,
  device: string,
  address: string,
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
  addAddress(network, netns, interfaceName, `${address}/32`);
  const inside = network.namespaces[netns];
  const outside = network.namespaces[namespace];
  if (!inside || !outside) return;
  addRoute(inside, { destination: `${GATEWAY}/32`, device: interfaceName, scope: 'link' });
  addRoute(inside, { destination: '0.0.0.0/0', via: GATEWAY, device: interfaceName });
  setSysctls(device, host);
  const route = { destination: `${address}/32`, device, scope: 'link' } as const;
  addRoute(outside, because ? { ...route, because } : route);
}

/**
 * CNI ADD of the calico plug-in: no bridge; a pair between pod and node, a /32 on each side of it.
 * Source: projectcalico/calico cni-plugin/pkg/dataplane/linux/dataplane_linux.go, `DoNetworking`.
 *
 * Simplified: IPv4 alone, addresses from host-local (`usePodCidr`) and not from Calico's own blocks.
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
  const address = given.ips[0]?.address.split('/')[0] ?? '';
  const device = calicoDevice(pod);
  connect(configuration, device, address, cniArguments, host);
  const { mac } = linkOf(host.network, netns, interfaceName);
  return {
    ok: true,
    result: {
      cniVersion,
      interfaces: [
        { name: device, mac: HOST_MAC },
        { name: interfaceName, mac, sandbox: netns },
      ],
      ips: [{ interface: 1, address: `${address}/32` }],
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
