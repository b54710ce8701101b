import { matchesLabels } from '../api/meta/label-selector.ts';
import type { Node } from '../api/core/node.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import {
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  type EndpointSlice,
} from '../api/discovery/endpoint-slice.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Store } from '../apiserver/store.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { desiredSlices, groupOf, type SliceDraft } from './endpoint-slice-content.ts';
import { isControlledBy, objectKey, splitKey } from './ownership.ts';
import { addTopologyHints, asksForTopologyHints } from './topology-hints.ts';
import { keysOfService, servicesOfNodeChange, tellWithdrawn, WITHDRAWN } from './topology-watch.ts';
import { MANAGED_BY, slicesOf } from './managed-slices.ts';

function writeSlice(
  existing: EndpointSlice,
  draft: SliceDraft,
  { store }: ControllerContext,
): void {
  const { endpoints, ports = [] } = draft;
  const labels = draft.metadata.labels ?? {};
  const isSame =
    isSameJson(existing.endpoints, endpoints) &&
    isSameJson(existing.ports ?? [], ports) &&
    isSameJson(existing.metadata.labels, labels);
  if (isSame) return;
  store.update<EndpointSlice>({
    ...existing,
    metadata: { ...existing.metadata, labels },
    endpoints,
    ports,
  });
}

function takeFirst<T>(items: T[], is: (item: T) => boolean): T | undefined {
  const index = items.findIndex(is);
  return index < 0 ? undefined : items.splice(index, 1)[0];
}

function createSlice(service: Service, draft: SliceDraft, context: ControllerContext): void {
  const created = context.store.create(draft);
  if (created.ok) return;
  const message = `Error updating Endpoint Slices for Service ${objectKey(service)}: ${created.status.message ?? ''}`;
  context.recordEvent(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
}

/** Writes the wanted slices over the existing ones; what is left of those goes. */
function replaceSlices(
  service: Service,
  wanted: readonly SliceDraft[],
  existing: readonly EndpointSlice[],
  context: ControllerContext,
): void {
  const free = existing.filter((slice) => isControlledBy(slice, service));
  const unmatched = wanted.filter((draft) => {
    const slice = takeFirst(free, (each) => groupOf(each) === groupOf(draft));
    if (slice) writeSlice(slice, draft, context);
    return slice === undefined;
  });
  for (const draft of unmatched) {
    // Like upstream's `finalize`: what would be deleted is changed instead, so that a slice keeps its name.
    const reused = takeFirst(free, ({ addressType }) => addressType === draft.addressType);
    if (reused) writeSlice(reused, draft, context);
    else createSlice(service, draft, context);
  }
  const kept = existing.filter((slice) => isControlledBy(slice, service) && !free.includes(slice));
  dropSlices(
    existing.filter((slice) => !kept.includes(slice)),
    context,
  );
}

function dropSlices(slices: readonly EndpointSlice[], { store }: ControllerContext): void {
  for (const { metadata } of slices)
    store.delete('EndpointSlice', metadata.namespace, metadata.name);
}

const isManaged = ({ spec, metadata }: Service) =>
  spec.selector !== undefined &&
  spec.type !== 'ExternalName' &&
  metadata.deletionTimestamp === undefined;

function reconcile(key: string, context: ControllerContext): void {
  const { store } = context;
  const { namespace = '', name } = splitKey(key);
  const service = store.get<Service>('Service', namespace, name);
  const existing = slicesOf(store, namespace, name);
  if (!service) dropSlices(existing, context);
  if (!service || !isManaged(service)) return;
  const selector = service.spec.selector ?? {};
  const pods = store
    .list<Pod>('Pod', { namespace })
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const nodes = store.list<Node>('Node');
  const drafts = desiredSlices(service, pods, nodes);
  if (!asksForTopologyHints(service)) return replaceSlices(service, drafts, existing, context);
  const { slices, events } = addTopologyHints(drafts, existing, nodes);
  for (const { type, reason, message } of events) {
    context.recordEvent(service, type, reason, message);
  }
  replaceSlices(service, slices, existing, context);
}

const selectingServices = (store: Store, objects: readonly KubeObject[]) =>
  store
    .list<Service>('Service', { namespace: objects[0]?.metadata.namespace ?? '' })
    .filter(({ spec }) =>
      objects.some(
        ({ metadata }) => spec.selector && matchesLabels(spec.selector, metadata.labels),
      ),
    )
    .map(objectKey);

/** Keeps the EndpointSlices of services with a selector. Source: pkg/controller/endpointslice. */
export const endpointSliceController: Controller = {
  name: 'endpoint-slice-controller',
  keysOf({ type, object, previous }, store) {
    const changed = previous ? [object, previous] : [object];
    switch (object.kind) {
      case 'Service':
        return keysOfService(object as Service, previous as Service | undefined);
      case 'Pod':
        return selectingServices(store, changed);
      case 'EndpointSlice': {
        const { labels, namespace = '' } = object.metadata;
        const service = labels?.[SERVICE_NAME_LABEL];
        const isOurs = labels?.[MANAGED_BY_LABEL] === MANAGED_BY;
        return isOurs && service !== undefined ? [`${namespace}/${service}`] : [];
      }
      case 'Node':
        if (type !== 'MODIFIED') return store.list<Service>('Service').map(objectKey);
        return servicesOfNodeChange(object as Node, previous as Node | undefined, store);
      default:
        return [];
    }
  },
  reconcile(key, context) {
    if (key.startsWith(WITHDRAWN)) tellWithdrawn(key, context);
    else reconcile(key, context);
  },
};
