import type { IpVersion } from '../../../base/ip.ts';
import type { NftType } from '../../../linux/netfilter/nft/model.ts';
import type { Direction } from '../../../policy/normal-policy.ts';
import { goto } from '../../kube-proxy/nftables/words.ts';
import { elementKindOf, type AddressSet, type SetContents } from '../address-set.ts';
import { podBecause } from '../because.ts';
import type { PlannedPod } from '../rule-plan.ts';
import { describeSet } from './describe-set.ts';
import type { DesiredSet } from './desired-table.ts';
import { podsChain } from './names.ts';

const addressType = (version: IpVersion): NftType => (version === 4 ? 'ipv4_addr' : 'ipv6_addr');

/** A pod of this node with policies, by its address of one family. */
export interface PlacedPod {
  readonly address: string;
  readonly planned: PlannedPod;
}

/** Which chain the address of a pod leads to. */
export function podsMapOf(
  pods: readonly PlacedPod[],
  direction: Direction,
  version: IpVersion,
): DesiredSet {
  const elements = pods.flatMap(({ address, planned: { pod, [direction]: of } }) =>
    of
      ? {
          key: address,
          verdict: goto(podsChain(direction, of)),
          comment: pod.key,
          because: podBecause(pod),
        }
      : [],
  );
  return { body: { kind: 'map', type: [addressType(version)], data: 'verdict' }, elements };
}

/** Each pod with itself: source and destination. */
export const loopbackSetOf = (pods: readonly PlacedPod[], version: IpVersion): DesiredSet => ({
  body: { kind: 'set', type: [addressType(version), addressType(version)] },
  elements: pods.map(({ address, planned: { pod } }) => ({
    key: `${address} . ${address}`,
    because: podBecause(pod),
  })),
});

/** `10.0.0.1,tcp:80` is `10.0.0.1 . tcp . 80` here. */
const keyOf = (element: string) => element.replace(/,([a-z]+):/, ' . $1 . ');

function bodyOf(set: AddressSet, version: IpVersion): DesiredSet['body'] {
  const address = addressType(version);
  const text = describeSet(set);
  const comment = text === undefined ? {} : { comment: text };
  switch (elementKindOf(set)) {
    case 'addresses':
      return { kind: 'set', type: [address], ...comment };
    case 'networks':
      return { kind: 'set', type: [address], flags: ['interval'] };
    case 'ports':
      return { kind: 'set', type: [address, 'inet_proto', 'inet_service'], ...comment };
  }
}

/** By what is in them: all nodes that look into a set share it, until something else is in it. */
const printed = new WeakMap<SetContents, Partial<Record<IpVersion, DesiredSet>>>();

/** A set that rules look into. */
export function addressSetOf(contents: SetContents, version: IpVersion): DesiredSet {
  const known = printed.get(contents) ?? {};
  printed.set(contents, known);
  return (known[version] ??= {
    body: bodyOf(contents.set, version),
    elements: contents.elements[version].map((element) => ({ key: keyOf(element) })),
  });
}
