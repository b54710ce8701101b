import { continueBridged, switchFrame } from './bridge.ts';
import { deliverLocally } from './deliver.ts';
import type { NetworkEnvironment } from './environment.ts';
import { receivePacket, routePacket, sendFromHere } from './forward.ts';
import type { Network, NetworkNamespace } from './network.ts';
import { receiveFrame } from './receive.ts';
import { reportIcmpError } from './report-icmp-error.ts';
import type { Kernel, Stack } from './stack.ts';
import { decapsulate, encapsulate } from './vxlan.ts';

const KERNEL: Kernel = {
  receiveFrame,
  switchFrame,
  continueBridged,
  receivePacket,
  routePacket,
  sendFromHere,
  deliverLocally,
  encapsulate,
  decapsulate,
  reportIcmpError,
};

/** By namespace: every event needs one. Another environment (a restored cluster's) has another network as well. */
const stacks = new WeakMap<NetworkNamespace, Stack>();

/** The stack of a namespace; undefined when the namespace has gone. */
export function stackOf(
  network: Network,
  environment: NetworkEnvironment,
  namespaceId: string,
): Stack | undefined {
  const namespace = network.namespaces[namespaceId];
  if (!namespace) return undefined;
  const known = stacks.get(namespace);
  if (known?.environment === environment && known.network === network) return known;
  const made: Stack = { kernel: KERNEL, network, environment, namespace };
  stacks.set(namespace, made);
  return made;
}
