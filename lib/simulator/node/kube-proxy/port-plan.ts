import { categorizeEndpoints, type CategorizedEndpoints } from './categorize-endpoints.ts';
import type { EndpointInfo } from './endpoints.ts';
import type { ProxyConfig } from './proxy-config.ts';
import type { ServedPort } from './service-view.ts';
import type { ServicePortInfo } from './service-port.ts';

/** A Service port on one node, with what both modes find out before they write the first rule. */
export interface PortPlan extends CategorizedEndpoints {
  readonly port: ServicePortInfo;
  readonly config: ProxyConfig;
  /** Whether packets to the ClusterIP can be answered from this node. */
  readonly hasInternal: boolean;
  /** Whether packets from outside can be. */
  readonly hasExternal: boolean;
}

export function planPort({ port, endpoints }: ServedPort, config: ProxyConfig): PortPlan {
  const categories = categorizeEndpoints(endpoints, port, config);
  const { hasAny, local } = categories;
  return {
    ...categories,
    port,
    config,
    hasInternal: hasAny && (port.internalPolicy === 'Cluster' || local.length > 0),
    hasExternal: hasAny && (port.externalPolicy === 'Cluster' || local.length > 0),
  };
}

function conditionOf({ isReady, isTerminating }: EndpointInfo): string {
  if (isReady) return 'ready';
  return isTerminating ? 'terminating' : 'not ready';
}

/** The endpoint as a reason for a rule: `endpoint 2 of 3, ready`. */
export const endpointRef = (endpoint: EndpointInfo, index: number, all: number) => ({
  ...endpoint.because,
  detail: `endpoint ${index + 1} of ${all}, ${conditionOf(endpoint)}`,
});
