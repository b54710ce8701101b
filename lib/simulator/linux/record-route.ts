import type { Route } from './network.ts';
import { findRoute, formatRoute, lookUpRoute } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';

/** fib_lookup in the main table for a packet's destination; the trace gets all that was considered. */
export function recordRoute(stack: Stack, skb: SocketBuffer): Route | undefined {
  const { destination } = skb.packet;
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => {
    const { routes, chosen } = lookUpRoute(stack.namespace, destination);
    const considered = routes.map((route) => ({
      text: formatRoute(route),
      ...(route.because ? { because: route.because } : {}),
    }));
    return { kind: 'route', table: 'main', considered, chosen };
  });
  return findRoute(stack.namespace, destination);
}
