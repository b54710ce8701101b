import type { IpVersion } from '../base/ip.ts';
import { isSameJson } from '../base/same-json.ts';
import { isSameList } from '../base/same-list.ts';
import type { AddressRange } from './engine/address-ranges.ts';
import { compilePolicies, type LookUps } from './engine/compile-policies.ts';
import { explainDirection, explainUnasked, notApplicable } from './engine/explain-direction.ts';
import {
  isSamePod,
  KnownEnds,
  otherEndOf,
  type KnownEnd,
  type PodEnds,
} from './engine/known-ends.ts';
import { podsBySet } from './engine/pod-sets.ts';
import { PolicyClasses } from './engine/policy-classes.ts';
import { ADMITTED_ALL, type PortAnswer, type PortOutcomes } from './engine/port-spans.ts';
import type { Direction, NormalPolicy, PodPeer } from './normal-policy.ts';
import type { PolicyEnd, PolicyFlow, PolicyPod, PolicyWorld } from './policy-world.ts';
import type { DirectionVerdict, PolicyOutcome, Verdict } from './verdict.ts';

export interface PolicyEngineOptions {
  /** Whether anybody makes rules of policies on a node; everywhere when absent. */
  readonly isEnforcedOn?: (node: string) => boolean;
  /** What domain names were looked up to. A name that is not in it makes what depends on it undecidable. */
  readonly lookUps?: LookUps;
}

/** The policies that select a pod and are about a direction, in the order in which they are asked. */
export interface PoliciesOfPod {
  readonly admin: readonly NormalPolicy[];
  readonly network: readonly NormalPolicy[];
  readonly baseline: readonly NormalPolicy[];
  /** Some NetworkPolicy selects it: what none of them admits does not pass. */
  readonly isIsolated: boolean;
}

const NO_LOOK_UPS: LookUps = new Map();
const NO_POLICIES: PoliciesOfPod = { admin: [], network: [], baseline: [], isIsolated: false };

/**
 * Says who may talk to whom by the policies of a world, and why. `decide` and `explain` ask the same compiled rules: pods
 * that all policies treat alike are one class, and what holds between two classes is worked out once.
 */
export class PolicyEngine {
  readonly world: PolicyWorld;
  private readonly options: PolicyEngineOptions;
  /** What the policies make of pods and ends; reachability reads it. */
  readonly classes: PolicyClasses;
  private readonly podEnds: PodEnds;
  private readonly ends: KnownEnds;
  private members: ReadonlyMap<number, readonly PolicyPod[]> | undefined;

  constructor(world: PolicyWorld, options: PolicyEngineOptions, before?: PolicyEngine) {
    this.world = world;
    this.options = options;
    const { policies, namespaces } = world;
    const kept = before?.hasPoliciesOf(world) ? before : undefined;
    this.classes =
      kept?.classes ??
      new PolicyClasses(compilePolicies(policies, namespaces, options.lookUps ?? NO_LOOK_UPS));
    this.podEnds = kept?.podEnds ?? new WeakMap();
    this.ends = new KnownEnds(world, this.classes, this.podEnds);
  }

  private hasPoliciesOf({ policies, namespaces }: PolicyWorld): boolean {
    const { world } = this;
    return (
      isSameList(policies, world.policies) &&
      namespaces.size === world.namespaces.size &&
      [...namespaces].every(([name, labels]) => isSameJson(labels, world.namespaces.get(name)))
    );
  }

  /** The engine of the world after a change. What was worked out stays as long as policies and namespaces' labels do. */
  withWorld(world: PolicyWorld): PolicyEngine {
    return new PolicyEngine(world, this.options, this);
  }

  /** Who has an address: a pod, a node, or somebody outside. */
  endOf(address: string): PolicyEnd {
    return this.ends.endOf(address);
  }

  private isAsked({ pod, node }: KnownEnd): boolean {
    return pod !== undefined && this.isEnforcedOn(node);
  }

  /** Whether anybody makes rules of policies on a node. */
  isEnforcedOn(node: string): boolean {
    return this.options.isEnforcedOn?.(node) ?? true;
  }

