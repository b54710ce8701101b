import type { Service } from '../api/core/service.ts';
import { isSameJson } from '../base/same-json.ts';
import { addToIp } from '../base/ip.ts';
import type { LoadBalancerName } from '../cluster-options.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { objectKey, splitKey } from './ownership.ts';

/** Where the addresses come from: on the nodes' own segment for layer 2, among the site's public ones for a cloud. */
const POOLS: Readonly<Record<LoadBalancerName, { first: string; size: number } | undefined>> = {
  none: undefined,
  cloud: { first: '198.51.100.10', size: 200 },
  'cloud-vip': { first: '198.51.100.10', size: 200 },
  layer2: { first: '192.168.10.200', size: 51 },
};

const ingressOf = ({ status }: Service) => status?.loadBalancer?.ingress ?? [];

const isWanted = ({ spec, metadata }: Service) =>
  spec.type === 'LoadBalancer' &&
  spec.loadBalancerClass === undefined &&
  metadata.deletionTimestamp === undefined;

/** The address that the Service has, the one that it asks for when that is free, or the first free one. */
function chooseAddress(service: Service, context: ControllerContext): string | undefined {
  const pool = POOLS[context.options.loadBalancer ?? 'none'];
  if (!pool) return undefined;
  const [own] = ingressOf(service);
  if (own?.ip !== undefined) return own.ip;
  const taken = new Set(
    context.store.list<Service>('Service').flatMap((each) => ingressOf(each).map(({ ip }) => ip)),
  );
  const all = Array.from({ length: pool.size }, (_, index) => addToIp(pool.first, index) ?? '');
  const { loadBalancerIP: asked } = service.spec;
  const candidates = asked === undefined ? all : all.filter((address) => address === asked);
  return candidates.find((address) => !taken.has(address));
}

function reconcile(key: string, context: ControllerContext): void {
  const { namespace, name } = splitKey(key);
  const service = context.store.get<Service>('Service', namespace, name);
  const { loadBalancer = 'none' } = context.options;
  if (!service || loadBalancer === 'none') return;
  const ip = isWanted(service) ? chooseAddress(service, context) : undefined;
  if (ip === undefined && isWanted(service)) {
    const message = 'Failed to allocate IP for the Service: no available IPs';
    context.recordEvent(service, 'Warning', 'AllocationFailed', message);
    return;
  }
  const ipMode = loadBalancer === 'cloud' ? 'Proxy' : 'VIP';
  const wanted = ip === undefined ? {} : { ingress: [{ ip, ipMode } as const] };
  if (isSameJson(service.status?.loadBalancer ?? {}, wanted)) return;
  context.store.updateStatus<Service>({
    ...service,
    status: { ...service.status, loadBalancer: wanted },
  });
  if (ip === undefined) return;
  const [reason, message] =
    loadBalancer === 'layer2'
      ? ['IPAllocated', `Assigned IP ["${ip}"]`]
      : ['EnsuredLoadBalancer', 'Ensured load balancer'];
  context.recordEvent(service, 'Normal', reason, message);
}

/**
 * Gives Services of type LoadBalancer an address of the pool, and takes it back when they are something else: MetalLB's
 * controller, or a cloud's (k8s.io/cloud-provider controllers/service). Idle where nobody was installed for it.
 *
 * Simplified: one IPv4 address a Service; no load-balancer clean-up finalizer.
 */
export const loadBalancerController: Controller = {
  name: 'service-controller',
  keysOf({ type, object }, store) {
    if (object.kind !== 'Service') return [];
    // An address that comes free may be what another Service waits for.
    if (type === 'DELETED') return store.list<Service>('Service').filter(isWanted).map(objectKey);
    const service = object as Service;
    return isWanted(service) || ingressOf(service).length > 0 ? [objectKey(service)] : [];
  },
  reconcile,
};
