import type { Direction } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { NamedPort, PolicyPod } from '../policy-world.ts';
import type { CompiledPolicies, CompiledPolicy } from './compile-policies.ts';
import { judgePort, type Judgement } from './judge.ts';
import { isInRanges, joinRanges, rangesAt } from './port-ranges.ts';
import {
  ADMITTED_ALL,
  PortAnswer,
  PROTOCOLS,
  spansOf,
  spansOfAdmitted,
  type PortOutcomes,
} from './port-spans.ts';
import {
  judgementOf,
  selectPolicies,
  type OtherEnd,
  type PeerClass,
  type SelectedPolicies,
} from './selected-policies.ts';

const EVERY_PORT = [1, 65_535];

/** Pods that every policy treats alike, but for their addresses. */
export interface PodClass {
  readonly id: number;
  /** Numbers of the sets that they are in. */
  readonly sets: readonly number[];
  readonly ports: readonly NamedPort[];
}

/** What NetworkPolicies admit of a protocol; undefined where none isolates the pod. */
function admittedRanges(
  { network }: Judgement,
  protocol: PolicyProtocol,
  named: readonly NamedPort[],
): readonly number[] | undefined {
  if (network === 'every port') return EVERY_PORT;
  return network && joinRanges([...network].map((ports) => rangesAt(ports, protocol, named)));
}

function judgeProtocol(
  judgement: Judgement,
  protocol: PolicyProtocol,
  named: readonly NamedPort[],
): readonly number[] {
  const admitted = admittedRanges(judgement, protocol, named);
  const rules = [...judgement.admin.flat(2), ...judgement.baseline.flat(2)];
  if (rules.length === 0) return spansOfAdmitted(admitted ?? EVERY_PORT);
  const ranges = rules.flatMap(({ ports }) => (ports ? [rangesAt(ports, protocol, named)] : []));
  return spansOf([...ranges, admitted ?? []], (port) =>
    judgePort(judgement, admitted && isInRanges(admitted, port), { protocol, port, named }),
  );
}

/** What a set of policies makes of pods and other ends: classes, and answers between them, worked out when asked for. */
export class PolicyClasses {
  readonly compiled: CompiledPolicies;
  private readonly podClasses = new Map<string, PodClass>();
  private readonly peerClasses = new Map<string, PeerClass>();
  private readonly selected: Readonly<Record<Direction, (SelectedPolicies | undefined)[]>> = {
    ingress: [],
    egress: [],
  };
  private readonly bySubject = new Map<number, number[]>();
  private readonly answers = new Map([[ADMITTED_ALL.key, ADMITTED_ALL]]);

  constructor(compiled: CompiledPolicies) {
    this.compiled = compiled;
    compiled.policies.forEach(({ subject }, i) => {
      const known = this.bySubject.get(subject);
      if (known) known.push(i);
      else this.bySubject.set(subject, [i]);
    });
  }

  podClassOf(pod: PolicyPod): PodClass {
    const sets = this.compiled.pods.setsOf(pod);
    const ports = pod.namedPorts.filter(({ name }) => this.compiled.portNames.has(name));
    const said = ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`);
    const key = `${sets.join()} ${said.join()}`;
    const known = this.podClasses.get(key);
    if (known) return known;
    const made = { id: this.podClasses.size, sets, ports };
    this.podClasses.set(key, made);
    return made;
  }

  /** The class of a pod, of a node (by the sets of nodes that it is in), or of an address outside. */
  peerClassOf(
    address: string,
    pod: PodClass | undefined,
    nodeSets: readonly number[] | undefined,
  ): PeerClass {
    const range = this.compiled.addresses.of(address);
    const key = `${pod?.id ?? ''} ${nodeSets?.join() ?? ''} ${range.id} ${pod || nodeSets ? '' : 'o'}`;
    const known = this.peerClasses.get(key);
    if (known) return known;
    const sets = new Set([...(pod?.sets ?? []), ...(nodeSets ?? []), ...range.sets]);
    const isOutside = !pod && !nodeSets;
    // Simplified: a name of the world outside that was not looked up is taken to have no address of a pod or a node.
    const unsure = this.compiled.unknownNames.filter(
      ({ id, mayBeInCluster }) => !sets.has(id) && (isOutside || mayBeInCluster),
    );
    const made: PeerClass = {
      id: this.peerClasses.size,
      sets,
      unsure: new Set(unsure.map(({ id }) => id)),
      ports: pod?.ports ?? [],
    };
    this.peerClasses.set(key, made);
    return made;
  }

  /** The policies that select a class of pods. */
  selectedBy({ id, sets }: PodClass, direction: Direction): SelectedPolicies {
    const known = this.selected[direction][id];
    if (known) return known;
    const numbers = sets.flatMap((set) => this.bySubject.get(set) ?? []).sort((a, b) => a - b);
    const all = numbers
      .map((number) => this.compiled.policies[number])
      .filter((policy): policy is CompiledPolicy => policy !== undefined);
    const made = selectPolicies(all, direction);
    this.selected[direction][id] = made;
    return made;
  }

  /** What becomes of connections of a pod with an end, on every port. Equal answers are one object. */
  answer(direction: Direction, pod: PodClass, end: PeerClass, otherEnd: OtherEnd): PortOutcomes {
    return this.answerOf(direction, pod, end, otherEnd).outcomes;
  }

  /** The same, to be asked port by port. */
  answerOf(direction: Direction, pod: PodClass, end: PeerClass, otherEnd: OtherEnd): PortAnswer {
    const selected = this.selectedBy(pod, direction);
    const answers = otherEnd === 'own-node' ? selected.ownNodeAnswers : selected.answers;
    const known = answers[end.id];
    if (known) return known;
    const judgement = judgementOf(selected, end, otherEnd);
    const named = direction === 'ingress' ? pod.ports : end.ports;
    const made = this.kept(
      new PortAnswer(PROTOCOLS.map((protocol) => judgeProtocol(judgement, protocol, named))),
    );
    answers[end.id] = made;
    return made;
  }

  private kept(answer: PortAnswer): PortAnswer {
    const { key } = answer;
    const known = this.answers.get(key) ?? answer;
    this.answers.set(key, known);
    return known;
  }
}
