import type { IpVersion } from '../../../base/ip.ts';
import type { Ipset, IpsetElement, IpsetType } from '../../../linux/netfilter/ipset/ipset.ts';
import {
  elementKindOf,
  mayHoldFamily,
  type AddressSet,
  type SetContents,
  type SetElementKind,
} from '../address-set.ts';
import type { ClusterView } from '../cluster-view.ts';
import { policiesOfPlan, type NodePlan } from '../plan-node.ts';
import type { PlannedPolicy } from '../rule-plan.ts';
import { contentsOf } from '../set-contents.ts';
import { isOwnSet, setName } from './names.ts';

const TYPES: Readonly<Record<SetElementKind, IpsetType>> = {
  addresses: 'hash:ip',
  networks: 'hash:net',
  ports: 'hash:ip,port',
};

const FAMILY = { 4: 'inet', 6: 'inet6' } as const;

/** ipset's own limit, unless more is asked for. */
const MOST_ELEMENTS = 65_536;

/** Sets by their names on the node. */
type WantedSets = ReadonlyMap<string, AddressSet>;

function setsOfPolicy(planned: PlannedPolicy, version: IpVersion): [string, AddressSet][] {
  return planned.rules.flatMap(({ peer, port }): [string, AddressSet][] => {
    if (peer && !mayHoldFamily(peer, version)) return [];
    return [
      ...(peer ? [[setName(peer, planned.direction, version), peer] as [string, AddressSet]] : []),
      ...(port?.port === 'named'
        ? [[setName(port.targets, 'target', version), port.targets] as [string, AddressSet]]
        : []),
    ];
  });
}

/** Plans never change. */
const wantedOf = new WeakMap<NodePlan, Partial<Record<IpVersion, WantedSets>>>();

function wantedSets(plan: NodePlan, version: IpVersion): WantedSets {
  const families = wantedOf.get(plan) ?? {};
  wantedOf.set(plan, families);
  return (families[version] ??= new Map(
    policiesOfPlan(plan).flatMap((planned) => setsOfPolicy(planned, version)),
  ));
}

type Elements = Ipset['elements'];

/** `10.0.0.1/32` is kept as `10.0.0.1`. */
const keyOf = (element: string) => element.replace(/^(?:([^:]*)\/32|(.*:.*)\/128)$/, '$1$2');

/** One record for all nodes: whoever writes to a set by hand gets a copy first (`isShared`). */
const records = new WeakMap<SetContents, Partial<Record<IpVersion, Elements>>>();

function recordOf(contents: SetContents, version: IpVersion): Elements {
  const known = records.get(contents) ?? {};
  records.set(contents, known);
  return (known[version] ??= Object.fromEntries(
    contents.elements[version].map((element): [string, IpsetElement] => [keyOf(element), {}]),
  ));
}

function hasSame(standing: Elements, wanted: Elements): boolean {
  if (standing === wanted) return true;
  const keys = Object.keys(wanted);
  return (
    keys.length === Object.keys(standing).length &&
    keys.every((key) => Object.hasOwn(standing, key))
  );
}

function makeSet(name: string, set: AddressSet, version: IpVersion, elements: Elements): Ipset {
  return {
    name,
    type: TYPES[elementKindOf(set)],
    family: FAMILY[version],
    hashSize: 1024,
    maxElements: Math.max(MOST_ELEMENTS, Object.keys(elements).length),
    isShared: true,
    elements,
  };
}

/**
 * Makes a node's sets hold what the plan's rules look for. A set that holds it already stays. Sets come before the rules
 * that name them, and go behind them (`removeStaleSets`).
 */
export function syncIpsets(
  sets: Record<string, Ipset>,
  plan: NodePlan,
  view: ClusterView,
  version: IpVersion,
): WantedSets {
  const wanted = wantedSets(plan, version);
  for (const [name, set] of wanted) {
    const elements = recordOf(contentsOf(set, view), version);
    const standing = sets[name];
    if (!standing || !hasSame(standing.elements, elements))
      sets[name] = makeSet(name, set, version, elements);
  }
  return wanted;
}

/** Sets that no rule of the plan names any more. */
export function removeStaleSets(sets: Record<string, Ipset>, wanted: readonly WantedSets[]): void {
  for (const name of Object.keys(sets))
    if (isOwnSet(name) && !wanted.some((each) => each.has(name))) delete sets[name];
}
