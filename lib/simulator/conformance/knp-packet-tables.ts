import { invariant } from '../base/invariant.ts';
import type { Cluster } from '../cluster.ts';
import { openInLane, runInLanes, type Lane } from './policies/lanes.ts';
import { openCluster } from './policies/open-cluster.ts';
import { mendPolicies } from './policies/mend-policy.ts';
import {
  keyOfPod,
  protocolOf,
  uniquePorts,
  type PlannedCluster,
  type PlannedPod,
  type PlannedPort,
} from './policies/planned-cluster.ts';
import type { PortQuestion, ProbeView } from './policies/probe-program.ts';
import { performStep } from './policies/run-steps.ts';
import { sendProbes, type Prober } from './policies/send-probes.ts';
import { tierWord, type AloneTier } from './policies/tier-word.ts';
import type { Manifest } from './policies/write-objects.ts';
import { WORKSTATION } from '../site.ts';
import type { Suite } from './suite.ts';

interface Packet {
  readonly srcIP: string;
  readonly dstIP: string;
  readonly dstPort?: number | null;
  readonly protocol?: string | null;
}

interface PacketCase {
  readonly name: string;
  readonly policies?: readonly Manifest[];
  readonly namespaces?: readonly {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly pods?: readonly {
    readonly name: string;
    readonly namespace: string;
    readonly ip: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string | null;
      readonly port: number;
      readonly protocol?: string;
    }[];
  }[];
  readonly nodes?:
    | readonly {
        readonly name: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly addresses?: readonly string[];
      }[]
    | null;
  readonly packet: Packet;
  readonly expectAllowed?: boolean;
  readonly expectAdmin?: string;
  readonly expectBaseline?: string;
  /** Why the table's own answer is not to be trusted. */
  readonly suspect?: string;
}

interface PacketFile {
  readonly sets: readonly { readonly id: string; readonly cases: readonly PacketCase[] }[];
}

/** A packet without a protocol is an echo request: one that has no ports. */
function questionOf({ protocol, dstPort }: Packet): PortQuestion {
  const named = protocolOf(protocol);
  if (named && dstPort) return { protocol: named, port: dstPort };
  return { protocol: 'ICMP', port: 0 };
}

/** What listens for the packet: a packet that is let through is answered. */
const listenersFor = (packet: Packet): PlannedPort[] => {
  const { protocol, port } = questionOf(packet);
  return protocol === 'ICMP' ? [] : [{ protocol, port }];
};

function podOf(
  { name, namespace, ip, labels = {}, ports = [] }: NonNullable<PacketCase['pods']>[number],
  packet: Packet,
): PlannedPod {
  const declared = ports.map(({ name: portName, port, protocol }) => ({
    protocol: protocolOf(protocol) ?? 'TCP',
    port,
    ...(typeof portName === 'string' && { name: portName }),
  }));
  const asked = ip === packet.dstIP ? listenersFor(packet) : [];
  return {
    namespace,
    name,
    labels,
    address: ip,
    isOnHostNetwork: false,
    ports: uniquePorts([...declared, ...asked]),
  };
}

/** A pod whose namespace is not listed is unknown to the API: somebody outside has its address. */
function planOf({ namespaces = [], pods = [], nodes, packet }: PacketCase): PlannedCluster {
  const listed = new Set(namespaces.map(({ name }) => name));
  const known = pods.filter(({ namespace }) => listed.has(namespace));
  const planned = (nodes ?? []).map(({ name, labels = {}, addresses = [] }) => ({
    name,
    labels,
    addresses,
  }));
  const inside = new Set([
    ...known.map(({ ip }) => ip),
    ...planned.flatMap(({ addresses }) => addresses),
  ]);
  return {
    namespaces: Object.fromEntries(namespaces.map(({ name, labels = {} }) => [name, labels])),
    pods: known.map((pod) => podOf(pod, packet)),
    nodes: planned,
    outsiders: [packet.srcIP, packet.dstIP]
      .filter((address) => !inside.has(address))
      .map((address) => ({ address, ports: listenersFor(packet) })),
    hasServices: false,
  };
}

/** Who has an address: a pod, a node, or the machine outside. */
function proberAt({ pods, nodes }: PlannedCluster, address: string): Prober {
  const pod = pods.find((each) => each.address === address);
  if (pod) return { type: 'pod', key: keyOfPod(pod) };
  const node = nodes.find(({ addresses }) => addresses.includes(address));
  return { type: 'machine', name: node?.name ?? WORKSTATION, address };
}

/** Whether a packet came through: it was answered, or refused by a machine on which nobody listens. Nothing else says so. */
function cameThrough(view: ProbeView | undefined): boolean {
  if (view === 'silence') return false;
  const isAnswer = view === 'answered' || view?.startsWith('ECONNREFUSED') === true;
  invariant(isAnswer, `conformance: the packet was not sent: ${view ?? ''}`);
  return true;
}

/** Sends the packet. */
function isLetThrough(cluster: Cluster, plan: PlannedCluster, packet: Packet): boolean {
  const from = proberAt(plan, packet.srcIP);
  const [views] = sendProbes(cluster, [
    { from, host: packet.dstIP, questions: [questionOf(packet)] },
  ]);
  return cameThrough(views?.[0]);
}

function runCase(set: string, each: PacketCase, lane: Lane): void {
  const { proxyMode, tally } = lane;
  const { srcIP, dstIP, dstPort, protocol } = each.packet;
  const port = dstPort ? ` ${protocol}/${dstPort}` : '';
  const about = { case: `${set}: ${each.name}`, probe: `${srcIP} -> ${dstIP}${port}` };
  if (each.suspect !== undefined) {
    tally.skip(about, `suspect: ${each.suspect}`);
    return;
  }
  const plan = planOf(each);
  if (!openInLane(plan, lane, about.case)) return;
  const policies = mendPolicies(each.policies ?? [], plan.namespaces);
  const passes = (chosen: readonly Manifest[]): boolean => {
    const cluster = openCluster(plan, proxyMode);
    invariant(cluster, 'conformance: no cluster');
    const actions = chosen.map((applyManifest) => ({ applyManifest }));
    performStep(cluster, actions, [], { case: about.case, tally });
    return isLetThrough(cluster, plan, each.packet);
  };
  if (each.expectAllowed !== undefined) {
    const word = passes(policies) ? 'allowed' : 'dropped';
    tally.compare(about, each.expectAllowed ? 'allowed' : 'dropped', word);
  }
  const tiers: readonly (readonly [AloneTier, string | undefined])[] = [
    ['Admin', each.expectAdmin],
    ['Baseline', each.expectBaseline],
  ];
  for (const [tier, expected] of tiers) {
    if (expected === undefined) continue;
    const probe = `${about.probe}, tier ${tier}`;
    tally.compare({ ...about, probe }, expected, tierWord(tier, policies, plan, passes));
  }
}

/** Packets and what kube-network-policies does with them, for NetworkPolicies and those of administrators. */
export const knpPacketTables: Suite = {
  name: 'knp_packet_tables',
  unit: 'packet',
  run(file) {
    const { sets } = file as PacketFile;
    return runInLanes({
      cases: sets.flatMap(({ id, cases }) => cases.map((each) => ({ set: id, each }))),
      nameOf: ({ set, each }) => `${set}: ${each.name}`,
      run: ({ set, each }, lane) => runCase(set, each, lane),
    });
  },
};
