import type { Condition } from '../api/meta/condition.ts';
import type { IPAddress, ServiceCIDR } from '../api/networking/service-cidr.ts';
import type { Store } from '../apiserver/store.ts';
import type { ClusterOptions } from '../cluster-options.ts';
import { cidrContains, cidrsOf } from '../base/cidr.ts';
import { formatTimestamp, type Micros } from '../base/clock.ts';
import type { Controller } from './controller.ts';

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

const DEFAULT = 'kubernetes';

/** The range of the API server's own flag, as an object; made again when somebody deletes it. */
export const defaultServiceCidr = ({
  serviceCidr,
}: Pick<ClusterOptions, 'serviceCidr'>): ServiceCIDR => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: DEFAULT },
  spec: { cidrs: [...cidrsOf(serviceCidr)] },
});

const contains = ({ spec }: ServiceCIDR, address: string) =>
  (spec.cidrs ?? []).some((cidr) => cidrContains(cidr, address));

/** Whether Services have addresses of this range that no other range has, too (`canDeleteCIDR`). */
function isNeeded(range: ServiceCIDR, store: Store): boolean {
  const others = store
    .list<ServiceCIDR>('ServiceCIDR')
    .filter(({ metadata }) => !metadata.deletionTimestamp && metadata.name !== range.metadata.name);
  return store
    .list<IPAddress>('IPAddress')
    .some(
      ({ metadata: { name } }) =>
        contains(range, name) && !others.some((other) => contains(other, name)),
    );
}

function setReady(
  range: ServiceCIDR,
  verdict: Pick<Condition, 'status' | 'reason' | 'message'>,
  store: Store,
  now: Micros,
): void {
  const present = range.status?.conditions?.find(({ type }) => type === 'Ready');
  if (present?.status === verdict.status) return;
  const condition = { type: 'Ready', lastTransitionTime: formatTimestamp(now), ...verdict };
  store.updateStatus<ServiceCIDR>({ ...range, status: { conditions: [condition] } });
}

const IN_USE =
  'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR';

/** A range that somebody deletes stays until nobody needs it. */
function letGo(range: ServiceCIDR, store: Store, now: Micros): void {
  if (isNeeded(range, store)) {
    setReady(range, { status: 'False', reason: 'Terminating', message: IN_USE }, store, now);
    return;
  }
  const finalizers = (range.metadata.finalizers ?? []).filter((each) => each !== FINALIZER);
  store.update<ServiceCIDR>({ ...range, metadata: { ...range.metadata, finalizers } });
}

/**
 * Says that ranges are ready, and keeps those that go for as long as Services have addresses of them.
 * Source: pkg/controller/servicecidrs, pkg/registry/core/service/ipallocator, pkg/controlplane/controller/defaultservicecidr.
 */
export const serviceCidrController: Controller = {
  name: 'service-cidr-controller',
  keysOf({ type, object, previous }, store) {
    if (object.kind === 'ServiceCIDR') return [object.metadata.name];
    // A range that goes waits for its last address.
    if (object.kind !== 'IPAddress' || type !== 'DELETED' || !previous) return [];
    return store
      .list<ServiceCIDR>('ServiceCIDR')
      .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      .map(({ metadata }) => metadata.name);
  },
  reconcile(name, context) {
    const { store, now, options } = context;
    const range = store.get<ServiceCIDR>('ServiceCIDR', undefined, name);
    if (!range) {
      if (name === DEFAULT) store.create<ServiceCIDR>(defaultServiceCidr(options));
      return;
    }
    if (range.metadata.deletionTimestamp !== undefined) {
      letGo(range, store, now);
      return;
    }
    const finalizers = range.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) {
      const metadata = { ...range.metadata, finalizers: [...finalizers, FINALIZER] };
      store.update<ServiceCIDR>({ ...range, metadata });
      return;
    }
    const what = name === DEFAULT ? 'Kubernetes default Service CIDR' : 'Kubernetes Service CIDR';
    setReady(range, { status: 'True', reason: '', message: `${what} is ready` }, store, now);
  },
};
