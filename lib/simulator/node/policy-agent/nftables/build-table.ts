import type { IpVersion } from '../../../base/ip.ts';
import { mayHoldFamily, type AddressSet } from '../address-set.ts';
import type { ClusterView } from '../cluster-view.ts';
import { policiesOfPlan, type NodePlan } from '../plan-node.ts';
import { setsOfRules } from '../rule-plan.ts';
import { contentsOf } from '../set-contents.ts';
import { baseChain } from './base-chains.ts';
import type { DesiredChain, DesiredSet, DesiredTable } from './desired-table.ts';
import { LOOPBACK_SET, podsMap, setName } from './names.ts';
import { podsChains } from './pods-chains.ts';
import { addressSetOf, loopbackSetOf, podsMapOf, type PlacedPod } from './table-sets.ts';

/** What of a table is a matter of the node's plan alone, whatever is in the sets. */
interface PlannedTable {
  readonly chains: ReadonlyMap<string, DesiredChain>;
  /** Which pods these are. */
  readonly podSets: ReadonlyMap<string, DesiredSet>;
  /** What the rules look into, by name. */
  readonly addressSets: ReadonlyMap<string, AddressSet>;
}

const isOfVersion = (address: string, version: IpVersion) =>
  address.includes(':') === (version === 6);

const placePods = (plan: NodePlan, version: IpVersion): readonly PlacedPod[] =>
  plan.flatMap((planned) => {
    const address = planned.pod.addresses.find((each) => isOfVersion(each, version));
    return address === undefined ? [] : [{ address, planned }];
  });

function planChains(
  pods: readonly PlacedPod[],
  version: IpVersion,
): ReadonlyMap<string, DesiredChain> {
  const chains = new Map<string, DesiredChain>();
  const has = (direction: 'ingress' | 'egress') =>
    pods.some(({ planned }) => planned[direction] !== undefined);
  if (has('egress')) chains.set('egress', baseChain('egress', version));
  if (has('ingress')) chains.set('ingress', baseChain('ingress', version));
  // NetworkPolicies leave the way to the node alone; policies of the other tiers have a say.
  const isNodeAsked = pods.some(
    ({ planned: { egress } }) => egress && egress.admin.length + egress.baseline.length > 0,
  );
  if (isNodeAsked) chains.set('egress-to-node', baseChain('egress-to-node', version));
  for (const { planned } of pods) {
    for (const direction of ['egress', 'ingress'] as const) {
      const of = planned[direction];
      if (!of) continue;
      for (const [name, rules] of podsChains(of, direction, version))
        if (!chains.has(name)) chains.set(name, { rules });
    }
  }
  return chains;
}

function planPodSets(
  pods: readonly PlacedPod[],
  version: IpVersion,
): ReadonlyMap<string, DesiredSet> {
  const maps = (['egress', 'ingress'] as const).map(
    (direction) => [podsMap(direction), podsMapOf(pods, direction, version)] as const,
  );
  return new Map([
    ...maps.filter(([, { elements }]) => elements.length > 0),
    [LOOPBACK_SET, loopbackSetOf(pods, version)],
  ]);
}

function planAddressSets(plan: NodePlan, version: IpVersion): ReadonlyMap<string, AddressSet> {
  const sets = policiesOfPlan(plan).flatMap(setsOfRules);
  return new Map(
    sets.filter((set) => mayHoldFamily(set, version)).map((set) => [setName(set), set] as const),
  );
}

function planTable(plan: NodePlan, version: IpVersion): PlannedTable | undefined {
  const pods = placePods(plan, version);
  if (pods.length === 0) return undefined;
  return {
    chains: planChains(pods, version),
    podSets: planPodSets(pods, version),
    addressSets: planAddressSets(plan, version),
  };
}

/** A plan stays the same object until something of it changes. */
const planned = new WeakMap<NodePlan, Partial<Record<IpVersion, PlannedTable>>>();

function knownTable(plan: NodePlan, version: IpVersion): PlannedTable | undefined {
  const known = planned.get(plan) ?? {};
  planned.set(plan, known);
  const table = known[version] ?? planTable(plan, version);
  if (table) known[version] = table;
  return table;
}

/** The table that a plan asks for; undefined when no pod of the node has policies and an address of this family. */
export function buildTable(
  plan: NodePlan,
  view: ClusterView,
  version: IpVersion,
): DesiredTable | undefined {
  const table = knownTable(plan, version);
  if (!table) return undefined;
  const sets = new Map(table.podSets);
  for (const [name, set] of table.addressSets)
    sets.set(name, addressSetOf(contentsOf(set, view), version));
  return { chains: table.chains, sets };
}
