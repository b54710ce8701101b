import { ipVersion } from '../../base/ip.ts';
import type { Node } from '../../api/core/node.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { ClusterOptions, KubeProxyOptions } from '../../cluster-options.ts';
import type { AgentContext } from '../agent.ts';
import { isOfFamily } from './service-port.ts';
import type { IpFamily, PodDetector, ProxyConfig } from './proxy-config.ts';

const LOOPBACK: Readonly<Record<IpFamily, string>> = { IPv4: '127.0.0.1', IPv6: '::1' };

const ofFamily = (addresses: readonly string[], family: IpFamily) =>
  addresses.filter((address) => isOfFamily(address, family));

function localAddresses({ links }: NetworkNamespace, family: IpFamily): string[] {
  const loopback = LOOPBACK[family];
  const found = [loopback];
  // Most links are pods', and have none.
  for (const { addresses } of Object.values(links))
    for (const { address } of addresses)
      if (address !== loopback && isOfFamily(address, family)) found.push(address);
  return found;
}

/** The node's first address of the family, as its status says (GetNodeIPs). */
function nodeAddressOf(node: Node | undefined, family: IpFamily): string {
  const addresses = node?.status?.addresses ?? [];
  const internal = addresses.filter(({ type }) => type === 'InternalIP');
  return (
    ofFamily(
      internal.map(({ address }) => address),
      family,
    )[0] ?? ''
  );
}

function podCidrsOf(node: Node | undefined): readonly string[] {
  const { podCIDR, podCIDRs } = node?.spec ?? {};
  return podCIDRs ?? (podCIDR === undefined ? [] : [podCIDR]);
}

/** How this kube-proxy tells pods (getLocalDetector of cmd/kube-proxy/app/server_linux.go). */
function detectorOf(
  { detectLocal = { mode: 'ClusterCIDR' } }: KubeProxyOptions,
  podCidrs: readonly string[],
  node: Node | undefined,
  family: IpFamily,
): PodDetector | undefined {
  switch (detectLocal.mode) {
    case 'ClusterCIDR':
    case 'NodeCIDR': {
      const ranges = detectLocal.mode === 'ClusterCIDR' ? podCidrs : podCidrsOf(node);
      const [cidr] = ofFamily(ranges, family);
      return cidr === undefined ? undefined : { by: 'source', cidr };
    }
    case 'BridgeInterface':
      return { by: 'bridge', name: detectLocal.bridge };
    case 'InterfaceNamePrefix':
      return { by: 'interface-prefix', prefix: detectLocal.prefix };
  }
}

/** `--nodeport-addresses`: nftables mode answers on the primary address alone unless told otherwise. */
function nodePortAddresses(
  { nodePortAddresses: asked }: KubeProxyOptions,
  mode: ClusterOptions['proxyMode'],
  nodeAddress: string,
  family: IpFamily,
): string[] {
  const wanted = asked ?? (mode === 'nftables' ? ['primary'] : []);
  const bits = family === 'IPv4' ? 32 : 128;
  return wanted.flatMap((each) => {
    if (each === 'primary') return nodeAddress === '' ? [] : [`${nodeAddress}/${bits}`];
    return isOfFamily(each, family) ? [each] : [];
  });
}

/** The ranges of a cluster option that may name one family, or both with a comma between. */
const ranges = (text: string) => text.split(',').map((range) => range.trim());

/** The families that a cluster's nodes speak: those of the pod ranges. */
export const familiesOf = ({ podCidr }: Pick<ClusterOptions, 'podCidr'>): IpFamily[] =>
  ranges(podCidr).map((range) => (ipVersion(range.split('/')[0] ?? '') === 6 ? 'IPv6' : 'IPv4'));

/** What kube-proxy finds out about itself and its node before a round. */
export function readConfig(
  { node: nodeName, options, store }: AgentContext,
  namespace: NetworkNamespace,
  family: IpFamily,
): ProxyConfig {
  const node = store.get<Node>('Node', undefined, nodeName);
  const own = options.kubeProxy ?? {};
  const nodeAddress = nodeAddressOf(node, family);
  const pods = detectorOf(own, ranges(options.podCidr), node, family);
  return {
    family,
    nodeName,
    nodeAddress,
    nodeLabels: node?.metadata.labels ?? {},
    localAddresses: localAddresses(namespace, family),
    ...(pods && { pods }),
    ...(own.masqueradeAll && { masqueradeAll: true }),
    localhostNodePorts: own.localhostNodePorts === false ? 'not-answered' : 'answered',
    nodePortAddresses: nodePortAddresses(own, options.proxyMode, nodeAddress, family),
    hasRandomFully: true,
    serviceCidrs: ofFamily(ranges(options.serviceCidr), family),
  };
}
