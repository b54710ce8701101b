import { ipVersion } from '../../base/ip.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { Service, ServicePort } from '../../api/core/service.ts';
import { servicePortChains, type ServicePortChains } from './chain-names.ts';

/** One port of one Service, as kube-proxy looks at it (BaseServicePortInfo of pkg/proxy/serviceport.go). */
export interface ServicePortInfo {
  /** `namespace/service[:port]`. */
  readonly name: string;
  /** Ties it to its endpoints: see `portKey`. */
  readonly key: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort?: number;
  readonly externalIps: readonly string[];
  readonly loadBalancerVips: readonly string[];
  readonly sourceRanges: readonly string[];
  readonly internalPolicy: 'Cluster' | 'Local';
  readonly externalPolicy: 'Cluster' | 'Local';
  readonly healthCheckNodePort?: number;
  /** Seconds for which a client keeps its endpoint; absent: no session affinity. */
  readonly stickySeconds?: number;
  readonly chains: ServicePortChains;
  readonly because: ObjectRef;
}

const DEFAULT_STICKY_SECONDS = 10_800;

/** Services with this label are another proxy's. */
const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';

/** A Service port and the slices' ports meet under this key. */
export const portKey = (namespace: string, service: string, portName: string, protocol: string) =>
  `${namespace}/${service}:${portName}:${protocol.toLowerCase()}`;

const isV4 = (address: string) => ipVersion(address) === 4;

/** Headless and ExternalName Services have no address to serve (ShouldSkipService), nor have those of other proxies. */
function isServed(service: Service): boolean {
  const { clusterIP, type } = service.spec;
  const isAddressed = clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None';
  return (
    isAddressed &&
    isV4(clusterIP) &&
    type !== 'ExternalName' &&
    service.metadata.labels?.[PROXY_NAME_LABEL] === undefined
  );
}

/** Only a Service that can be reached from outside has an external traffic policy (pkg/api/v1/service). */
function externalPolicyOf({ spec }: Service): 'Cluster' | 'Local' {
  const isReachable =
    spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  return isReachable && spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster';
}

/** Addresses of the load balancer that packets carry when they get here; a balancer in Proxy mode changes them. */
function loadBalancerVips(service: Service): string[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip, ipMode }) =>
    ip !== undefined && isV4(ip) && ipMode !== 'Proxy' ? [ip] : [],
  );
}

/** What all ports of a Service have from it. */
function sharedInfo(service: Service) {
  const { spec } = service;
  const externalPolicy = externalPolicyOf(service);
  const needsHealthCheck =
    spec.type === 'LoadBalancer' && externalPolicy === 'Local' && spec.healthCheckNodePort;
  const { timeoutSeconds = DEFAULT_STICKY_SECONDS } = spec.sessionAffinityConfig?.clientIP ?? {};
  return {
    clusterIp: spec.clusterIP ?? '',
    externalIps: (spec.externalIPs ?? []).filter(isV4),
    loadBalancerVips: loadBalancerVips(service),
    sourceRanges: (spec.loadBalancerSourceRanges ?? [])
      .map((range) => range.trim())
      .filter((range) => !range.includes(':')),
    internalPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    externalPolicy,
    ...(needsHealthCheck && { healthCheckNodePort: needsHealthCheck }),
    ...(spec.sessionAffinity === 'ClientIP' && { stickySeconds: timeoutSeconds }),
  };
}

function infoOf(service: Service, servicePort: ServicePort): ServicePortInfo {
  const { name: serviceName, namespace = 'default' } = service.metadata;
  const { name: portName = '', port, nodePort } = servicePort;
  const name = `${namespace}/${serviceName}${portName === '' ? '' : `:${portName}`}`;
  const protocol = (servicePort.protocol ?? 'TCP').toLowerCase() as ServicePortInfo['protocol'];
  return {
    ...sharedInfo(service),
    name,
    key: portKey(namespace, serviceName, portName, protocol),
    protocol,
    port,
    ...(nodePort && { nodePort }),
    chains: servicePortChains(name, protocol),
    because: {
      kind: 'Service',
      namespace,
      name: serviceName,
      ...(portName !== '' && { detail: `port ${portName}` }),
    },
  };
}

/**
 * All ports that kube-proxy serves, ordered by name.
 * Simplified: IPv4 only. The real one goes through a Go map, so that the order of its rules differs from run to run.
 */
export function servicePortsOf(services: readonly Service[]): ServicePortInfo[] {
  const ports = services
    .filter(isServed)
    .flatMap((service) => (service.spec.ports ?? []).map((port) => infoOf(service, port)));
  return ports.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

/** Whether it has an address outside the cluster's own: node port, load balancer, external IP. */
export const isExternallyAccessible = (port: ServicePortInfo) =>
  port.nodePort !== undefined || port.loadBalancerVips.length > 0 || port.externalIps.length > 0;

/** Endpoints of all nodes are wanted even under external `Local`: pods and nodes are short-circuited to them. */
export const usesClusterEndpoints = (port: ServicePortInfo) =>
  port.internalPolicy === 'Cluster' || isExternallyAccessible(port);

export const usesLocalEndpoints = (port: ServicePortInfo) =>
  port.internalPolicy === 'Local' ||
  (port.externalPolicy === 'Local' && isExternallyAccessible(port));