  private answer(direction: Direction, pod: KnownEnd, other: KnownEnd): PortAnswer {
    if (!pod.pod || !this.isAsked(pod)) return ADMITTED_ALL;
    return this.classes.answerOf(direction, pod.pod.class, other.class, otherEndOf(pod, other));
  }

  /** May this connection come about? */
  decide({ source, destination, protocol, port }: PolicyFlow): PolicyOutcome {
    const from = this.ends.of(source);
    const to = this.ends.of(destination);
    if (isSamePod(from, to)) return 'admitted';
    const leaves = this.answer('egress', from, to).at(protocol, port);
    if (leaves === 'not-admitted') return leaves;
    const enters = this.answer('ingress', to, from).at(protocol, port);
    return enters === 'admitted' ? leaves : enters;
  }

  /** What one end of a connection says of every port: the source for egress, the destination for ingress. */
  outcomesOfPorts(direction: Direction, source: PolicyEnd, destination: PolicyEnd): PortOutcomes {
    const from = this.ends.of(source);
    const to = this.ends.of(destination);
    if (isSamePod(from, to)) return ADMITTED_ALL.outcomes;
    return direction === 'egress'
      ? this.answer(direction, from, to).outcomes
      : this.answer(direction, to, from).outcomes;
  }

  /**
   * Ends with the same number are treated alike, as a source and as a destination, unless the other end is their own node or
   * themselves, or policies are enforced for one of them only.
   */
  classOf(end: PolicyEnd): number {
    return this.ends.of(end).class.id;
  }

  /** All addresses of a family, cut where what policies say may change. */
  addressRanges(version: IpVersion): readonly AddressRange[] {
    return this.classes.compiled.addresses.list(version);
  }

  /** May this connection come about, and who says so? The outcome is always that of `decide`. */
  explain(flow: PolicyFlow): Verdict {
    const egress = this.explainSide('egress', flow);
    const ingress = this.explainSide('ingress', flow);
    const outcomes = [egress.outcome, ingress.outcome];
    const outcome =
      (['not-admitted', 'undecidable'] as const).find((one) => outcomes.includes(one)) ??
      'admitted';
    return { outcome, egress, ingress };
  }

  private explainSide(direction: Direction, flow: PolicyFlow): DirectionVerdict {
    const ends = [this.ends.of(flow.source), this.ends.of(flow.destination)] as const;
    const [own, other] = direction === 'egress' ? ends : ([ends[1], ends[0]] as const);
    if (!own.pod) return explainUnasked(direction, 'not-a-pod', []);
    const selected = this.classes.selectedBy(own.pod.class, direction);
    if (isSamePod(own, other)) {
      return explainUnasked(
        direction,
        'loopback',
        selected.all.map(({ policy }) => notApplicable(policy)),
      );
    }
    const verdict = explainDirection({
      direction,
      flow,
      selected,
      other: other.class,
      named: ends[1].class.ports,
      otherEnd: otherEndOf(own, other),
    });
    if (selected.asked.length === 0 || this.isAsked(own)) return verdict;
    return explainUnasked(direction, 'not-enforced', verdict.policies);
  }

  /** Which policies a node asks about a pod's connections. A pod on its node's network has none. */
  policiesOf(pod: PolicyPod, direction: Direction): PoliciesOfPod {
    if (pod.isOnHostNetwork) return NO_POLICIES;
    const { asked, isIsolated } = this.classes.selectedBy(this.classes.podClassOf(pod), direction);
    const ofTier = (tier: NormalPolicy['tier']) =>
      asked.flatMap(({ policy }) => (policy.tier === tier ? [policy] : []));
    return {
      admin: ofTier('admin'),
      network: ofTier('network'),
      baseline: ofTier('baseline'),
      isIsolated,
    };
  }

  /** The pods of the world that a peer or a subject of one of its policies finds. */
  podsOf(peer: PodPeer): readonly PolicyPod[] {
    const id = this.classes.compiled.pods.idOf(peer);
    this.members ??= podsBySet(this.classes.compiled.pods, this.world.pods);
    return (id === undefined ? undefined : this.members.get(id)) ?? [];
  }
}

/** An engine for a world. Policies are compiled at once, everything else when it is asked for. */
export const createPolicyEngine = (
  world: PolicyWorld,
  options: PolicyEngineOptions = {},
): PolicyEngine => new PolicyEngine(world, options);
