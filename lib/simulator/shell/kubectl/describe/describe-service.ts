import type { Micros } from '../../../base/clock.ts';
import { formatSocketAddress } from '../../../base/flow.ts';
import type { Endpoints } from '../../../api/core/endpoints.ts';
import type { Event } from '../../../api/core/event.ts';
import type { Service, ServicePort } from '../../../api/core/service.ts';
import type { EndpointSlice } from '../../../api/discovery/endpoint-slice.ts';
import { formatLabels } from '../../../api/meta/label-selector.ts';
import { annotationLines, eventLines, labelLines, Lines } from './lines.ts';

const SHOWN = 3;

/** Ready addresses of one Service port: at most three, then how many more. */
export function endpointsText(
  slices: readonly EndpointSlice[],
  port: Pick<ServicePort, 'name'>,
): string {
  if (slices.length === 0) return '<none>';
  const named = slices.flatMap(({ ports, endpoints }) => {
    const own = (ports ?? []).find(({ name }) => (name ?? '') === (port.name ?? ''));
    if (!own) return [];
    return endpoints
      .filter(({ conditions }) => conditions?.ready !== false)
      .flatMap(({ addresses }) =>
        addresses.map((address) =>
          own.port === undefined ? address : formatSocketAddress({ address, port: own.port }),
        ),
      );
  });
  const more = named.length > SHOWN ? ` + ${named.length - SHOWN} more...` : '';
  return `${named.slice(0, SHOWN).join(',')}${more}`;
}

function portLines(lines: Lines, port: ServicePort, slices: readonly EndpointSlice[]): void {
  const name = port.name || '<unset>';
  lines.line(0, `Port:\t${name}\t${port.port}/${port.protocol}`);
  lines.line(0, `TargetPort:\t${port.targetPort}/${port.protocol}`);
  if (port.nodePort) lines.line(0, `NodePort:\t${name}\t${port.nodePort}/${port.protocol}`);
  lines.line(0, `Endpoints:\t${endpointsText(slices, port)}`);
}

/** `kubectl describe service`. */
export function describeService(
  service: Service,
  slices: readonly EndpointSlice[],
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  const { metadata, spec, status } = service;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `Selector:\t${formatLabels(spec.selector)}`);
  lines.line(0, `Type:\t${spec.type}`);
  if (spec.ipFamilyPolicy) lines.line(0, `IP Family Policy:\t${spec.ipFamilyPolicy}`);
  lines.line(
    0,
    `IP Families:\t${spec.ipFamilies && spec.ipFamilies.length > 0 ? spec.ipFamilies.join(',') : '<none>'}`,
  );
  lines.line(0, `IP:\t${spec.clusterIP ?? ''}`);
  lines.line(
    0,
    `IPs:\t${spec.clusterIPs && spec.clusterIPs.length > 0 ? spec.clusterIPs.join(',') : '<none>'}`,
  );
  if (spec.externalIPs && spec.externalIPs.length > 0) {
    lines.line(0, `External IPs:\t${spec.externalIPs.join(',')}`);
  }
  if (spec.loadBalancerIP) lines.line(0, `Desired LoadBalancer IP:\t${spec.loadBalancerIP}`);
  if (spec.externalName) lines.line(0, `External Name:\t${spec.externalName}`);
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) {
    const list = ingress.map(({ ip, hostname, ipMode }) => {
      const text = ip ?? hostname ?? '';
      return ipMode ? `${text} (${ipMode})` : text;
    });
    lines.line(0, `LoadBalancer Ingress:\t${list.join(', ')}`);
  }
  for (const port of spec.ports ?? []) portLines(lines, port, slices);
  lines.line(0, `Session Affinity:\t${spec.sessionAffinity}`);
  if (spec.externalTrafficPolicy) {
    lines.line(0, `External Traffic Policy:\t${spec.externalTrafficPolicy}`);
  }
  if (spec.internalTrafficPolicy) {
    lines.line(0, `Internal Traffic Policy:\t${spec.internalTrafficPolicy}`);
  }
  if (spec.healthCheckNodePort) {
    lines.line(0, `HealthCheck NodePort:\t${spec.healthCheckNodePort}`);
  }
  if (spec.trafficDistribution) {
    lines.line(0, `Traffic Distribution:\t${spec.trafficDistribution}`);
  }
  eventLines(lines, events, now);
  return lines.text;
}

const orUnset = (text: string | number | undefined) =>
  text === undefined || text === '' ? '<unset>' : String(text);

/** `kubectl describe endpointslice`. */
export function describeEndpointSlice(
  slice: EndpointSlice,
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  const { metadata, addressType, ports, endpoints } = slice;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, `AddressType:\t${addressType}`);
  if (!ports || ports.length === 0) lines.line(0, 'Ports: <unset>');
  else {
    lines.line(0, 'Ports:');
    lines.line(1, 'Name\tPort\tProtocol');
    lines.line(1, '----\t----\t--------');
    for (const { name, port, protocol } of ports) {
      lines.line(1, `${orUnset(name)}\t${orUnset(port)}\t${protocol}`);
    }
  }
  lines.line(0, `Endpoints:${endpoints.length === 0 ? ' <none>' : ''}`);
  for (const { addresses, conditions, hostname, targetRef, nodeName, zone } of endpoints) {
    lines.line(1, `- Addresses:\t${addresses.join(',')}`);
    lines.line(2, 'Conditions:');
    lines.line(
      3,
      `Ready:\t${orUnset(conditions?.ready === undefined ? undefined : String(conditions.ready))}`,
    );
    lines.line(2, `Hostname:\t${orUnset(hostname)}`);
    if (targetRef) lines.line(2, `TargetRef:\t${targetRef.kind}/${targetRef.name}`);
    lines.line(2, `NodeName:\t${orUnset(nodeName)}`);
    lines.line(2, `Zone:\t${orUnset(zone)}`);
  }
  eventLines(lines, events, now);
  return lines.text;
}

const listOf = (addresses: readonly { ip: string }[] | undefined) =>
  addresses && addresses.length > 0 ? addresses.map(({ ip }) => ip).join(',') : '<none>';

/** `kubectl describe endpoints`. */
export function describeEndpoints(
  object: Endpoints,
  events: readonly Event[],
  now: Micros,
): string {
  const lines = new Lines();
  const { metadata, subsets = [] } = object;
  lines.line(0, `Name:\t${metadata.name}`);
  lines.line(0, `Namespace:\t${metadata.namespace}`);
  labelLines(lines, 0, 'Labels', metadata.labels);
  annotationLines(lines, metadata.annotations);
  lines.line(0, 'Subsets:');
  for (const { addresses, notReadyAddresses, ports = [] } of subsets) {
    lines.line(1, `Addresses:\t${listOf(addresses)}`);
    lines.line(1, `NotReadyAddresses:\t${listOf(notReadyAddresses)}`);
    if (ports.length > 0) {
      lines.line(1, 'Ports:');
      lines.line(2, 'Name\tPort\tProtocol');
      lines.line(2, '----\t----\t--------');
      for (const { name, port, protocol } of ports) {
        lines.line(2, `${orUnset(name)}\t${port}\t${protocol}`);
      }
    }
    lines.line(0, '');
  }
  eventLines(lines, events, now);
  return lines.text;
}
