import type { ServiceProtocol } from '../api/core/container.ts';
import type { Node } from '../api/core/node.ts';
import { hasEnded, isPodReady, type Pod } from '../api/core/pod.ts';
import type { Service, ServicePort } from '../api/core/service.ts';
import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
} from '../api/discovery/endpoint-slice.ts';
import { ipVersion } from '../base/ip.ts';
import { controllerReference } from './ownership.ts';
import { withHints } from './traffic-distribution.ts';

type Family = 'IPv4' | 'IPv6';

/** Upstream's `maxEndpointsPerSlice`. */
const MOST_ENDPOINTS = 100;
const MANAGED_BY = 'endpointslice-controller.k8s.io';
const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const RESERVED_LABELS: readonly string[] = [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL];

/** Running somewhere with an address; a pod on its way out still counts (endpoint `ShouldPodBeInEndpoints`). */
export const belongsInEndpoints = (pod: Pod): boolean =>
  !hasEnded(pod) && (pod.status?.podIPs ?? []).length > 0;

/**
 * The number behind a service port for one pod: `targetPort` itself, or the container port of that name and protocol.
 * Undefined when the pod has no such port. Source: staging/src/k8s.io/endpointslice/utils.go, `FindPort`.
 */
export function findTargetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  const protocol: ServiceProtocol = port.protocol ?? 'TCP';
  const sidecars = (pod.spec.initContainers ?? []).filter(
    (each) => each.restartPolicy === 'Always',
  );
  return [...pod.spec.containers, ...sidecars]
    .flatMap(({ ports = [] }) => ports)
    .find((candidate) => candidate.name === target && (candidate.protocol ?? 'TCP') === protocol)
    ?.containerPort;
}

function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findTargetPort(pod, servicePort);
    if (port === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = servicePort;
    return [{ name, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

/** `podToEndpoint` of endpointslice/utils.go. */
function endpointOf(
  pod: Pod,
  service: Service,
  node: Node | undefined,
  addresses: string[],
): Endpoint {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace = '', uid = '' } = pod.metadata;
  const { nodeName, hostname, subdomain } = pod.spec;
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname !== undefined && subdomain === service.metadata.name ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(zone === undefined ? {} : { zone }),
  };
}

function sliceLabels(service: Service): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(
    ([key]) => !RESERVED_LABELS.includes(key),
  );
  const isHeadless = !service.spec.clusterIP || service.spec.clusterIP === 'None';
  return {
    ...Object.fromEntries(own),
    ...(isHeadless ? { [HEADLESS_LABEL]: '' } : {}),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: MANAGED_BY,
  };
}

/** A slice before it has a name. */
export type SliceDraft = EndpointSlice;

function draftSlice(
  service: Service,
  addressType: Family,
  ports: EndpointPort[],
  endpoints: Endpoint[],
): SliceDraft {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: '',
      generateName: `${service.metadata.name}-`,
      namespace: service.metadata.namespace ?? '',
      labels: sliceLabels(service),
      ownerReferences: [controllerReference(service)],
    },
    addressType,
    endpoints,
    ports,
  };
}

/** Slices with the same ports and address type are one group. */
export const groupOf = ({ addressType, ports }: Pick<EndpointSlice, 'addressType' | 'ports'>) =>
  JSON.stringify([
    addressType,
    (ports ?? []).map(({ name, port, protocol, appProtocol }) => [
      name,
      port,
      protocol,
      appProtocol,
    ]),
  ]);

/**
 * The slices that a service with a selector should have for these pods: one group for each set of resolved ports, 100
 * endpoints a slice, and one empty slice when there is nothing.
 * Source: staging/src/k8s.io/endpointslice/reconciler.go.
 *
 * Simplified: endpoints stand in order of pod names and slices are filled in that order, where upstream moves as few
 * as it can; no trigger-time annotation.
 */
export function desiredSlices(
  service: Service,
  pods: readonly Pod[],
  nodes: readonly Node[],
): readonly SliceDraft[] {
  const families = service.spec.ipFamilies ?? ['IPv4'];
  return families.flatMap((family) => {
    const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
    for (const pod of pods.filter(belongsInEndpoints)) {
      const node = nodes.find(({ metadata }) => metadata.name === pod.spec.nodeName);
      const addresses = (pod.status?.podIPs ?? [])
        .map(({ ip }) => ip)
        .filter((ip) => ipVersion(ip) === (family === 'IPv4' ? 4 : 6));
      if ((!node && !service.spec.publishNotReadyAddresses) || addresses.length === 0) continue;
      const ports = endpointPorts(service, pod);
      const key = groupOf({ addressType: family, ports });
      const group = groups.get(key) ?? { ports, endpoints: [] };
      group.endpoints.push(withHints(endpointOf(pod, service, node, addresses), service));
      groups.set(key, group);
    }
    if (groups.size === 0) return [draftSlice(service, family, [], [])];
    return [...groups.values()].flatMap(({ ports, endpoints }) =>
      chunks(endpoints).map((part) => draftSlice(service, family, ports, part)),
    );
  });
}

function chunks(endpoints: readonly Endpoint[]): Endpoint[][] {
  const parts: Endpoint[][] = [];
  for (let start = 0; start < endpoints.length; start += MOST_ENDPOINTS) {
    parts.push(endpoints.slice(start, start + MOST_ENDPOINTS));
  }
  return parts;
}
