import { ipVersion, type IpVersion } from '../../base/ip.ts';
import type { PolicyClasses } from '../engine/policy-classes.ts';
import type { Direction } from '../normal-policy.ts';
import type { PolicyPod, PolicyWorld } from '../policy-world.ts';
import {
  classifyEnds,
  reclassifyPod,
  type EndClass,
  type EndClasses,
  type Sorting,
} from './end-classes.ts';
import { ALL_PORTS, createPortTable, meetPorts, type PortTable } from './port-table.ts';
import {
  askEngine,
  createProfile,
  fillProfile,
  keyOfProfile,
  lookAtEnds,
  type FirstLook,
  type Profile,
} from './profile.ts';

/** What reachability reads of a policy engine (`createPolicyEngine`). */
export interface PolicySource {
  readonly world: PolicyWorld;
  /** Classes of pods and ends, and what the policies answer between them. */
  readonly classes: PolicyClasses;
  isEnforcedOn(node: string): boolean;
}

/**
 * Who may talk to whom: every end to every other on every port, of each address family that the cluster has. Ends that no
 * policy tells apart are one class, and ports that pass a pair of classes are a number in `ports`: see `portsBetween`.
 */
export interface Reachability {
  readonly source: PolicySource;
  readonly ports: PortTable;
  /** Name of a node → its index in the world. */
  readonly nodes: ReadonlyMap<string, number>;
  readonly families: readonly FamilyReachability[];
}

export interface FamilyReachability {
  readonly ends: EndClasses;
  readonly egress: DirectionReachability;
  readonly ingress: DirectionReachability;
}

interface DirectionReachability {
  /** Of each class; undefined: policies are not about it, everything passes. */
  readonly ofClass: readonly (Profile | undefined)[];
  readonly byKey: ReadonlyMap<string, Profile>;
}

function familiesOf({ pods, nodes }: PolicyWorld): readonly IpVersion[] {
  const found = new Set<IpVersion | undefined>();
  for (const { addresses } of [...pods, ...nodes])
    for (const address of addresses) found.add(ipVersion(address));
  const families = ([4, 6] as const).filter((family) => found.has(family));
  return families.length > 0 ? families : [4];
}

const sortingOf = (source: PolicySource): Sorting => ({
  policies: source.classes,
  isEnforcedOn: (node) => source.isEnforcedOn(node),
});

/** The profile of a class, made and filled when it is the first of its kind. */
function profileOf(
  source: PolicySource,
  known: Map<string, Profile>,
  direction: Direction,
  { pod }: EndClass,
  fill: (profile: Profile) => void,
): Profile | undefined {
  const selected = pod && source.classes.selectedBy(pod, direction);
  if (!selected || selected.asked.length === 0) return undefined;
  const key = keyOfProfile(pod, direction, selected);
  const hit = known.get(key);
  if (hit) return hit;
  const made = createProfile(pod, direction, selected);
  known.set(key, made);
  fill(made);
  return made;
}

function reachOneWay(
  parts: Pick<Reachability, 'source' | 'ports'>,
  { classes }: EndClasses,
  look: () => FirstLook,
  direction: Direction,
  before: DirectionReachability = { ofClass: [], byKey: new Map() },
): DirectionReachability {
  const byKey = new Map(before.byKey);
  const fill = (profile: Profile) =>
    fillProfile(profile, parts.source.classes, classes, look(), parts.ports);
  const more = classes
    .slice(before.ofClass.length)
    .map((end) => profileOf(parts.source, byKey, direction, end, fill));
  return { ofClass: [...before.ofClass, ...more], byKey };
}

/** Once, and when somebody wants it. */
function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function reachFamily(
  parts: Pick<Reachability, 'source' | 'ports'>,
  ends: EndClasses,
  before?: FamilyReachability,
): FamilyReachability {
  const look = lazily(() => lookAtEnds(ends.classes));
  return {
    ends,
    egress: reachOneWay(parts, ends, look, 'egress', before?.egress),
    ingress: reachOneWay(parts, ends, look, 'ingress', before?.ingress),
  };
}

/** Works out who may talk to whom, by classes: the engine is asked once for each way in which ends differ to a policy. */
export function computeReachability(source: PolicySource): Reachability {
  const nodes = new Map(source.world.nodes.map(({ name }, index) => [name, index]));
  const parts = { source, nodes, ports: createPortTable() };
  const families = familiesOf(source.world).map((family) =>
    reachFamily(parts, classifyEnds(sortingOf(source), source.world, family)),
  );
  return { ...parts, families };
}

/** The same after one pod (by its index) has changed its labels, its address or its ports; the policies are the same. */
export function reachWithPod(
  before: Reachability,
  source: PolicySource,
  index: number,
  pod: PolicyPod,
): Reachability {
  const { ports, nodes } = before;
  const parts = { source, ports, nodes };
  const families = before.families.map((family) => {
    const ends = reclassifyPod(family.ends, sortingOf(source), index, pod);
    return ends === family.ends ? family : reachFamily(parts, ends, family);
  });
  return { ...parts, families };
}

/** What a profile says of a class; classes that came later are asked for. */
function valueOf(
  { source, ports }: Reachability,
  profile: Profile | undefined,
  end: EndClass | undefined,
  index: number,
): number {
  if (!profile || !end) return ALL_PORTS;
  return profile.values[index] ?? askEngine(profile, source.classes, end, 'another', ports);
}

/** Number (in `ports`) of what passes from any end of one class to any other end of another; not to itself or its own node. */
export function portsBetween(
  reachability: Reachability,
  { ends, egress, ingress }: FamilyReachability,
  from: number,
  to: number,
): number {
  const leaving = valueOf(reachability, egress.ofClass[from], ends.classes[to], to);
  const arriving = valueOf(reachability, ingress.ofClass[to], ends.classes[from], from);
  return meetPorts(reachability.ports, leaving, arriving);
}

/** The same from a pod to the node on which it runs, or back: NetworkPolicies do not count there. */
export function portsWithOwnNode(
  { source, ports }: Reachability,
  { ends, egress, ingress }: FamilyReachability,
  pod: number,
  node: number,
  direction: Direction,
): number {
  const profile = (direction === 'egress' ? egress : ingress).ofClass[pod];
  const end = ends.classes[node];
  return profile && end ? askEngine(profile, source.classes, end, 'own-node', ports) : ALL_PORTS;
}
