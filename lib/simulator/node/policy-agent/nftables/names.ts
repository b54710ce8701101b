import type { Direction } from '../../../policy/normal-policy.ts';
import { hashText } from '../../kube-proxy/chain-names.ts';
import { elementKindOf, type AddressSet } from '../address-set.ts';
import type { PlannedPolicy, PodDirection } from '../rule-plan.ts';

/** The table of policies, one in each family. */
export const TABLE = 'network-policies';

/** Names of chains are cut at this length: 256 of nft, less the longest prefix. */
const LONGEST_BASE = 230;

const cut = (name: string) =>
  name.length > LONGEST_BASE ? `${name.slice(0, LONGEST_BASE - 3)}...` : name;

const pathOf = ({ policy: { ref } }: PlannedPolicy) =>
  [ref.kind, ref.namespace, ref.name].filter((part) => part !== undefined).join('/');

const hashOf = (policies: readonly PlannedPolicy[]) => hashText(policies.map(pathOf).join(' '), 8);

/** The chain of one NetworkPolicy, which all pods share that it isolates: `ingress-Q5TYUIOP-shop/allow-web`. */
export function policyChain(planned: PlannedPolicy): string {
  const { namespace = '', name } = planned.policy.ref;
  return cut(`${planned.direction}-${hashOf([planned])}-${namespace}/${name}`);
}

/** The rules of a tier of cluster policies, which all pods share that the same ones select: `admin-egress-Q5TYUIOP`. */
export const tierChain = (
  tier: 'admin' | 'baseline',
  direction: Direction,
  policies: readonly PlannedPolicy[],
) => `${tier}-${direction}-${hashOf(policies)}`;

/** A hash costs more than all the rest of a round: names are made once. */
const podsChains = new WeakMap<PodDirection, string>();

/** What is asked for pods that the same policies select: `pods-egress-Q5TYUIOP`. */
export function podsChain(direction: Direction, of: PodDirection): string {
  const name =
    podsChains.get(of) ??
    `pods-${direction}-${hashOf([...of.admin, ...of.network, ...of.baseline])}`;
  podsChains.set(of, name);
  return name;
}

/** Which chain a pod's address leads to. */
export const podsMap = (direction: Direction) => `${direction}-pods`;

/** Pods with themselves: source and destination of a packet that comes back to its sender. */
export const LOOPBACK_SET = 'loopback';

/** `addresses-…`, `networks-…`, `ports-…`. */
export const setName = (set: AddressSet) => `${elementKindOf(set)}-${set.name}`;
