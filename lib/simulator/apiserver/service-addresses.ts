import { copyPlain } from '../base/copy.ts';
import { ipVersion } from '../base/ip.ts';
import type { Service } from '../api/core/service.ts';
import type { KubeObject } from '../api/meta/object.ts';
import {
  IP_FAMILY_LABEL,
  MANAGED_BY_LABEL,
  type IPAddress,
  type ServiceCIDR,
} from '../api/networking/service-cidr.ts';
import type { UsedByOthers } from './service-uses.ts';
import type { Store } from './store.ts';

type Reader = Pick<Store, 'get'>;

/** An IPAddress to be made, or (`held`: as it is stored) to be removed. */
export interface AddressChange {
  readonly address: IPAddress;
  readonly held?: IPAddress;
}

const addressesOf = (service: KubeObject | undefined): readonly string[] =>
  ((service as Service | undefined)?.spec.clusterIPs ?? []).filter(
    (address) => ipVersion(address) !== undefined,
  );

const find = (store: Reader, address: string) =>
  store.get<IPAddress>('IPAddress', undefined, address);

/** Says that a Service has an address (pkg/registry/core/service/ipallocator/ipallocator.go). */
const addressOf = ({ metadata }: KubeObject, address: string): IPAddress => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IPAddress',
  metadata: {
    name: address,
    labels: {
      [IP_FAMILY_LABEL]: `IPv${ipVersion(address)}`,
      [MANAGED_BY_LABEL]: 'ipallocator.k8s.io',
    },
  },
  spec: {
    parentRef: {
      resource: 'services',
      namespace: metadata.namespace ?? '',
      name: metadata.name,
    },
  },
});

/** Whether an IPAddress says that this Service has it. */
function isAddressOf({ spec: { parentRef } }: IPAddress, { metadata }: KubeObject): boolean {
  return (
    parentRef?.resource === 'services' &&
    parentRef.namespace === metadata.namespace &&
    parentRef.name === metadata.name
  );
}

/** The IPAddresses that the write of a Service makes and removes: every address that Services have has one. */
export function addressChanges(
  previous: KubeObject | undefined,
  current: KubeObject | undefined,
  store: Reader,
): AddressChange[] {
  const before = addressesOf(previous);
  const after = addressesOf(current);
  const released = before.flatMap((text) => {
    const held = after.includes(text) ? undefined : find(store, text);
    if (!held || !previous || !isAddressOf(held, previous)) return [];
    return [{ address: copyPlain(held), held }];
  });
  const taken = after.flatMap((text) =>
    !current || before.includes(text) || find(store, text)
      ? []
      : [{ address: addressOf(current, text) }],
  );
  return [...released, ...taken];
}

/** What others hold, and the addresses that somebody made an IPAddress of for something else than this Service. */
export const besidesTakenByHand = (
  used: UsedByOthers,
  service: Service,
  store: Reader,
): UsedByOthers => ({
  hasPort: (key) => used.hasPort(key),
  hasAddress(text) {
    if (used.hasAddress(text)) return true;
    const address = find(store, text);
    return address !== undefined && !isAddressOf(address, service);
  },
});

/** Prefixes of the ServiceCIDRs that Services may have addresses of, besides the one of the API server's flag. */
export const furtherRanges = (store: Pick<Store, 'list'>): readonly string[] =>
  store
    .list<ServiceCIDR>('ServiceCIDR')
    .filter(
      ({ metadata, status }) =>
        metadata.name !== 'kubernetes' &&
        metadata.deletionTimestamp === undefined &&
        status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True'),
    )
    .flatMap(({ spec }) => spec.cidrs ?? []);
