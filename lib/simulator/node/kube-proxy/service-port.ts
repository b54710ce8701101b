import { ipVersion } from '../../base/ip.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { Service, ServicePort } from '../../api/core/service.ts';
import { servicePortChains, type ServicePortChains } from './chain-names.ts';
import type { IpFamily } from './proxy-config.ts';

/** One port of one Service, as kube-proxy looks at it (BaseServicePortInfo of pkg/proxy/serviceport.go). */
export interface ServicePortInfo {
  /** `namespace/service[:port]`. */
  readonly name: string;
  /** `namespace/service/protocol/port`: what chains of nftables are named after. */
  readonly path: string;
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

/** A Service port and the slices' ports meet under this key; `service` is `namespace/name`. */
export const portKey = (service: string, portName: string, protocol: string) =>
  `${service}:${portName}:${protocol.toLowerCase()}`;

export const isOfFamily = (address: string, family: IpFamily) =>
  ipVersion(address.split('/')[0] ?? '') === (family === 'IPv4' ? 4 : 6);

/** The Service's address of one family; undefined for headless ones and those of the other family. */
function clusterIpOf({ spec }: Service, family: IpFamily): string | undefined {
  const addresses = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return addresses.find((address) => isOfFamily(address, family));
}

/** Headless and ExternalName Services have no address to serve (ShouldSkipService), nor have those of other proxies. */
const isServed = (service: Service) =>
  service.spec.type !== 'ExternalName' && service.metadata.labels?.[PROXY_NAME_LABEL] === undefined;

/** Only a Service that can be reached from outside has an external traffic policy (pkg/api/v1/service). */
function externalPolicyOf({ spec }: Service): 'Cluster' | 'Local' {
  const isReachable =
    spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.externalIPs ?? []).length > 0;
  return isReachable && spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster';
}

/** Addresses of the load balancer that packets carry when they get here; a balancer in Proxy mode changes them. */
function loadBalancerVips(service: Service, family: IpFamily): string[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  return ingress.flatMap(({ ip, ipMode }) =>
    ip !== undefined && isOfFamily(ip, family) && ipMode !== 'Proxy' ? [ip] : [],
  );
}

/** What all ports of a Service have from it. */
function sharedInfo(service: Service, clusterIp: string, family: IpFamily) {
  const { spec } = service;
  const externalPolicy = externalPolicyOf(service);
  const needsHealthCheck =
    spec.type === 'LoadBalancer' && externalPolicy === 'Local' && spec.healthCheckNodePort;
  const { timeoutSeconds = DEFAULT_STICKY_SECONDS } = spec.sessionAffinityConfig?.clientIP ?? {};
  return {
    clusterIp,
    externalIps: (spec.externalIPs ?? []).filter((address) => isOfFamily(address, family)),
    loadBalancerVips: loadBalancerVips(service, family),
    sourceRanges: (spec.loadBalancerSourceRanges ?? [])
      .map((range) => range.trim())
      .filter((range) => isOfFamily(range, family)),
    internalPolicy: spec.internalTrafficPolicy ?? 'Cluster',
    externalPolicy,
    ...(needsHealthCheck && { healthCheckNodePort: needsHealthCheck }),
    ...(spec.sessionAffinity === 'ClientIP' && { stickySeconds: timeoutSeconds }),
  };
}

type SharedInfo = ReturnType<typeof sharedInfo>;

function infoOf(service: Service, servicePort: ServicePort, shared: SharedInfo): ServicePortInfo {
  const { name: serviceName, namespace = 'default' } = service.metadata;
  const { name: portName = '', port, nodePort } = servicePort;
  const name = `${namespace}/${serviceName}${portName === '' ? '' : `:${portName}`}`;
  const protocol = (servicePort.protocol ?? 'TCP').toLowerCase() as ServicePortInfo['protocol'];
  return {
    ...shared,
    name,
    path: `${namespace}/${serviceName}/${protocol}/${portName}`,
    key: portKey(`${namespace}/${serviceName}`, portName, protocol),
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

/** The ports of one Service that kube-proxy serves in one IP family; none for those it leaves alone. */
export function servicePortsOf(service: Service, family: IpFamily): readonly ServicePortInfo[] {
  const clusterIp = isServed(service) ? clusterIpOf(service, family) : undefined;
  if (clusterIp === undefined) return [];
  const shared = sharedInfo(service, clusterIp, family);
  return (service.spec.ports ?? []).map((port) => infoOf(service, port, shared));
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
