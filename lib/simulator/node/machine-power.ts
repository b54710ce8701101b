import { setLinkState } from '../linux/links.ts';
import type { Network } from '../linux/network.ts';

/** The switch's end of the cable of a node. */
function portOf(network: Network, node: string): { namespace: string; link: string } | undefined {
  const uplink = network.namespaces[node]?.links['eth0'];
  return uplink?.kind === 'veth' ? uplink.peer : undefined;
}

/** Whether the machine of a node is on: whether anything of it reaches the others. */
export function isPoweredOn(network: Network, node: string): boolean {
  const port = portOf(network, node);
  return port === undefined || network.namespaces[port.namespace]?.links[port.link]?.isUp !== false;
}

/**
 * Turns the machine of a node on or off, as far as the network sees it.
 *
 * Simplified: a machine that is off stands still, as a virtual machine that is suspended: its processes and rules are as they
 * were when it is on again, and no container is restarted for that.
 */
export function setMachinePower(network: Network, node: string, to: 'on' | 'off'): void {
  const port = portOf(network, node);
  if (port) setLinkState(network, port.namespace, port.link, to === 'on' ? 'up' : 'down');
}
