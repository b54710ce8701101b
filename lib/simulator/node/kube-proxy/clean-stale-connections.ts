import type { Micros } from '../../base/clock.ts';
import { listEntries, removeEntry, type ConntrackTable } from '../../linux/conntrack.ts';
import type { ServiceView } from './service-view.ts';

/** Where a UDP Service may be addressed → endpoints that may answer. Node ports have no address of their own. */
function servingEndpoints({ services }: ServiceView): Map<string, Set<string>> {
  const serving = new Map<string, Set<string>>();
  const ports = services.flatMap((service) => (service.servesUdp ? service.ports : []));
  for (const { port, endpoints } of ports) {
    if (port.protocol !== 'udp') continue;
    const able = endpoints.filter(({ isServing }) => isServing).map(({ address }) => address);
    // Without endpoints the packets are refused by a rule; their connections do no harm.
    if (able.length === 0) continue;
    for (const address of [port.clusterIp, ...port.externalIps, ...port.loadBalancerVips]) {
      serving.set(`${address} ${port.port}`, new Set(able));
    }
    if (port.nodePort !== undefined) serving.set(` ${port.nodePort}`, new Set(able));
  }
  return serving;
}

/** What was found in a view, which all nodes share. */
const known = new WeakMap<ServiceView, ReadonlyMap<string, ReadonlySet<string>>>();

function servingEndpointsOf(view: ServiceView): ReadonlyMap<string, ReadonlySet<string>> {
  const serving = known.get(view) ?? servingEndpoints(view);
  known.set(view, serving);
  return serving;
}

/**
 * Forgets UDP connections of Services that go to an endpoint that no longer serves, or to none: UDP has no end, so that
 * a client that keeps sending would never be translated anew. The same in all modes.
 * Source: CleanStaleEntries of pkg/proxy/conntrack/cleanup.go.
 */
export function cleanStaleConnections(
  table: ConntrackTable,
  view: ServiceView,
  at: { readonly localAddresses: readonly string[]; readonly now: Micros },
): void {
  const serving = servingEndpointsOf(view);
  if (serving.size === 0) return;
  for (const entry of listEntries(table, at.now)) {
    if (entry.original.protocol !== 'udp') continue;
    const { address, port } = entry.original.destination;
    const byNodePort = at.localAddresses.includes(address) ? serving.get(` ${port}`) : undefined;
    const endpoints = serving.get(`${address} ${port}`) ?? byNodePort;
    if (endpoints && !endpoints.has(entry.reply.source.address)) removeEntry(table, entry);
  }
}
