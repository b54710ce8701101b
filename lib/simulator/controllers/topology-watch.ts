import type { Node } from '../api/core/node.ts';
import type { Service } from '../api/core/service.ts';
import type { Store } from '../apiserver/store.ts';
import type { ControllerContext } from './controller.ts';
import { slicesOf } from './managed-slices.ts';
import { objectKey, splitKey } from './ownership.ts';
import { asksForTopologyHints, disabled } from './topology-hints.ts';
import { hintedZones, isNodeReady, isOverloaded, ZONE_LABEL, zoneSharesOf } from './zone-shares.ts';

/** Begins the key of a Service whose annotation was taken away. */
export const WITHDRAWN = 'topology-withdrawn:';

/** What a change of a Service wakes. */
export function keysOfService(service: Service, previous: Service | undefined): string[] {
  const key = objectKey(service);
  const isWithdrawn = previous && asksForTopologyHints(previous) && !asksForTopologyHints(service);
  return isWithdrawn ? [`${WITHDRAWN}${key}`, key] : [key];
}

/** Told once, before the hints go. */
export function tellWithdrawn(key: string, { store, recordEvent }: ControllerContext): void {
  const { namespace = '', name } = splitKey(key.slice(WITHDRAWN.length));
  const service = store.get<Service>('Service', namespace, name);
  if (!service || asksForTopologyHints(service)) return;
  const slices = slicesOf(store, namespace, name);
  const [first] = slices;
  if (!first || hintedZones(slices).size === 0) return;
  const { type, reason, message } = disabled(first.addressType);
  recordEvent(service, type, reason, message);
}

const isOtherNode = (node: Node, previous: Node | undefined) =>
  !previous ||
  isNodeReady(node) !== isNodeReady(previous) ||
  node.metadata.labels?.[ZONE_LABEL] !== previous.metadata.labels?.[ZONE_LABEL];

/**
 * Services whose hints leave a zone with too little after a node changed its readiness or zone
 * (checkNodeTopologyDistribution). One that was refused hints waits for its own next change, as upstream.
 */
export function servicesOfNodeChange(
  node: Node,
  previous: Node | undefined,
  store: Store,
): string[] {
  if (!isOtherNode(node, previous)) return [];
  const asking = store.list<Service>('Service').filter(asksForTopologyHints);
  if (asking.length === 0) return [];
  const shares = zoneSharesOf(store.list<Node>('Node'));
  return asking.map(objectKey).filter((key) => {
    const { namespace = '', name } = splitKey(key);
    const slices = slicesOf(store, namespace, name);
    return (['IPv4', 'IPv6'] as const).some((family) =>
      isOverloaded(hintedZones(slices.filter(({ addressType }) => addressType === family)), shares),
    );
  });
}
