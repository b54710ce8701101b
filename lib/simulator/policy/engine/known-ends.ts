import type { PolicyEnd, PolicyNode, PolicyPod, PolicyWorld } from '../policy-world.ts';
import { nodeSetsOf } from './compile-policies.ts';
import type { PodClass, PolicyClasses } from './policy-classes.ts';
import type { OtherEnd, PeerClass } from './selected-policies.ts';

/** One end of a connection, with all that is the same for every connection that it has. */
export interface KnownEnd {
  readonly address: string;
  /** A pod that policies can select. */
  readonly pod?: { readonly key: string; readonly class: PodClass };
  readonly class: PeerClass;
  /** The node that a pod runs on, or that this end is; empty when there is none. */
  readonly node: string;
}

/** Whether both ends are one pod, by whichever of its addresses. */
export const isSamePod = (a: KnownEnd, b: KnownEnd) =>
  a.pod !== undefined && a.pod.key === b.pod?.key;

/** Whether an end is the node that a pod runs on. */
export const otherEndOf = (pod: KnownEnd, other: KnownEnd): OtherEnd =>
  !other.pod && other.node === pod.node && pod.node !== '' ? 'own-node' : 'another';

/** Pods are never written to: one that has changed is another object, and needs to be looked at again. */
export type PodEnds = WeakMap<PolicyPod, KnownEnd[]>;

const SHORT_MEMORY = 100_000;

/** Finds out who an end of a connection is. */
export class KnownEnds {
  private readonly world: PolicyWorld;
  private readonly classes: PolicyClasses;
  private readonly podEnds: PodEnds;
  private readonly others = new Map<string, KnownEnd>();
  private pods: Map<string, PolicyPod> | undefined;
  private readonly nodes: ReadonlyMap<string, PolicyNode>;

  constructor(world: PolicyWorld, classes: PolicyClasses, podEnds: PodEnds) {
    this.world = world;
    this.classes = classes;
    this.podEnds = podEnds;
    this.nodes = new Map(
      world.nodes.flatMap((node) => node.addresses.map((address) => [address, node] as const)),
    );
  }

  /** Who has an address: a pod, a node, or somebody outside. */
  endOf(address: string): PolicyEnd {
    this.pods ??= new Map(
      this.world.pods.flatMap((pod) =>
        pod.isOnHostNetwork ? [] : pod.addresses.map((own) => [own, pod] as const),
      ),
    );
    const pod = this.pods.get(address);
    if (pod) return { address, pod };
    const node = this.nodes.get(address);
    return { address, ...(node && { node }) };
  }

  /** An end without a pod and a node is whoever has its address. */
  of({ address, pod, node }: PolicyEnd): KnownEnd {
    if (pod && !pod.isOnHostNetwork) return this.ofPod(pod, address);
    const known = this.others.get(address) ?? this.find(address);
    const name = node?.name ?? pod?.node ?? known.node;
    if (name === known.node && !(known.pod && node)) return known;
    // An address of a node that its status does not list: no `nodes` peer finds it, and it is the node all the same.
    return { address, node: name, class: this.classes.peerClassOf(address, undefined, []) };
  }

  private ofPod(pod: PolicyPod, address: string): KnownEnd {
    const ends = this.podEnds.get(pod);
    if (ends) for (const end of ends) if (end.address === address) return end;
    const podClass = this.classes.podClassOf(pod);
    const made: KnownEnd = {
      address,
      pod: { key: pod.key, class: podClass },
      class: this.classes.peerClassOf(address, podClass, undefined),
      node: pod.node,
    };
    if (ends) ends.push(made);
    else this.podEnds.set(pod, [made]);
    return made;
  }

  private find(address: string): KnownEnd {
    const { pod, node } = this.endOf(address);
    if (pod) return this.ofPod(pod, address);
    const sets = node && nodeSetsOf(this.classes.compiled, node.labels);
    const end = this.classes.peerClassOf(address, undefined, sets);
    const made = { address, class: end, node: node?.name ?? '' };
    if (this.others.size >= SHORT_MEMORY) this.others.clear();
    this.others.set(address, made);
    return made;
  }
}
