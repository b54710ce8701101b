import { parseIp } from '../../base/ip.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import { parseName, type ParsedName } from './parse-name.ts';
import {
  isHeadless,
  refOfService,
  type DnsAddress,
  type DnsPort,
  type DnsService,
  type ServiceNames,
  type ZoneData,
} from './zone-data.ts';

export type PodMode = 'disabled' | 'insecure' | 'verified';

/** The options of the plug-in (its README). Zones end with a dot; the first that is no reverse zone is the primary. */
export interface KubernetesConfig {
  readonly zones: readonly string[];
  /** Those of them that hold what clusters export to one another. */
  readonly multiclusterZones: readonly string[];
  readonly podMode: PodMode;
  /** Seconds. */
  readonly ttl: number;
  readonly ignoresEmptyServices: boolean;
  /** Zones for which a name error goes to the next plug-in; `.` for all. */
  readonly fallthrough: readonly string[];
  /** Only these namespaces are shown; all when empty. */
  readonly namespaces: readonly string[];
  readonly namesEndpointsByPod: boolean;
  readonly names: 'zonal' | 'flat';
  /** Addresses of the server itself: what NS records point to. */
  readonly localIps: readonly string[];
}

/** One thing a name stands for: an address or, for ExternalName, another name. */
export interface FoundRecord {
  readonly host: string;
  /** -1 when there is none, 0 when ports do not apply. */
  readonly port: number;
  /** The canonical name of the address: target of SRV records. */
  readonly owner: string;
  readonly because: ObjectRef;
}

/** Undefined is a name error (NXDOMAIN), an empty list is NODATA. */
export type Found = readonly FoundRecord[] | undefined;

/** Label of an endpoint: its hostname, or its address with dashes (kubernetes.go `endpointHostname`). */
export function endpointLabel(address: DnsAddress, config: KubernetesConfig): string {
  if (address.hostname) return address.hostname;
  if (config.namesEndpointsByPod && address.targetName) return address.targetName;
  return address.ip.replaceAll(/[.:]/g, '-');
}

export function isExposed(namespace: string, data: ZoneData, config: KubernetesConfig): boolean {
  return (
    data.hasNamespace(namespace) &&
    (config.namespaces.length === 0 || config.namespaces.includes(namespace))
  );
}

const equalFold = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const isWanted = (asked: ParsedName, { name, protocol }: DnsPort) =>
  (asked.port === '' || equalFold(asked.port, name)) &&
  (asked.protocol === '' || equalFold(asked.protocol, protocol));

/** The address that a pod label spells: `10-244-1-5`, `fd00--1-2`. */
function ipOfPodLabel(label: string): string {
  const isV4 = label.split('-').length === 4 && !label.includes('--');
  return label.replaceAll('-', isV4 ? '.' : ':');
}

function findPods(
  asked: ParsedName,
  zone: string,
  data: ZoneData,
  config: KubernetesConfig,
): Found {
  if (config.podMode === 'disabled') return undefined;
  if (asked.service === '') return [];
  const ip = ipOfPodLabel(asked.service);
  if (!parseIp(ip)) return undefined;
  const owner = `${asked.service}.${asked.namespace}.pod.${zone}`;
  if (config.podMode === 'insecure') {
    const because = { kind: 'Namespace', name: asked.namespace, detail: 'pods insecure' };
    return [{ host: ip, port: 0, owner, because }];
  }
  const pods = data.podsWithIp(ip).filter(({ namespace }) => namespace === asked.namespace);
  if (pods.length === 0) return undefined;
  return pods.map(({ name, namespace }) => ({
    host: ip,
    port: 0,
    owner,
    because: { kind: 'Pod', namespace, name },
  }));
}

/** Which addresses a zone-scoped name keeps: `pin` only those of the zone, `prefer` those or else all. */
function inTopologyZone(
  addresses: readonly DnsAddress[],
  topologyZone: string,
  mode: string,
): readonly DnsAddress[] {
  const local = addresses.filter(({ zone }) => zone?.toLowerCase() === topologyZone);
  return mode === 'prefer' && local.length === 0 ? addresses : local;
}

