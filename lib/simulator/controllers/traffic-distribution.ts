import type { Service } from '../api/core/service.ts';
import type { Endpoint } from '../api/discovery/endpoint-slice.ts';

const CLOSE = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/**
 * The hints that `trafficDistribution` gives an endpoint: its own zone, and its own node for PreferSameNode. Only ready
 * endpoints get any. PreferClose is the older name of PreferSameZone.
 * Source: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go (KEP-4444, KEP-3015).
 *
 * Simplified: the annotation `service.kubernetes.io/topology-mode: Auto`, which shares endpoints out by the CPUs of
 * zones, gives no hints.
 */
export function withHints(endpoint: Endpoint, { spec }: Service): Endpoint {
  const { trafficDistribution = '' } = spec;
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
