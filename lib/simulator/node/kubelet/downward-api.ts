import type { Container } from '../../api/core/container.ts';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import { parseQuantity } from '../../api/meta/quantity.ts';
import type { Store } from '../../apiserver/store.ts';
import type { Micros } from '../../base/clock.ts';

/** What a pod can be told about itself, and where to look it up. */
export interface Surroundings {
  readonly pod: Pod;
  readonly store: Store;
  readonly node: string;
  readonly addresses: readonly string[];
  readonly hostIps: readonly string[];
  readonly now: Micros;
}

const FIELDS: Readonly<Record<string, (around: Surroundings) => string | undefined>> = {
  'metadata.name': ({ pod }) => pod.metadata.name,
  'metadata.namespace': ({ pod }) => pod.metadata.namespace,
  'metadata.uid': ({ pod }) => pod.metadata.uid,
  'spec.nodeName': ({ pod }) => pod.spec.nodeName,
  'spec.serviceAccountName': ({ pod }) => pod.spec.serviceAccountName ?? 'default',
  'status.podIP': ({ addresses }) => addresses[0],
  'status.podIPs': ({ addresses }) => addresses.join(','),
  'status.hostIP': ({ hostIps }) => hostIps[0],
  'status.hostIPs': ({ hostIps }) => hostIps.join(','),
  'metadata.labels': ({ pod }) => formatMap(pod.metadata.labels),
  'metadata.annotations': ({ pod }) => formatMap(pod.metadata.annotations),
};

/** `app="web"`, one a line, in order of keys (fieldpath `FormatMap`). */
const formatMap = (map: Readonly<Record<string, string>> = {}) =>
  Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');

/** The value at a downward API path; undefined for paths that do not exist. */
export function fieldValue(path: string, around: Surroundings): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) {
    const map = around.pod.metadata[keyed[1] as 'labels' | 'annotations'];
    return map?.[keyed[2] ?? ''] ?? '';
  }
  const read = Object.hasOwn(FIELDS, path) ? FIELDS[path] : undefined;
  return read && (read(around) ?? '');
}

export interface ResourceField {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string | number;
}

/**
 * A request or a limit of a container, in units of `divisor`, rounded up; a limit that is not set is what the node has
 * (api/v1/resource `ExtractContainerResourceValue`).
 */
export function resourceValue(
  { resource, divisor = '1' }: ResourceField,
  container: Container | undefined,
  { store, node }: Surroundings,
): string | undefined {
  const [kind = '', name = ''] = resource.split(/\.(.*)/s);
  if (kind !== 'limits' && kind !== 'requests') return undefined;
  const allocatable = () =>
    store.get<Node>('Node', undefined, node)?.status?.allocatable?.[name] ?? 0;
  const own = container?.resources?.[kind]?.[name];
  const amount = own ?? (kind === 'limits' ? allocatable() : 0);
  const unit = parseQuantity(String(divisor)) || 1;
  const value = (parseQuantity(String(amount)) ?? 0) / unit;
  return String(Math.ceil(Math.round(value * 1e6) / 1e6));
}
