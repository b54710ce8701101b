import { unreachable } from '../base/invariant.ts';
import { captureLoopback } from './capture.ts';
import type { NetworkEnvironment } from './environment.ts';
import { stackOf } from './kernel.ts';
import { handleFragmentTimeout } from './fragments.ts';
import { handleNeighbourTimeout } from './neighbours.ts';
import type { Network, NetworkEvent } from './network.ts';
import { runNotify, runStart, runTimer } from './process.ts';
import { handleRetransmit } from './tcp.ts';

/** Does what is due in the network. An event for what has gone meanwhile (a deleted pod's link) does nothing. */
export function handleNetworkEvent(
  network: Network,
  event: NetworkEvent,
  environment: NetworkEnvironment,
): void {
  switch (event.type) {
    case 'start':
      runStart(network, environment, event);
      return;
    case 'notify':
      runNotify(network, environment, event);
      return;
    case 'timer':
      runTimer(network, environment, event);
      return;
    case 'arrive':
    case 'loopback':
    case 'neighbour-timeout':
    case 'fragment-timeout':
    case 'retransmit':
      handleInNamespace(network, event, environment);
      return;
    default:
      unreachable(event);
  }
}

function handleInNamespace(
  network: Network,
  event: Extract<NetworkEvent, { namespace: string }>,
  environment: NetworkEnvironment,
): void {
  const stack = stackOf(network, environment, event.namespace);
  if (!stack) return;
  switch (event.type) {
    case 'arrive': {
      const link = stack.namespace.links[event.link];
      if (link?.isUp) stack.kernel.receiveFrame(stack, link, event.frame, event.tag);
      return;
    }
    case 'loopback':
      captureLoopback(stack, event.packet);
      stack.kernel.receivePacket(stack, {
        packet: event.packet,
        mark: 0,
        inDevice: 'lo',
        ...(event.connectionState ? { connectionState: event.connectionState } : {}),
        ...(event.tag ? { tag: event.tag } : {}),
      });
      return;
    case 'neighbour-timeout':
      handleNeighbourTimeout(stack, event);
      return;
    case 'fragment-timeout':
      handleFragmentTimeout(stack, event);
      return;
    case 'retransmit':
      handleRetransmit(stack, event);
      return;
    default:
      unreachable(event);
  }
}
