import { continueBridged, switchFrame } from './bridge.ts';
import { deliverLocally } from './deliver.ts';
import type { NetworkEnvironment } from './environment.ts';
import { receivePacket, routePacket, sendFromHere } from './forward.ts';
import type { Network } from './network.ts';
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

/** The stack of a namespace; undefined when the namespace has gone. */
export function stackOf(
  network: Network,
  environment: NetworkEnvironment,
  namespaceId: string,
): Stack | undefined {
  const namespace = network.namespaces[namespaceId];
  return namespace && { kernel: KERNEL, network, environment, namespace };
}
