import type { ObjectRef } from '../../base/object-ref.ts';
import { cidrOfFamily, parseCidr } from '../../base/cidr.ts';
import type { ClusterOptions } from '../../cluster-options.ts';
import { addNamespace, removeNamespace } from '../../linux/network-state.ts';
import type { AgentContext } from '../agent.ts';
import type { CniHost } from './cni-host.ts';
import { ensureCalicoMasquerade } from './calico-masquerade.ts';
import { ensureFlannelMasquerade } from './flannel-masquerade.ts';
import type { CniArguments, NetworkConfiguration, PortMapping } from './network-configuration.ts';
import { addNetworkList, removeNetworkList } from './plugin-chain.ts';

const NETWORK = 'cbr0';
const CALICO_NETWORK = 'k8s-pod-network';
const INTERFACE = 'eth0';

type PodNetworkContext = Pick<AgentContext, 'node' | 'network' | 'environment' | 'options'>;

export interface PodNetworkRequest {
  readonly containerId: string;
  /** Id of the namespace that is made. */
  readonly netns: string;
  /** The pod's `namespace/name`. */
  readonly label: string;
  readonly because: ObjectRef;
  readonly portMappings: readonly PortMapping[];
}

type PodNetworkResult =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly message: string };

type NetworkOptions = Pick<ClusterOptions, 'cni' | 'podMtu'>;

/** The MTU of a pod's interface: the nodes' own, less what a tunnel puts around each packet. */
export function podMtu({ cni, podMtu: set }: NetworkOptions): number {
  if (set !== undefined) return set;
  switch (cni) {
    case 'routed':
    case 'bgp':
      return 1500;
    case 'vxlan':
      return 1450;
  }
}

function bridgeConfiguration(
  podCidrs: readonly string[],
  options: NetworkOptions,
): NetworkConfiguration {
  return {
    cniVersion: '1.0.0',
    name: NETWORK,
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        mtu: podMtu(options),
        hairpinMode: true,
        isDefaultGateway: true,
        ipam: { type: 'host-local', ranges: podCidrs.map((subnet) => [{ subnet }]) },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

const calicoConfiguration = (
  podCidrs: readonly string[],
  options: NetworkOptions,
): NetworkConfiguration => ({
  cniVersion: '0.3.1',
  name: CALICO_NETWORK,
  plugins: [
    {
      type: 'calico',
      mtu: podMtu(options),
      ipam: { type: 'host-local', ranges: podCidrs.map((subnet) => [{ subnet }]) },
    },
    { type: 'portmap', snat: true, capabilities: { portMappings: true } },
  ],
});

const CACHE_LIMIT = 10_000;
const configurations = new Map<string, NetworkConfiguration>();

/**
 * What an installer puts into /etc/cni/net.d of a node whose parts of the pod ranges are `podCidrs`: an address of each.
 * The same one for every pod of a node.
 */
function nodeNetworkConfiguration(
  podCidrs: readonly string[],
  options: NetworkOptions,
): NetworkConfiguration {
  const key = [options.cni, podMtu(options), ...podCidrs].join(' ');
  const known = configurations.get(key);
  if (known) return known;
  const made = makeConfiguration(podCidrs, options);
  if (configurations.size >= CACHE_LIMIT) configurations.clear();
  configurations.set(key, made);
  return made;
}

function makeConfiguration(
  podCidrs: readonly string[],
  options: NetworkOptions,
): NetworkConfiguration {
  switch (options.cni) {
    case 'routed':
    case 'vxlan':
      return bridgeConfiguration(podCidrs, options);
    case 'bgp':
      return calicoConfiguration(podCidrs, options);
  }
}

/** The masquerade rules that the CNI's daemon keeps on the node, for one of its ranges. */
function ensureMasquerade(
  podCidr: string,
  podRange: string,
  { cni }: Pick<ClusterOptions, 'cni'>,
  host: CniHost,
): void {
  switch (cni) {
    case 'routed':
    case 'vxlan':
      return ensureFlannelMasquerade(podCidr, podRange, host);
    case 'bgp':
      return ensureCalicoMasquerade(podRange, host);
  }
}

const hostOf = (
  { node, network, environment }: PodNetworkContext,
  because?: ObjectRef,
): CniHost => ({
  network,
  environment,
  namespace: node,
  files: network.machines[node]?.files ?? {},
  ...(because ? { because } : {}),
});

function argumentsOf({
  containerId,
  netns,
  portMappings,
  label,
}: Pick<PodNetworkRequest, 'containerId' | 'netns' | 'portMappings' | 'label'>): CniArguments {
  const [namespace = '', name = ''] = label.split('/');
  const pod = { namespace, name };
  return { containerId, netns, interfaceName: INTERFACE, portMappings, pod };
}

/**
 * What the container runtime does for a pod's sandbox: a namespace, then CNI ADD of the node's configuration. After a
 * failure everything is undone; the message is libcni's.
 */
export function addPodNetwork(
  podCidrs: readonly string[],
  request: PodNetworkRequest,
  context: PodNetworkContext,
): PodNetworkResult {
  const { node, network, options } = context;
  const { netns, label, because } = request;
  const host = hostOf(context, because);
  const configuration = nodeNetworkConfiguration(podCidrs, options);
  for (const podCidr of podCidrs) {
    const podRange = cidrOfFamily(options.podCidr, parseCidr(podCidr)?.version ?? 4);
    const owner = hostOf(context, { kind: 'Node', name: node });
    if (podRange !== undefined) ensureMasquerade(podCidr, podRange, options, owner);
  }
  addNamespace(network, { id: netns, machine: node, label, because });
  const outcome = addNetworkList(configuration, argumentsOf(request), host);
  if (outcome.ok) {
    return { ok: true, addresses: outcome.result.ips.map(({ address }) => bare(address)) };
  }
  removeNetworkList(configuration, argumentsOf(request), host);
  removeNamespace(network, netns);
  return outcome;
}

const bare = (cidr: string) => cidr.split('/')[0] ?? '';

/** CNI DEL and the end of the namespace. Harmless when there is nothing to undo. */
export function removePodNetwork(
  podCidrs: readonly string[],
  { containerId, netns }: Pick<PodNetworkRequest, 'containerId' | 'netns'>,
  context: PodNetworkContext,
): void {
  removeNetworkList(
    nodeNetworkConfiguration(podCidrs, context.options),
    argumentsOf({ containerId, netns, portMappings: [], label: '' }),
    hostOf(context),
  );
  removeNamespace(context.network, netns);
}
