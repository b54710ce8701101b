import type { EndpointInfo } from './endpoints.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { usesClusterEndpoints, usesLocalEndpoints, type ServicePortInfo } from './service-port.ts';

export interface CategorizedEndpoints {
  /** For `Cluster` traffic policy; empty when the port never uses it. */
  readonly cluster: readonly EndpointInfo[];
  /** For `Local` traffic policy; empty when the port never uses it. */
  readonly local: readonly EndpointInfo[];
  /** The union of both. */
  readonly all: readonly EndpointInfo[];
  /** Whether anything in the cluster could answer, reachable from this node by policy or not. */
  readonly hasAny: boolean;
}

type Preference = 'none' | 'same-node' | 'same-zone';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** What the hints of the ready endpoints ask of this node (topologyModeFromHints); all must have them, one must fit. */
function preferenceOf(endpoints: readonly EndpointInfo[], node: string, zone: string): Preference {
  const ready = endpoints.filter(({ isReady }) => isReady);
  const fits = (hintsOf: (endpoint: EndpointInfo) => readonly string[], wanted: string) =>
    ready.every((endpoint) => hintsOf(endpoint).length > 0) &&
    ready.some((endpoint) => hintsOf(endpoint).includes(wanted));
  if (fits(({ nodeHints }) => nodeHints, node)) return 'same-node';
  return fits(({ zoneHints }) => zoneHints, zone) ? 'same-zone' : 'none';
}

const isFallback = ({ isServing, isTerminating }: EndpointInfo) => isServing && isTerminating;

/** The ready ones; when there is none, those that end but still serve (KEP-1669). */
function usable(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const ready = endpoints.filter(({ isReady }) => isReady);
  return ready.length > 0 ? ready : endpoints.filter(isFallback);
}

/**
 * Which endpoints a proxy sends to, separately for both traffic policies.
 * Source: CategorizeEndpoints of pkg/proxy/topology.go (1.34: hints count without an annotation).
 */
export function categorizeEndpoints(
  endpoints: readonly EndpointInfo[],
  port: ServicePortInfo,
  { nodeName, nodeLabels }: Pick<ProxyConfig, 'nodeName' | 'nodeLabels'>,
): CategorizedEndpoints {
  const zone = nodeLabels[ZONE_LABEL] ?? '';
  const preference = preferenceOf(endpoints, nodeName, zone);
  const isPreferred = (endpoint: EndpointInfo) =>
    preference === 'none' ||
    (preference === 'same-node'
      ? endpoint.nodeHints.includes(nodeName)
      : endpoint.zoneHints.includes(zone));
  const preferred = endpoints.filter((endpoint) => endpoint.isReady && isPreferred(endpoint));
  const cluster = !usesClusterEndpoints(port)
    ? []
    : preferred.length > 0
      ? preferred
      : endpoints.filter(isFallback);
  const isLocal = (endpoint: EndpointInfo) => endpoint.nodeName === nodeName;
  const local = usesLocalEndpoints(port) ? usable(endpoints.filter(isLocal)) : [];
  const hasAny = cluster.length > 0 || (usesLocalEndpoints(port) && usable(endpoints).length > 0);
  const all = endpoints.filter(
    (endpoint) => cluster.includes(endpoint) || local.includes(endpoint),
  );
  return { cluster, local, all, hasAny };
}
