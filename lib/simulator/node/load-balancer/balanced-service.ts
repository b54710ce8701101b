import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { Service } from '../../api/core/service.ts';
import type { Store } from '../../apiserver/store.ts';

/** A Service that somebody outside is told of: its address, and the nodes that have ready endpoints. */
export interface BalancedService {
  readonly service: Service;
  readonly address: string;
  readonly nodesWithEndpoints: ReadonlySet<string>;
}

const SERVICE_LABEL = 'kubernetes.io/service-name';

/** The Services that have an address of a load balancer, in the order of their names. */
export function balancedServices(store: Store): BalancedService[] {
  const services = store.list<Service>('Service').flatMap((service) => {
    const address = service.status?.loadBalancer?.ingress?.[0]?.ip;
    return service.spec.type === 'LoadBalancer' && address !== undefined
      ? [{ service, address }]
      : [];
  });
  if (services.length === 0) return [];
  const slices = store.list<EndpointSlice>('EndpointSlice');
  return services.map(({ service, address }) => {
    const { name, namespace } = service.metadata;
    const ready = slices
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter(({ metadata }) => metadata.labels?.[SERVICE_LABEL] === name)
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready !== false);
    return {
      service,
      address,
      nodesWithEndpoints: new Set(ready.flatMap(({ nodeName }) => nodeName ?? [])),
    };
  });
}
