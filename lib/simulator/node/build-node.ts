import type { Node } from '../api/core/node.ts';
import { cidrOfFamily } from '../base/cidr.ts';
import { formatTimestamp } from '../base/clock.ts';
import { nextUuid } from '../base/random.ts';
import type { ClusterOptions, NodeOptions } from '../cluster-options.ts';
import type { NetworkEnvironment } from '../linux/environment.ts';
import { addAddress, addBridge, addVethPair, setMaster } from '../linux/links.ts';
import { addMachine } from '../linux/network-state.ts';
import type { Machine, Network } from '../linux/network.ts';
import { healthyConditions } from './kubelet/node-status.ts';

/** The machine that stands for the network between the nodes: one bridge that all are plugged into. */
const SWITCH = 'switch';
const SWITCH_BRIDGE = 'br0';
const UPLINK = 'eth0';

/** The switch of the nodes' network. Simplified: one layer 2 segment without loss and without VLANs. */
export function buildUnderlay(network: Network, environment: NetworkEnvironment): void {
  addMachine(network, SWITCH);
  addBridge(network, environment, { namespace: SWITCH, name: SWITCH_BRIDGE });
}

function machineFiles(name: string, address: string): Record<string, string> {
  // The first address of the segment is where a router would stand; nothing answers there unless one is added.
  const resolver = address.replace(/[\da-f]+$/, '1');
  return {
    '/etc/hostname': `${name}\n`,
    '/etc/hosts': `127.0.0.1\tlocalhost\n${address}\t${name}\n`,
    '/etc/resolv.conf': `nameserver ${resolver}\n`,
  };
}

/** An address with the prefix of the segment that the machines are on. */
const segmentCidr = (address: string) => `${address}/${address.includes(':') ? 64 : 24}`;

/**
 * Plugs a new machine into the switch: `cidr` (`192.168.10.100/24`) is the address of its eth0, `address6` another one in a
 * dual-stack cluster.
 */
export function connectMachine(
  network: Network,
  environment: NetworkEnvironment,
  name: string,
  cidr: string,
  address6?: string,
): Machine {
  const machine = addMachine(network, name, {
    files: machineFiles(name, cidr.split('/')[0] ?? ''),
  });
  // lo has index 1 and the bridge 2; nothing is ever unplugged.
  const port = `port${(network.namespaces[SWITCH]?.nextLinkIndex ?? 3) - 2}`;
  addVethPair(
    network,
    environment,
    { namespace: name, name: UPLINK },
    { namespace: SWITCH, name: port },
  );
  setMaster(network, SWITCH, port, SWITCH_BRIDGE);
  addAddress(network, name, UPLINK, cidr);
  if (address6 !== undefined) addAddress(network, name, UPLINK, segmentCidr(address6));
  return machine;
}

/** Sysctls that an installer sets on a node (kubeadm's prerequisites), by their path under /proc/sys/net. */
const NODE_SYSCTLS: Readonly<Record<string, string>> = {
  'ipv4.ip_forward': '1',
  'bridge.bridge-nf-call-iptables': '1',
};

/** Those of nodes that forward IPv6. */
const NODE_SYSCTLS6: Readonly<Record<string, string>> = {
  'ipv6.conf.all.forwarding': '1',
  'bridge.bridge-nf-call-ip6tables': '1',
};

/** What a machine has, and what is left for pods: a tenth of the disk and 100 MiB of memory stay free (eviction thresholds). */
const CAPACITY = {
  cpu: '4',
  'ephemeral-storage': '61255492Ki',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '8145396Ki',
  pods: '110',
};
const ALLOCATABLE = {
  ...CAPACITY,
  'ephemeral-storage': '56453061334',
  memory: '8042996Ki',
};

/** The Node object that the kubelet of a machine registers. */
function nodeObject(
  { name, address, address6, labels }: NodeOptions,
  { kubernetesVersion }: ClusterOptions,
  { queue, random }: NetworkEnvironment,
): Node {
  const time = formatTimestamp(queue.now);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: {
        'node.alpha.kubernetes.io/ttl': '0',
        'volumes.kubernetes.io/controller-managed-attach-detach': 'true',
      },
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
      },
    },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address },
        ...(address6 === undefined ? [] : [{ type: 'InternalIP' as const, address: address6 }]),
        { type: 'Hostname', address: name },
      ],
      allocatable: ALLOCATABLE,
      capacity: CAPACITY,
      conditions: healthyConditions(time),
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
      nodeInfo: {
        architecture: 'amd64',
        bootID: nextUuid(random),
        containerRuntimeVersion: 'containerd://2.1.4',
        kernelVersion: '6.12.48+deb13-amd64',
        kubeProxyVersion: '',
        kubeletVersion: `v${kubernetesVersion}.0`,
        machineID: nextUuid(random).replaceAll('-', ''),
        operatingSystem: 'linux',
        osImage: 'Debian GNU/Linux 13 (trixie)',
        systemUUID: nextUuid(random),
      },
    },
  };
}

/**
 * A node: its machine on the switch, set up as an installer leaves it, and the Node object to create.
 *
 * Simplified: a node is ready from the first moment; nothing ever presses it.
 */
export function buildNode(
  network: Network,
  environment: NetworkEnvironment,
  node: NodeOptions,
  options: ClusterOptions,
): Node {
  connectMachine(network, environment, node.name, segmentCidr(node.address), node.address6);
  const sysctls = network.namespaces[node.name]?.sysctls ?? {};
  Object.assign(sysctls, NODE_SYSCTLS);
  if (cidrOfFamily(options.podCidr, 6) !== undefined) Object.assign(sysctls, NODE_SYSCTLS6);
  return nodeObject(node, options, environment);
}
