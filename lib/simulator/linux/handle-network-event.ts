import { unreachable } from '../base/invariant.ts';
import { captureLoopback } from './capture.ts';
import type { NetworkEnvironment } from './environment.ts';
import { stackOf } from './kernel.ts';
import { handleFragmentTimeout } from './fragments.ts';
import { handleNeighbourTimeout } from './neighbours.ts';
import type { Network, NetworkEvent } from './network.ts';
import { runNotify, runStart, runTimer } from './process.ts';
import { socketBuffer } from './socket-buffer.ts';
import { handleSctpTimeout } from './sctp.ts';
import type { Stack } from './stack.ts';
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

function receiveLooped(stack: Stack, event: Extract<NetworkEvent, { type: 'loopback' }>): void {
  captureLoopback(stack, event.packet);
  const skb = socketBuffer(event.packet, event.tag, { in: 'lo' });
  skb.connectionState = event.connectionState;
  stack.kernel.receivePacket(stack, skb);
}

function retransmit(stack: Stack, event: Extract<NetworkEvent, { type: 'retransmit' }>): void {
  const socket = stack.namespace.sockets[event.socket];
  if (socket?.protocol === 'sctp') handleSctpTimeout(stack, socket, event);
  else handleRetransmit(stack, event);
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
      receiveLooped(stack, event);
      return;
    case 'neighbour-timeout':
      handleNeighbourTimeout(stack, event);
      return;
    case 'fragment-timeout':
      handleFragmentTimeout(stack, event);
      return;
    case 'retransmit':
      retransmit(stack, event);
      return;
    default:
      unreachable(event);
  }
}
