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

const MANAGED_BY = 'endpointslice-controller.k8s.io';

const slicesOf = (store: Store, namespace: string, service: string) =>
  store.list<EndpointSlice>('EndpointSlice', {
    namespace,
    labelSelector: `${SERVICE_NAME_LABEL}=${service},${MANAGED_BY_LABEL}=${MANAGED_BY}`,
  });

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

function reconcile(key: string, context: ControllerContext): void {
  const { store } = context;
  const { namespace = '', name } = splitKey(key);
  const service = store.get<Service>('Service', namespace, name);
  const existing = [...slicesOf(store, namespace, name)];
  const drop = (slice: EndpointSlice) =>
    store.delete('EndpointSlice', namespace, slice.metadata.name);
  if (!service) {
    existing.forEach(drop);
    return;
  }
  if (!service.spec.selector || service.spec.type === 'ExternalName') return;
  if (service.metadata.deletionTimestamp !== undefined) return;

  const { selector } = service.spec;
  const pods = store
    .list<Pod>('Pod', { namespace })
    .filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const free = existing.filter((slice) => isControlledBy(slice, service));
  existing.filter((slice) => !free.includes(slice)).forEach(drop);
  const create: SliceDraft[] = [];
  for (const draft of desiredSlices(service, pods, store.list<Node>('Node'))) {
    const index = free.findIndex((slice) => groupOf(slice) === groupOf(draft));
    const [slice] = index < 0 ? [] : free.splice(index, 1);
    if (slice) writeSlice(slice, draft, context);
    else create.push(draft);
  }
  for (const draft of create) {
    // Like upstream's `finalize`: what would be deleted is changed instead, so that a slice keeps its name.
    const index = free.findIndex((slice) => slice.addressType === draft.addressType);
    const [reused] = index < 0 ? [] : free.splice(index, 1);
    if (reused) {
      writeSlice(reused, draft, context);
      continue;
    }
    const created = store.create(draft);
    if (!created.ok) {
      const message = `Error updating Endpoint Slices for Service ${key}: ${created.status.message ?? ''}`;
      context.recordEvent(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
    }
  }
  free.forEach(drop);
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
        return [objectKey(object)];
      case 'Pod':
        return selectingServices(store, changed);
      case 'EndpointSlice': {
        const { labels, namespace = '' } = object.metadata;
        const service = labels?.[SERVICE_NAME_LABEL];
        const isOurs = labels?.[MANAGED_BY_LABEL] === MANAGED_BY;
        return isOurs && service !== undefined ? [`${namespace}/${service}`] : [];
      }
      case 'Node':
        return type === 'MODIFIED' ? [] : store.list<Service>('Service').map(objectKey);
      default:
        return [];
    }
  },
  reconcile,
};
