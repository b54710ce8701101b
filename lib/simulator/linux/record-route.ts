import type { ObjectRef } from '../base/object-ref.ts';
import { lookUpFib, type RouteDecision } from './fib.ts';
import type { Route } from './network.ts';
import { formatRule, isDefaultRule, MAIN_TABLE, tableName } from './policy-rules.ts';
import { formatRoute, routesOfTable } from './routes.ts';
import type { SocketBuffer } from './socket-buffer.ts';
import { recordStep, type Stack } from './stack.ts';

/** What the rules and tables say about a packet: whose it is, or by which route it goes on. */
export const routeFor = ({ namespace }: Stack, skb: SocketBuffer): RouteDecision => {
  const { packet, mark, inDevice, boundDevice } = skb;
  return lookUpFib(namespace, packet.destination, {
    source: packet.source,
    mark,
    inDevice,
    outDevice: boundDevice,
  });
};

interface Considered {
  readonly text: string;
  readonly because?: ObjectRef;
}

const written = new WeakMap<readonly Route[], readonly Considered[]>();

/** The routes as a step shows them. Steps share them as long as the table stays the same. */
function consideredOf(routes: readonly Route[]): readonly Considered[] {
  const known = written.get(routes);
  if (known) return known;
  const considered = routes.map((each) => ({
    text: formatRoute(each),
    ...(each.because ? { because: each.because } : {}),
  }));
  written.set(routes, considered);
  return considered;
}

/** Tells the trace what a decision was made of: the table's routes, which was taken, and the rule that led there. */
export function recordRoute(stack: Stack, skb: SocketBuffer, decision: RouteDecision): void {
  if (decision.type === 'local') return;
  recordStep(stack, skb.tag, skb.packet, skb.inDevice, () => {
    const { route, table = MAIN_TABLE, rule } = decision.type === 'none' ? {} : decision;
    const routes = routesOfTable(stack.namespace, skb.packet.version, table);
    const chosen = route ? routes.indexOf(route) : -1;
    const shown = route && chosen < 0 ? [...routes, route] : routes;
    return {
      kind: 'route',
      table: tableName(table),
      considered: consideredOf(shown),
      chosen: route && chosen < 0 ? shown.length - 1 : chosen,
      ...(rule && !isDefaultRule(rule) ? { rule: formatRule(rule) } : {}),
    };
  });
}
