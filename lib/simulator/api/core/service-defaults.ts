import { fill } from './pod-defaults.ts';
import type { Service, ServiceSpec } from './service.ts';

const isExternallyReachable = ({ type, externalIPs }: ServiceSpec) =>
  type === 'NodePort' || type === 'LoadBalancer' || (externalIPs ?? []).length > 0;

/** Defaults of pkg/apis/core/v1/defaults.go, and the IP family that the allocator fills in (registry/core/service). */
export function setServiceDefaults(service: Service): void {
  fill(service, 'spec', {});
  const { spec } = service;
  fill(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP') {
    spec.sessionAffinityConfig ??= {};
    spec.sessionAffinityConfig.clientIP ??= {};
    spec.sessionAffinityConfig.clientIP.timeoutSeconds ??= 10_800;
  }
  fill(spec, 'type', 'ClusterIP');
  for (const port of spec.ports ?? []) {
    fill(port, 'protocol', 'TCP');
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') {
      port.targetPort = port.port;
    }
  }
  if (isExternallyReachable(spec)) fill(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec.type !== 'ExternalName') fill(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true);
  setIpDefaults(spec);
}

/** Families are filled in when addresses are given out: they depend on the cluster (apiserver/service-families.ts). */
function setIpDefaults(spec: ServiceSpec): void {
  if (spec.type === 'ExternalName') return;
  // A client that changed only one of the two means both (`NormalizeClusterIPs`).
  if (spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIPs === undefined) {
    spec.clusterIPs = [spec.clusterIP];
  } else if (!spec.clusterIP && spec.clusterIPs?.[0] !== undefined) {
    spec.clusterIP = spec.clusterIPs[0];
  }
}

/** What an update may leave out because it was allocated, and what a change of type gives up (`patchAllocatedValues`, `dropTypeDependentFields`). */
export function prepareServiceUpdate(service: Service, previous: Service): void {
  const { spec } = service;
  const before = previous.spec;
  const needsIp = spec.type !== 'ExternalName';
  if (needsIp && before.type !== 'ExternalName') {
    if (!spec.clusterIP) {
      if (before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
      if (before.clusterIPs !== undefined) spec.clusterIPs = [...before.clusterIPs];
    } else if (
      spec.clusterIP !== before.clusterIP &&
      sameList(spec.clusterIPs, before.clusterIPs)
    ) {
      spec.clusterIPs = [spec.clusterIP];
    }
  }
  if (!needsIp && spec.clusterIP === before.clusterIP) dropIpFields(spec);
  if (needsIp && before.type !== 'ExternalName') keepFamilies(spec, before);
  keepNodePorts(spec, before);
  if (!isExternallyReachable(spec) && spec.externalTrafficPolicy === before.externalTrafficPolicy) {
    delete spec.externalTrafficPolicy;
  }
  if (spec.type !== 'LoadBalancer' && before.type === 'LoadBalancer') {
    delete spec.allocateLoadBalancerNodePorts;
  }
}

/** A client that names no families, or that goes back to one of them, means those that the Service has. */
function keepFamilies(spec: ServiceSpec, before: ServiceSpec): void {
  if (before.ipFamilyPolicy !== undefined) fill(spec, 'ipFamilyPolicy', before.ipFamilyPolicy);
  if (before.ipFamilies !== undefined) fill(spec, 'ipFamilies', [...before.ipFamilies]);
  if (spec.ipFamilyPolicy !== 'SingleStack') return;
  // From dual stack to one family: the second address is given back when it was not asked for anew.
  if (spec.clusterIPs && sameList(spec.clusterIPs, before.clusterIPs)) spec.clusterIPs.splice(1);
  if (spec.ipFamilies && sameList(spec.ipFamilies, before.ipFamilies)) spec.ipFamilies.splice(1);
}

const sameList = (a: readonly string[] = [], b: readonly string[] = []) => a.join() === b.join();

function dropIpFields(spec: ServiceSpec): void {
  delete spec.clusterIP;
  delete spec.clusterIPs;
  delete spec.ipFamilies;
  delete spec.ipFamilyPolicy;
  delete spec.internalTrafficPolicy;
}

function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const hasNodePorts = (s: ServiceSpec) => s.type === 'NodePort' || s.type === 'LoadBalancer';
  for (const port of spec.ports ?? []) {
    const old = before.ports?.find(
      (candidate) =>
        candidate.port === port.port && (candidate.protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (hasNodePorts(spec) && hasNodePorts(before) && !port.nodePort && old?.nodePort) {
      port.nodePort = old.nodePort;
    }
    // Leaving NodePort gives the ports back, unless somebody asks for one by hand.
    if (!hasNodePorts(spec) && hasNodePorts(before) && port.nodePort === old?.nodePort) {
      delete port.nodePort;
    }
  }
}
