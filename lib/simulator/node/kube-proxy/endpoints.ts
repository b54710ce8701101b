import type { Endpoint, EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { SERVICE_NAME_LABEL } from '../../api/discovery/endpoint-slice.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { IpFamily } from './proxy-config.ts';
import { portKey } from './service-port.ts';

/** One address and port behind a Service port (BaseEndpointInfo of pkg/proxy/endpoint.go). */
export interface EndpointInfo {
  readonly address: string;
  readonly port: number;
  /** `address:port`, `[address]:port`. */
  readonly text: string;
  /** The node that it runs on: local there. */
  readonly nodeName?: string;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
  readonly because: ObjectRef;
}

/** Slices of headless Services carry this label when asked for; kube-proxy does not read them. */
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

function infoOf(slice: EndpointSlice, endpoint: Endpoint, port: number): EndpointInfo[] {
  // Only the first address counts (EndpointSliceCache.addEndpoints).
  const [address] = endpoint.addresses;
  if (address === undefined) return [];
  const { conditions = {}, hints = {}, nodeName } = endpoint;
  const { namespace, name } = slice.metadata;
  return [
    {
      address,
      port,
      text: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
      ...(nodeName !== undefined && { nodeName }),
      isReady: conditions.ready ?? true,
      isServing: conditions.serving ?? true,
      isTerminating: conditions.terminating ?? false,
      zoneHints: (hints.forZones ?? []).map((zone) => zone.name),
      nodeHints: (hints.forNodes ?? []).map((node) => node.name),
      because: { kind: 'EndpointSlice', ...(namespace !== undefined && { namespace }), name },
    },
  ];
}

/** A pod may be in two slices while it moves between them: the ready one counts. */
function addEndpoints(known: Map<string, EndpointInfo>, infos: readonly EndpointInfo[]): void {
  for (const info of infos) if (!known.has(info.text) || info.isReady) known.set(info.text, info);
}

/** `namespace/name` of the Service whose endpoints the slice holds; undefined for slices that kube-proxy does not read. */
export function serviceOfSlice(
  { addressType, metadata: { labels = {}, namespace = 'default' } }: EndpointSlice,
  family: IpFamily,
): string | undefined {
  const name = labels[SERVICE_NAME_LABEL];
  return addressType === family && labels[HEADLESS_LABEL] === undefined && name !== undefined
    ? `${namespace}/${name}`
    : undefined;
}

const byText = (a: EndpointInfo, b: EndpointInfo) =>
  a.text < b.text ? -1 : a.text > b.text ? 1 : 0;

/** The endpoints of every port of one Service, by `portKey`, ordered by `address:port` as text; each address once. */
export function endpointsByPort(
  service: string,
  slices: readonly EndpointSlice[],
): ReadonlyMap<string, readonly EndpointInfo[]> {
  const found = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of slices) {
    for (const { name = '', protocol = 'TCP', port } of slice.ports ?? []) {
      if (port === undefined) continue;
      const key = portKey(service, name, protocol);
      const known = found.get(key) ?? new Map<string, EndpointInfo>();
      found.set(key, known);
      addEndpoints(
        known,
        slice.endpoints.flatMap((endpoint) => infoOf(slice, endpoint, port)),
      );
    }
  }
  return new Map([...found].map(([key, known]) => [key, [...known.values()].sort(byText)]));
}
