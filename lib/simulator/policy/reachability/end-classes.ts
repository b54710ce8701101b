import { parseIp, type IpVersion } from '../../base/ip.ts';
import type { AddressRange } from '../engine/address-ranges.ts';
import { nodeSetsOf } from '../engine/compile-policies.ts';
import type { PodClass, PolicyClasses } from '../engine/policy-classes.ts';
import type { PeerClass } from '../engine/selected-policies.ts';
import type { NamedPort, PolicyNode, PolicyPod, PolicyWorld } from '../policy-world.ts';

/** Ends of connections that no policy tells apart. */
export interface EndClass {
  readonly kind: 'pods' | 'nodes' | 'outside';
  /** As the engine has it: the sets that it is in. */
  readonly end: PeerClass;
  /** Of pods on whose nodes policies are enforced: policies count for them. */
  readonly pod?: PodClass;
  /**
   * Indices of `world.pods`, never of pods on their node's network; or of `world.nodes`, whose addresses such pods have.
   * Empty where the class is outside, or nobody is in it any more.
   */
  readonly members: readonly number[];
  /** Of addresses outside: in order, apart from one another. */
  readonly ranges: readonly AddressRange[];
}

/** The ends of connections of one address family. */
export interface EndClasses {
  readonly family: IpVersion;
  readonly classes: readonly EndClass[];
  /** Index in `classes` of each pod of the world; -1: it has no address of the family, or its node's. */
  readonly ofPod: Int32Array;
  readonly ofNode: Int32Array;
  readonly byKey: ReadonlyMap<string, number>;
}

/** What ends are sorted by. */
export interface Sorting {
  readonly policies: PolicyClasses;
  readonly isEnforcedOn: (node: string) => boolean;
}

/** No index: an end that is in no class of the family. */
export const NO_CLASS = -1;

/** An end, before its class is known. */
interface SortedEnd extends Pick<EndClass, 'kind' | 'end' | 'pod'> {
  readonly key: string;
}

/** An end's address of a family: undefined when it has one of the other family alone, empty when it has none at all. */
function addressIn(addresses: readonly string[], family: IpVersion): string | undefined {
  if (addresses.length === 0) return '';
  return addresses.find((address) => parseIp(address)?.version === family);
}

function sortPod(
  { policies, isEnforcedOn }: Sorting,
  pod: PolicyPod,
  family: IpVersion,
): SortedEnd | undefined {
  const address = pod.isOnHostNetwork ? undefined : addressIn(pod.addresses, family);
  if (address === undefined) return undefined;
  const podClass = policies.podClassOf(pod);
  const end = policies.peerClassOf(address, podClass, undefined);
  const isEnforced = isEnforcedOn(pod.node);
  const key = `pods ${podClass.id} ${end.id} ${isEnforced}`;
  return { kind: 'pods', key, end, ...(isEnforced && { pod: podClass }) };
}

/**
 * A node by its first address of the family. Simplified: one that goes to pods by a tunnel shows them the tunnel's address,
 * which blocks of addresses may tell apart from its own.
 */
function sortNode({ policies }: Sorting, node: PolicyNode, family: IpVersion) {
  const address = addressIn(node.addresses, family);
  if (address === undefined) return undefined;
  const end = policies.peerClassOf(address, undefined, nodeSetsOf(policies.compiled, node.labels));
  return { kind: 'nodes' as const, key: `nodes ${end.id}`, end };
}

interface Growing {
  readonly classes: (EndClass & { readonly members: number[]; readonly ranges: AddressRange[] })[];
  readonly byKey: Map<string, number>;
}

/** Index of the class of an end, which is made when it is the first. */
function classFor({ classes, byKey }: Growing, { key, ...end }: SortedEnd): number {
  const known = byKey.get(key);
  if (known !== undefined) return known;
  byKey.set(key, classes.length);
  return classes.push({ ...end, members: [], ranges: [] }) - 1;
}

function addMember(growing: Growing, end: SortedEnd | undefined, index: number): number {
  if (!end) return NO_CLASS;
  const number = classFor(growing, end);
  growing.classes[number]?.members.push(index);
  return number;
}

/** Ranges by the class of their addresses, without single addresses that are the cluster's own. */
function addOutside(
  growing: Growing,
  policies: PolicyClasses,
  world: PolicyWorld,
  family: IpVersion,
): void {
  const own = new Set([...world.pods, ...world.nodes].flatMap((end) => end.addresses));
  for (const { first, last } of policies.compiled.addresses.list(family)) {
    if (first === last && own.has(first)) continue;
    const end = policies.peerClassOf(first, undefined, undefined);
    const number = classFor(growing, { kind: 'outside', key: `outside ${end.id}`, end });
    growing.classes[number]?.ranges.push({ first, last });
  }
}

/** Sorts pods, nodes and addresses outside, as connections of a family meet them. */
export function classifyEnds(sorting: Sorting, world: PolicyWorld, family: IpVersion): EndClasses {
  const growing: Growing = { classes: [], byKey: new Map() };
  const ofPod = new Int32Array(world.pods.length);
  const ofNode = new Int32Array(world.nodes.length);
  world.pods.forEach((pod, index) => {
    ofPod[index] = addMember(growing, sortPod(sorting, pod, family), index);
  });
  world.nodes.forEach((node, index) => {
    ofNode[index] = addMember(growing, sortNode(sorting, node, family), index);
  });
  addOutside(growing, sorting.policies, world, family);
  return { family, ofPod, ofNode, ...growing };
}

/** The same ends, with one pod (by its index in the world) as it is now. */
export function reclassifyPod(
  ends: EndClasses,
  sorting: Sorting,
  index: number,
  pod: PolicyPod,
): EndClasses {
  const sorted = sortPod(sorting, pod, ends.family);
  const old = ends.ofPod[index] ?? NO_CLASS;
  const now = sorted ? (ends.byKey.get(sorted.key) ?? ends.classes.length) : NO_CLASS;
  if (old === now) return ends;
  const classes = [...ends.classes];
  const left = classes[old];
  if (left) classes[old] = { ...left, members: left.members.filter((other) => other !== index) };
  const joined = classes[now];
  if (joined) classes[now] = { ...joined, members: [...joined.members, index] };
  const ofPod = ends.ofPod.slice();
  ofPod[index] = now;
  if (!sorted || joined) return { ...ends, classes, ofPod };
  const { key, ...end } = sorted;
  classes.push({ ...end, members: [index], ranges: [] });
  return { ...ends, classes, ofPod, byKey: new Map(ends.byKey).set(key, now) };
}

/** Text that is equal for ends with the same named ports. */
export const textOfNames = (ports: readonly NamedPort[]): string =>
  ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).join();
