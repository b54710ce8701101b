import { NODE_LEASE_NAMESPACE, type Lease } from '../../api/coordination/lease.ts';
import type { Node } from '../../api/core/node.ts';
import { formatMicroTime, parseTimestamp, SECOND, type Micros } from '../../base/clock.ts';
import type { Store } from '../../apiserver/store.ts';

/** `nodeLeaseDurationSeconds`, and a quarter of it: how often a Lease is renewed. */
const DURATION_SECONDS = 40;
const RENEWAL = 10 * SECOND;

/** The last renewal of a Lease that its kubelet renews: every ten seconds since it was made. */
export function lastRenewal({ metadata }: Lease, now: Micros): string {
  const made = parseTimestamp(metadata.creationTimestamp ?? '') ?? now;
  return formatMicroTime(made + Math.floor(Math.max(0, now - made) / RENEWAL) * RENEWAL);
}

/** Whether a kubelet renews this Lease: see `Lease.spec.renewTime`. */
export const isRenewed = ({ metadata, spec }: Lease): boolean =>
  metadata.namespace === NODE_LEASE_NAMESPACE &&
  spec?.holderIdentity === metadata.name &&
  spec.renewTime === undefined;

/** The kubelet begins to renew the Lease of its node, or goes on. */
export function holdLease(node: Node, store: Store): void {
  const { name, uid = '' } = node.metadata;
  const found = store.get<Lease>('Lease', NODE_LEASE_NAMESPACE, name);
  if (found && isRenewed(found)) return;
  if (found) {
    const { renewTime: _, ...spec } = found.spec ?? {};
    store.update<Lease>({ ...found, spec: { ...spec, holderIdentity: name } });
    return;
  }
  store.create<Lease>({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: NODE_LEASE_NAMESPACE,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: DURATION_SECONDS },
  });
}

/** The kubelet stops: its last renewal is written down, and grows old from now on. */
export function leaveLease(node: string, store: Store, now: Micros): void {
  const found = store.get<Lease>('Lease', NODE_LEASE_NAMESPACE, node);
  if (!found || !isRenewed(found)) return;
  store.update<Lease>({ ...found, spec: { ...found.spec, renewTime: lastRenewal(found, now) } });
}
