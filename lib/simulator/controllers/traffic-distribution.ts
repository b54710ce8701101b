import type { Service } from '../api/core/service.ts';
import type { Endpoint } from '../api/discovery/endpoint-slice.ts';
import { asksForTopologyHints } from './topology-hints.ts';

const CLOSE = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/**
 * The hints that `trafficDistribution` gives an endpoint: its own zone, and its own node for PreferSameNode. Only ready
 * endpoints get any. PreferClose is the older name of PreferSameZone, deprecated since 1.34. The annotation
 * `service.kubernetes.io/topology-mode: Auto` goes before the field: see `addTopologyHints`.
 * Source: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go (KEP-4444, KEP-3015).
 */
export function withHints(endpoint: Endpoint, service: Service): Endpoint {
  const { trafficDistribution = '' } = service.spec;
  if (asksForTopologyHints(service)) return endpoint;
  if (!CLOSE.includes(trafficDistribution) || endpoint.conditions?.ready !== true) return endpoint;
  const { zone, nodeName } = endpoint;
  const wantsNode = trafficDistribution === 'PreferSameNode' && nodeName !== undefined;
  if (zone === undefined && !wantsNode) return endpoint;
  return {
    ...endpoint,
    hints: {
      ...(wantsNode && { forNodes: [{ name: nodeName }] }),
      ...(zone !== undefined && { forZones: [{ name: zone }] }),
    },
  };
}