function findEndpoints(
  service: DnsService,
  asked: ParsedName,
  zone: string,
  names: ServiceNames,
  config: KubernetesConfig,
): Found {
  const found: FoundRecord[] = [];
  for (const slice of names.endpoints(service.namespace, service.name)) {
    if (asked.endpoint !== '' && !equalFold(asked.cluster, slice.cluster ?? '')) continue;
    const cluster = slice.cluster === undefined ? '' : `.${slice.cluster}`;
    for (const address of slice.addresses) {
      const label = endpointLabel(address, config);
      if (asked.endpoint !== '' && !equalFold(asked.endpoint, label)) continue;
      for (const port of slice.ports.filter((candidate) => isWanted(asked, candidate))) {
        found.push({
          host: address.ip,
          port: port.port,
          owner: `${label}${cluster}.${service.name}.${service.namespace}.svc.${zone}`,
          because: refOfService(service),
        });
      }
    }
  }
  return found.length === 0 ? undefined : found;
}

/** `<topology zone>.<mode>._zone.<service>`: the plug-in's experimental `zonal` option. */
function findZonal(
  service: DnsService,
  asked: ParsedName,
  zone: string,
  names: ServiceNames,
  config: KubernetesConfig,
): Found {
  if (!isHeadless(service) || (asked.topologyMode !== 'pin' && asked.topologyMode !== 'prefer'))
    return undefined;
  const slices = names.endpoints(service.namespace, service.name);
  const all = slices.flatMap(({ addresses }) => addresses);
  const kept = new Set(inTopologyZone(all, asked.topologyZone, asked.topologyMode));
  const narrowed: ServiceNames = {
    ...names,
    endpoints: () =>
      slices.map((slice) => ({
        ...slice,
        addresses: slice.addresses.filter((address) => kept.has(address)),
      })),
  };
  return findEndpoints(service, asked, zone, narrowed, config);
}

function findServices(
  asked: ParsedName,
  zone: string,
  names: ServiceNames,
  config: KubernetesConfig,
): Found {
  if (asked.service === '') return [];
  const service = names.service(asked.namespace, asked.service);
  if (!service) return undefined;
  const owner = `${service.name}.${service.namespace}.svc.${zone}`;
  const because = refOfService(service);
  if (asked.topologyZone !== '') return findZonal(service, asked, zone, names, config);
  if (service.isExternalName) {
    if (asked.endpoint !== '' || parseIp(service.externalName)) return undefined;
    return [{ host: service.externalName, port: 0, owner, because }];
  }
  const isEmpty = () =>
    names
      .endpoints(service.namespace, service.name)
      .every(({ addresses }) => addresses.length === 0);
  if (config.ignoresEmptyServices && !isHeadless(service) && isEmpty()) return undefined;
  if (isHeadless(service) || asked.endpoint !== '')
    return findEndpoints(service, asked, zone, names, config);
  const ports = service.ports.filter((port) => isWanted(asked, port));
  if (ports.length === 0) return undefined;
  return ports.flatMap(({ port }) =>
    service.clusterIps.map((host) => ({ host, port, owner, because })),
  );
}

/** Everything a name stands for within a zone of ours (kubernetes.go `Records`). */
export function findRecords(
  name: string,
  zone: string,
  data: ZoneData,
  config: KubernetesConfig,
): Found {
  const isMulticluster = config.multiclusterZones.some((one) => equalFold(one, zone));
  const asked = parseName(name, zone, isMulticluster ? 'multicluster' : config.names);
  if (!asked) return undefined;
  if (asked.kind === '') return [];
  if (/\.(in-addr|ip6)\.arpa\.$/i.test(name)) return undefined;
  if (asked.namespace !== '' && !isExposed(asked.namespace, data, config)) return undefined;
  if (asked.namespace === '') return [];
  return asked.kind === 'pod'
    ? findPods(asked, zone, data, config)
    : findServices(asked, zone, isMulticluster ? data.imports : data, config);
}
