import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { Store } from '../../apiserver/store.ts';
import { endpointsByPort, serviceOfSlice, type EndpointInfo } from './endpoints.ts';
import type { IpFamily } from './proxy-config.ts';
import { servicePortsOf, type ServicePortInfo } from './service-port.ts';

export interface ServedPort {
  readonly port: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
}

/** A Service with its slices, as every kube-proxy reads them: nothing in it is of one node. */
export interface ServedService {
  /** `namespace/name`. */
  readonly key: string;
  /** Versions of the objects that it was read from: it changes when they do. */
  readonly version: string;
  readonly ports: readonly ServedPort[];
  readonly from: readonly [Service, ...(readonly EndpointSlice[])];
}

export interface ServiceView {
  /**
   * In the order of their keys.
   * Simplified: the real one goes through a Go map, so that the order of its rules differs from run to run.
   */
  readonly services: readonly ServedService[];
  readonly byKey: ReadonlyMap<string, ServedService>;
  /** Endpoints of all ports together: a large cluster is written down with fewer comments. */
  readonly endpointCount: number;
}

const EMPTY: ReadonlyMap<string, ServedService> = new Map();

const isFrom = ({ from }: ServedService, objects: readonly unknown[]) =>
  from.length === objects.length && from.every((object, index) => object === objects[index]);

function readService(
  key: string,
  from: readonly [Service, ...(readonly EndpointSlice[])],
  family: IpFamily,
): ServedService {
  const [service, ...slices] = from;
  const endpoints = endpointsByPort(key, slices);
  const ports = servicePortsOf(service, family).map((port) => ({
    port,
    endpoints: endpoints.get(port.key) ?? [],
  }));
  return {
    key,
    version: from
      .map(({ metadata: { uid = '', resourceVersion = '' } }) => `${uid}:${resourceVersion}`)
      .join(' '),
    ports: ports.sort((a, b) => (a.port.key < b.port.key ? -1 : 1)),
    from,
  };
}

function slicesByService(
  slices: readonly EndpointSlice[],
  family: IpFamily,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const found = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const service = serviceOfSlice(slice, family);
    if (service === undefined) continue;
    const list = found.get(service);
    if (list) list.push(slice);
    else found.set(service, [slice]);
  }
  return found;
}

/** What kube-proxy makes of the objects before it thinks of its node. What did not change is taken from `before`. */
export function viewServices(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  family: IpFamily,
  before: ReadonlyMap<string, ServedService> = EMPTY,
): ServiceView {
  const slicesOf = slicesByService(slices, family);
  const served = services.map((service) => {
    const key = `${service.metadata.namespace ?? 'default'}/${service.metadata.name}`;
    const from = [service, ...(slicesOf.get(key) ?? [])] as const;
    const known = before.get(key);
    return known && isFrom(known, from) ? known : readService(key, from, family);
  });
  const withPorts = served
    .filter(({ ports }) => ports.length > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    services: withPorts,
    byKey: new Map(withPorts.map((service) => [service.key, service])),
    endpointCount: withPorts.reduce(
      (sum, { ports }) => ports.reduce((each, { endpoints }) => each + endpoints.length, sum),
      0,
    ),
  };
}

interface Remembered {
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly view: ServiceView;
}

/** Objects of the store never change, so that all nodes may share what was read from them, and no state is kept here. */
const remembered = new WeakMap<Store, Partial<Record<IpFamily, Remembered>>>();

/** The view of what is in the store now. */
export function viewStore(store: Store, family: IpFamily): ServiceView {
  const families = remembered.get(store) ?? {};
  remembered.set(store, families);
  const last = families[family];
  const services = store.list<Service>('Service');
  const slices = store.list<EndpointSlice>('EndpointSlice');
  // The store gives the same lists until one of their objects changes.
  if (last?.services === services && last.slices === slices) return last.view;
  const view = viewServices(services, slices, family, last?.view.byKey);
  families[family] = { services, slices, view };
  return view;
}
