import { matchesLabelSelector, type LabelSelector } from '../../api/meta/label-selector.ts';
import type {
  Direction,
  DomainPeer,
  NormalPeer,
  NormalPolicy,
  NormalPort,
  NormalRule,
} from '../normal-policy.ts';
import type { Labels } from '../policy-world.ts';
import { AddressRanges, type AddressBlocks } from './address-ranges.ts';
import { compilePorts, type CompiledPorts } from './port-ranges.ts';
import { PodSets } from './pod-sets.ts';

/** What the names of `domains` peers were looked up to: a name → addresses. A name that is not in it is not known. */
export type LookUps = ReadonlyMap<string, readonly string[]>;

/** A rule whose peers are numbers of sets: of pods, of nodes, of addresses. */
export interface CompiledRule {
  readonly rule: NormalRule;
  /** The set of each peer, in their order. Undefined: whoever is at the other end. */
  readonly peers?: readonly number[];
  readonly ports?: CompiledPorts;
}

export interface CompiledPolicy {
  readonly policy: NormalPolicy;
  /** The set of pods that it is about. */
  readonly subject: number;
  readonly rules: Readonly<Record<Direction, readonly CompiledRule[]>>;
}

/** Nodes that some policy names. */
interface NodeSet {
  readonly id: number;
  readonly nodes: LabelSelector;
}

/** Domain names of which it is not known which addresses they have. */
export interface UnknownNames {
  readonly id: number;
  /** They are names that a cluster gives to its own pods and Services. */
  readonly mayBeInCluster: boolean;
}

/** Policies and the sets that they speak of, each of which has a number. */
export interface CompiledPolicies {
  readonly policies: readonly CompiledPolicy[];
  readonly pods: PodSets;
  readonly nodes: readonly NodeSet[];
  readonly addresses: AddressRanges;
  readonly unknownNames: readonly UnknownNames[];
  /** Names of ports that some policy says. */
  readonly portNames: ReadonlySet<string>;
}

const withoutDot = (name: string) => name.toLowerCase().replace(/\.$/, '');

/** `*.example.com` stands for all names below, and not for `example.com` (v1alpha2 `DomainName`). */
function isNamed(pattern: string, name: string): boolean {
  const [wanted, asked] = [withoutDot(pattern), withoutDot(name)];
  return wanted.startsWith('*.') ? asked.endsWith(wanted.slice(1)) : asked === wanted;
}

/** Addresses that the names were looked up to, and whether each of them was. */
function lookUpNames({ names }: DomainPeer, lookUps: LookUps) {
  const found = names.map((pattern) =>
    [...lookUps].flatMap(([name, addresses]) => (isNamed(pattern, name) ? [addresses] : [])),
  );
  const unknown = names.filter((_, i) => found[i]?.length === 0);
  return { addresses: found.flat(2), unknown };
}

/** Gives numbers to what peers stand for; peers that say the same have the same number. */
class PeerNumbers {
  private last = 0;
  readonly nodes: NodeSet[] = [];
  readonly addresses: AddressBlocks[] = [];
  readonly unknownNames: UnknownNames[] = [];
  private readonly known = new Map<string, number>();
  private readonly pods: PodSets;
  private readonly lookUps: LookUps;

  constructor(pods: PodSets, lookUps: LookUps) {
    this.pods = pods;
    this.lookUps = lookUps;
  }

  of(peer: NormalPeer): number {
    if (peer.peer === 'pods') return this.counted(this.pods.note(peer, this.last));
    const { path: _, ...says } = peer;
    const key = JSON.stringify(says);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const id = this.counted(this.last);
    this.known.set(key, id);
    this.note(id, peer);
    return id;
  }

  private counted(id: number): number {
    if (id === this.last) this.last++;
    return id;
  }

  private note(id: number, peer: Exclude<NormalPeer, { peer: 'pods' }>): void {
    switch (peer.peer) {
      case 'nodes':
        this.nodes.push({ id, nodes: peer.nodes });
        return;
      case 'networks':
        this.addresses.push({ id, cidrs: peer.cidrs, except: peer.except });
        return;
      case 'domains': {
        const { addresses, unknown } = lookUpNames(peer, this.lookUps);
        if (addresses.length > 0) this.addresses.push({ id, cidrs: addresses, except: [] });
        const mayBeInCluster = unknown.some((name) => withoutDot(name).endsWith('.cluster.local'));
        if (unknown.length > 0) this.unknownNames.push({ id, mayBeInCluster });
      }
    }
  }
}

/** Numbers everything that policies speak of. `policies` are in the order in which they are asked. */
export function compilePolicies(
  policies: readonly NormalPolicy[],
  namespaces: ReadonlyMap<string, Labels>,
  lookUps: LookUps,
): CompiledPolicies {
  const pods = new PodSets(namespaces);
  const numbers = new PeerNumbers(pods, lookUps);
  const portNames = new Set<string>();
  const portLists = new Map<string, CompiledPorts>();
  const portsOf = (items: readonly NormalPort[]) => {
    const key = items.map(({ path: _, ...says }) => JSON.stringify(says)).join();
    const known = portLists.get(key) ?? compilePorts(items);
    portLists.set(key, known);
    for (const { name } of known.names) portNames.add(name);
    return known;
  };
  const compileRule = (rule: NormalRule): CompiledRule => ({
    rule,
    ...(rule.peers && { peers: rule.peers.map((peer) => numbers.of(peer)) }),
    ...(rule.ports && { ports: portsOf(rule.ports) }),
  });
  const compiled = policies.map((policy) => ({
    policy,
    subject: numbers.of(policy.subject),
    rules: { ingress: policy.ingress.map(compileRule), egress: policy.egress.map(compileRule) },
  }));
  const { nodes, addresses, unknownNames } = numbers;
  return {
    policies: compiled,
    pods,
    nodes,
    addresses: new AddressRanges(addresses),
    unknownNames,
    portNames,
  };
}

/** Numbers of the sets of nodes that a node is in. */
export const nodeSetsOf = ({ nodes }: CompiledPolicies, labels: Labels): readonly number[] =>
  nodes.filter((set) => matchesLabelSelector(set.nodes, labels)).map(({ id }) => id);
