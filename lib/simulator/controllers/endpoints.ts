import { matchesLabels } from '../api/meta/label-selector.ts';
import type { EndpointAddress, Endpoints, EndpointSubset } from '../api/core/endpoints.ts';
import { isPodReady, type Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import { ipVersion, parseIp } from '../base/ip.ts';
import { isSameJson } from '../base/same-json.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { belongsInEndpoints, findTargetPort } from './endpoint-slice-content.ts';
import { objectKey, splitKey } from './ownership.ts';

const MANAGED_BY = { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
const HEADLESS_LABEL = 'service.kubernetes.io/headless';

type Ports = NonNullable<EndpointSubset['ports']>;

function portsOf(service: Service, pod: Pod): Ports {
  return (service.spec.ports ?? []).flatMap((servicePort) => {
    const port = findTargetPort(pod, servicePort);
    const { name, protocol = 'TCP', appProtocol } = servicePort;
    if (port === undefined) return [];
    const named = name === undefined || name === '' ? {} : { name };
    return [{ ...named, port, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }];
  });
}

function addressOf(pod: Pod, service: Service, ip: string): EndpointAddress {
  const { name, namespace = '', uid = '' } = pod.metadata;
  const { hostname, subdomain, nodeName } = pod.spec;
  const isNamed = hostname !== undefined && subdomain === service.metadata.name;
  return {
    ip,
    ...(isNamed ? { hostname } : {}),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  };
}

const byIp = (a: EndpointAddress, b: EndpointAddress) => {
  const [x, y] = [parseIp(a.ip)?.value ?? 0n, parseIp(b.ip)?.value ?? 0n];
  return x < y ? -1 : x > y ? 1 : 0;
};

/** Address and ports that a pod adds, if any. */
function contribution(service: Service, pod: Pod): { ip: string; ports: Ports } | undefined {
  const family = service.spec.ipFamilies?.[0] === 'IPv6' ? 6 : 4;
  const ip = pod.status?.podIPs?.find((each) => ipVersion(each.ip) === family)?.ip;
  const ports = portsOf(service, pod);
  const lacksPorts = ports.length === 0 && (service.spec.ports ?? []).length > 0;
  return ip === undefined || lacksPorts ? undefined : { ip, ports };
}

function toSubset({
  addresses,
  notReadyAddresses,
  ports,
}: Required<EndpointSubset>): EndpointSubset {
  return {
    ...(addresses.length > 0 ? { addresses: addresses.toSorted(byIp) } : {}),
    ...(notReadyAddresses.length > 0
      ? { notReadyAddresses: notReadyAddresses.toSorted(byIp) }
      : {}),
    ...(ports.length > 0 ? { ports } : {}),
  };
}

/**
 * The subsets of a service: addresses with the same ports together, ready ones apart from the others; a pod on its way
 * out only when unready addresses are published. Source: pkg/controller/endpoint/endpoints_controller.go.
 */
function endpointSubsets(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const publishesAll = service.spec.publishNotReadyAddresses === true;
  const groups = new Map<string, Required<EndpointSubset>>();
  for (const pod of pods.filter(belongsInEndpoints)) {
    if (pod.metadata.deletionTimestamp !== undefined && !publishesAll) continue;
    const found = contribution(service, pod);
    if (!found) continue;
    const key = JSON.stringify(found.ports);
    const group = groups.get(key) ?? { addresses: [], notReadyAddresses: [], ports: found.ports };
    const side = publishesAll || isPodReady(pod) ? 'addresses' : 'notReadyAddresses';
    group[side].push(addressOf(pod, service, found.ip));
    groups.set(key, group);
  }
  return [...groups.values()].map(toSubset);
}

function write(service: Service, wanted: readonly EndpointSubset[], { store }: ControllerContext) {
  const { name, namespace = '', labels: own } = service.metadata;
  const isHeadless = service.spec.clusterIP === 'None';
  const labels = { ...own, ...MANAGED_BY, ...(isHeadless ? { [HEADLESS_LABEL]: '' } : {}) };
  const subsets = [...wanted];
  const current = store.get<Endpoints>('Endpoints', namespace, name);
  if (!current) {
    const metadata = { name, namespace, labels };
    store.create<Endpoints>({ apiVersion: 'v1', kind: 'Endpoints', metadata, subsets });
    return;
  }
  const isSame =
    isSameJson(current.subsets ?? [], subsets) && isSameJson(current.metadata.labels, labels);
  if (isSame) return;
  store.update<Endpoints>({ ...current, metadata: { ...current.metadata, labels }, subsets });
}

/**
 * Keeps the Endpoints of services with a selector: deprecated since 1.33, still written and still asked for.
 *
 * Simplified: no limit of 1000 addresses; Endpoints of services without a selector are not mirrored to slices.
 */
export const endpointsController: Controller = {
  name: 'endpoint-controller',
  keysOf({ object, previous }, store) {
    if (object.kind === 'Service') return [objectKey(object)];
    if (object.kind !== 'Pod') return [];
    const pods = previous ? [object, previous] : [object];
    return store
      .list<Service>('Service', { namespace: object.metadata.namespace ?? '' })
      .filter(({ spec }) =>
        pods.some(({ metadata }) => spec.selector && matchesLabels(spec.selector, metadata.labels)),
      )
      .map(objectKey);
  },
  reconcile(key, context) {
    const { store } = context;
    const { namespace = '', name } = splitKey(key);
    const service = store.get<Service>('Service', namespace, name);
    if (!service) {
      const left = store.get('Endpoints', namespace, name);
      const isOurs = left?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== undefined;
      if (isOurs) store.delete('Endpoints', namespace, name);
      return;
    }
    const { selector, type } = service.spec;
    if (!selector || type === 'ExternalName') return;
    const pods = store
      .list<Pod>('Pod', { namespace })
      .filter((pod) => matchesLabels(selector, pod.metadata.labels));
    write(service, endpointSubsets(service, pods), context);
  },
};
