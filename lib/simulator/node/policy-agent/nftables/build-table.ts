import type { IpVersion } from '../../../base/ip.ts';
import { mayHold } from '../address-set.ts';
import type { ClusterView } from '../cluster-view.ts';
import { policiesOfPlan } from '../plan-node.ts';
import { setsOfRules, type PlannedPod } from '../rule-plan.ts';
import { contentsOf } from '../set-contents.ts';
import { baseChain } from './base-chains.ts';
import type { DesiredTable } from './desired-table.ts';
import { LOOPBACK_SET, podsMap, setName } from './names.ts';
import { addPodsChains } from './pods-chains.ts';
import { addressSetOf, loopbackSetOf, podsMapOf, type PlacedPod } from './table-sets.ts';

function addBaseChains(table: DesiredTable, pods: readonly PlacedPod[], version: IpVersion): void {
  const { chains, sets } = table;
  for (const direction of ['egress', 'ingress'] as const) {
    const map = podsMapOf(pods, direction, version);
    if (map.elements.length === 0) continue;
    chains.set(direction, baseChain(direction, version));
    sets.set(podsMap(direction), map);
  }
  // NetworkPolicies leave the way to the node alone; policies of the other tiers have a say.
  const isNodeAsked = pods.some(
    ({ planned: { egress } }) => egress && egress.admin.length + egress.baseline.length > 0,
  );
  if (isNodeAsked) chains.set('egress-to-node', baseChain('egress-to-node', version));
  sets.set(LOOPBACK_SET, loopbackSetOf(pods, version));
}

function addAddressSets(
  { sets }: DesiredTable,
  plan: readonly PlannedPod[],
  view: ClusterView,
  version: IpVersion,
): void {
  for (const policy of policiesOfPlan(plan)) {
    for (const set of setsOfRules(policy)) {
      if (!mayHold(set, version) || sets.has(setName(set))) continue;
      sets.set(setName(set), addressSetOf(contentsOf(set, view), version));
    }
  }
}

const isOfVersion = (address: string, version: IpVersion) =>
  address.includes(':') === (version === 6);

/** The table that a plan asks for; undefined when no pod of the node has policies and an address of this family. */
export function buildTable(
  plan: readonly PlannedPod[],
  view: ClusterView,
  version: IpVersion,
): DesiredTable | undefined {
  const pods = plan.flatMap((planned) => {
    const address = planned.pod.addresses.find((each) => isOfVersion(each, version));
    return address === undefined ? [] : [{ address, planned }];
  });
  if (pods.length === 0) return undefined;
  const table: DesiredTable = { chains: new Map(), sets: new Map() };
  addAddressSets(table, plan, view, version);
  for (const { planned } of pods) {
    const { ingress, egress } = planned;
    if (egress) addPodsChains(table, egress, 'egress', version);
    if (ingress) addPodsChains(table, ingress, 'ingress', version);
  }
  addBaseChains(table, pods, version);
  return table;
}
