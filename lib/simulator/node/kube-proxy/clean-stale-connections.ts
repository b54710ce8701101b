import type { Micros } from '../../base/clock.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { Service } from '../../api/core/service.ts';
import { listEntries, removeEntry, type ConntrackTable } from '../../linux/conntrack.ts';
import { endpointsByPort } from './endpoints.ts';
import { servicePortsOf } from './service-port.ts';

/** Where a UDP Service may be addressed → endpoints that may answer. Node ports have no address of their own. */
function servingEndpoints(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  nodeName: string,
): Map<string, Set<string>> {
  const endpoints = endpointsByPort(slices, nodeName);
  const serving = new Map<string, Set<string>>();
  for (const port of servicePortsOf(services)) {
    if (port.protocol !== 'udp') continue;
    const able = (endpoints.get(port.key) ?? [])
      .filter(({ isServing }) => isServing)
      .map(({ address }) => address);
    // Without endpoints the packets are refused by a rule; their connections do no harm.
    if (able.length === 0) continue;
    for (const address of [port.clusterIp, ...port.externalIps, ...port.loadBalancerVips]) {
      serving.set(`${address}:${port.port}`, new Set(able));
    }
    if (port.nodePort !== undefined) serving.set(`:${port.nodePort}`, new Set(able));
  }
  return serving;
}

/**
 * Forgets UDP connections of Services that go to an endpoint that no longer serves, or to none: UDP has no end, so that
 * a client that keeps sending would never be translated anew.
 * Source: CleanStaleEntries of pkg/proxy/conntrack/cleanup.go.
 */
export function cleanStaleConnections(
  table: ConntrackTable,
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  at: {
    readonly nodeName: string;
    readonly localAddresses: readonly string[];
    readonly now: Micros;
  },
): void {
  const serving = servingEndpoints(services, slices, at.nodeName);
  if (serving.size === 0) return;
  for (const entry of listEntries(table, at.now)) {
    if (entry.original.protocol !== 'udp') continue;
    const { address, port } = entry.original.destination;
    const byNodePort = at.localAddresses.includes(address) ? serving.get(`:${port}`) : undefined;
    const endpoints = serving.get(`${address}:${port}`) ?? byNodePort;
    if (endpoints && !endpoints.has(entry.reply.source.address)) removeEntry(table, entry);
  }
}
