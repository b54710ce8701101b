import type { ObjectRef } from '../../base/object-ref.ts';
import type { ClusterOptions } from '../../cluster-options.ts';
import { addNamespace, removeNamespace } from '../../linux/network-state.ts';
import type { AgentContext } from '../agent.ts';
import type { CniHost } from './cni-host.ts';
import { ensureFlannelMasquerade } from './flannel-masquerade.ts';
import type { NetworkConfiguration, PortMapping } from './network-configuration.ts';
import { addNetworkList, removeNetworkList } from './plugin-chain.ts';

const NETWORK = 'cbr0';
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

/** The MTU of a pod's interface: the nodes' own, less what a tunnel puts around each packet. */
export function podMtu({ cni }: Pick<ClusterOptions, 'cni'>): number {
  switch (cni) {
    case 'routed':
      return 1500;
    case 'vxlan':
      return 1450;
  }
}

/** What an installer puts into /etc/cni/net.d of a node whose part of the pod range is `podCidr`. */
export function nodeNetworkConfiguration(
  podCidr: string,
  options: Pick<ClusterOptions, 'cni'>,
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
        ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
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

const argumentsOf = ({
  containerId,
  netns,
  portMappings,
}: Pick<PodNetworkRequest, 'containerId' | 'netns' | 'portMappings'>) => ({
  containerId,
  netns,
  interfaceName: INTERFACE,
  portMappings,
});

/**
 * What the container runtime does for a pod's sandbox: a namespace, then CNI ADD of the node's configuration. After a
 * failure everything is undone; the message is libcni's.
 */
export function addPodNetwork(
  podCidr: string,
  request: PodNetworkRequest,
  context: PodNetworkContext,
): PodNetworkResult {
  const { node, network, options } = context;
  const { netns, label, because } = request;
  const host = hostOf(context, because);
  const configuration = nodeNetworkConfiguration(podCidr, options);
  ensureFlannelMasquerade(podCidr, options.podCidr, hostOf(context, { kind: 'Node', name: node }));
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
  podCidr: string,
  { containerId, netns }: Pick<PodNetworkRequest, 'containerId' | 'netns'>,
  context: PodNetworkContext,
): void {
  removeNetworkList(
    nodeNetworkConfiguration(podCidr, context.options),
    argumentsOf({ containerId, netns, portMappings: [] }),
    hostOf(context),
  );
  removeNamespace(context.network, netns);
}
