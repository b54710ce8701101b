import type { Service } from '../../api/core/service.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { Store } from '../../apiserver/store.ts';
import { serviceOfSlice } from './endpoints.ts';
import type { IpFamily } from './proxy-config.ts';
import {
  countEndpoints,
  readService,
  serviceKey,
  viewServices,
  type ServedService,
  type ServiceView,
} from './service-view.ts';
import { changedMiddle } from './view-changes.ts';

/** The objects that a view was made of: lists in the order of their keys, of objects that never change. */
export interface ViewedObjects {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
}

interface Viewed extends ViewedObjects {
  readonly view: ServiceView;
}

/** More Services than this, and the view is made anew. */
const MOST_CHANGES = 64;

/** Services that may look different now: those that changed, and those whose slices did. */
function touchedKeys(last: Viewed, { services, slices }: ViewedObjects, family: IpFamily) {
  const [oldServices, newServices] = changedMiddle(last.services, services);
  const [oldSlices, newSlices] = changedMiddle(last.slices, slices);
  const known = new Set(newServices);
  const stayed = new Set(oldServices.filter((service) => known.has(service)));
  const touched = new Set<string>();
  for (const service of [...oldServices, ...newServices])
    if (!stayed.has(service)) touched.add(serviceKey(service));
  const knownSlices = new Set(newSlices);
  const stayedSlices = new Set(oldSlices.filter((slice) => knownSlices.has(slice)));
  for (const slice of [...oldSlices, ...newSlices]) {
    const key = stayedSlices.has(slice) ? undefined : serviceOfSlice(slice, family);
    if (key !== undefined) touched.add(key);
  }
  return touched;
}

/** First place in `services` that is not before `key`. */
function placeOf(services: readonly ServedService[], key: string): number {
  let [low, high] = [0, services.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((services[middle]?.key ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The Services with these keys. */
function findServices(services: readonly Service[], keys: ReadonlySet<string>) {
  const names = new Set([...keys].map((key) => key.slice(key.indexOf('/') + 1)));
  return services.filter(
    (service) => names.has(service.metadata.name) && keys.has(serviceKey(service)),
  );
}

/** The touched Services as they are now; undefined for those that are gone, or have nothing to serve. */
function readTouched(
  touched: ReadonlySet<string>,
  { services, slices }: ViewedObjects,
  family: IpFamily,
): Map<string, ServedService | undefined> {
  const from = new Map(
    findServices(services, touched).map((service): [string, [Service, ...EndpointSlice[]]] => [
      serviceKey(service),
      [service],
    ]),
  );
  const names = new Set([...from.values()].map(([{ metadata }]) => metadata.name));
  for (const slice of slices) {
    // Most slices belong to others: that costs one look at a label.
    if (!names.has(slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? '')) continue;
    from.get(serviceOfSlice(slice, family) ?? '')?.push(slice);
  }
  return new Map(
    [...touched].map((key) => {
      const objects = from.get(key);
      const served = objects && readService(key, objects, family);
      return [key, served && served.ports.length > 0 ? served : undefined];
    }),
  );
}

/** The view after a few changes: what `viewServices` makes of the objects, at the price of what changed. */
function updateView(
  { view: before }: Viewed,
  changed: ReadonlyMap<string, ServedService | undefined>,
): ServiceView {
  const services = [...before.services];
  const byKey = new Map(before.byKey);
  let { endpointCount, differingCount } = before;
  for (const [key, now] of changed) {
    const was = byKey.get(key);
    const at = placeOf(services, key);
    services.splice(at, was ? 1 : 0, ...(now ? [now] : []));
    if (now) byKey.set(key, now);
    else byKey.delete(key);
    endpointCount += (now ? countEndpoints(now) : 0) - (was ? countEndpoints(was) : 0);
    differingCount +=
      Number(now?.isSameEverywhere === false) - Number(was?.isSameEverywhere === false);
  }
  return { services, byKey, endpointCount, differingCount };
}

function viewAfter(
  last: Viewed | undefined,
  objects: ViewedObjects,
  family: IpFamily,
): ServiceView {
  const { services, slices } = objects;
  if (!last) return viewServices(services, slices, family);
  const touched = touchedKeys(last, objects, family);
  if (touched.size === 0) return last.view;
  if (touched.size > MOST_CHANGES) return viewServices(services, slices, family, last.view.byKey);
  return updateView(last, readTouched(touched, objects, family));
}

/** What kube-proxy reads. The store gives the same lists until one of their objects changes. */
export const objectsIn = (store: Store): ViewedObjects => ({
  services: store.list<Service>('Service'),
  slices: store.list<EndpointSlice>('EndpointSlice'),
});

type Views = Partial<Record<IpFamily, Viewed>>;

/** Objects never change, so that all nodes may share what was read from them, and no state is kept here. */
const remembered = new WeakMap<readonly EndpointSlice[], Views>();

/** The view of these objects; `last` may be one of nearly the same. */
export function viewObjects(objects: ViewedObjects, family: IpFamily, last?: Viewed): Viewed {
  const views = remembered.get(objects.slices) ?? {};
  remembered.set(objects.slices, views);
  const known = views[family];
  if (known?.services === objects.services) return known;
  const viewed = { ...objects, view: viewAfter(known ?? last, objects, family) };
  views[family] = viewed;
  return viewed;
}

const lastViews = new WeakMap<Store, Views>();

/** The view of what is in the store now: from the one before, at the price of what changed. */
export function viewStore(store: Store, family: IpFamily): ServiceView {
  const views = lastViews.get(store) ?? {};
  lastViews.set(store, views);
  const viewed = viewObjects(objectsIn(store), family, views[family]);
  views[family] = viewed;
  return viewed.view;
}
