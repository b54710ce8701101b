import type { Cluster } from '../cluster.ts';
import { openInLane, runInLanes, type Lane } from './policies/lanes.ts';
import {
  keyOfPod,
  protocolOf,
  uniquePorts,
  type PlannedCluster,
  type PlannedPod,
  type PlannedPort,
} from './policies/planned-cluster.ts';
import { performStep } from './policies/run-steps.ts';
import { sendProbes, type ProbeBatch } from './policies/send-probes.ts';
import type { TableAction } from './policies/table-actions.ts';
import type { Manifest } from './policies/write-objects.ts';
import type { Suite, Tally } from './suite.ts';

interface Probe {
  readonly fromNamespace: string;
  readonly fromPod: string;
  readonly protocol?: string;
  readonly toNamespace?: string;
  readonly toPod?: string;
  readonly toIP: string;
  readonly port: number;
}

/** A probe with what is expected of it, or an action. */
type Step = { readonly probe?: Probe; readonly expect?: string } & Readonly<
  Record<string, unknown>
>;

interface TableCluster {
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nodes?: readonly {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly addresses?: readonly string[];
  }[];
  readonly pods: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly ip: string;
    readonly hostNetwork?: boolean;
    readonly listen?: readonly {
      readonly protocol: string;
      readonly port: number;
      readonly name?: string | null;
    }[];
  }[];
}

interface ConformanceCase {
  readonly id: string;
  readonly cluster?: TableCluster;
  readonly manifests?: readonly Manifest[];
  readonly subtests?: readonly { readonly name?: string; readonly steps?: readonly Step[] }[];
}

interface ConformanceFile {
  readonly cluster: TableCluster;
  readonly cases: readonly ConformanceCase[];
}

const stepsOf = ({ subtests = [] }: ConformanceCase) =>
  subtests.flatMap(({ name = '', steps = [] }) => steps.map((step) => ({ name, step })));

const probesOf = (cases: readonly ConformanceCase[]) =>
  cases.flatMap(stepsOf).flatMap(({ step }) => step.probe ?? []);

/** What a pod listens on: what the table lists, and what is asked of it, which nobody would answer otherwise. */
function portsOf(
  { namespace, name, listen = [] }: TableCluster['pods'][number],
  probes: readonly Probe[],
): PlannedPort[] {
  const listed = listen.map(({ protocol, port, name: portName }) => ({
    protocol: protocolOf(protocol) ?? 'TCP',
    port,
    ...(typeof portName === 'string' && { name: portName }),
  }));
  const asked = probes
    .filter(({ toNamespace, toPod }) => toNamespace === namespace && toPod === name)
    .map(({ protocol, port }) => ({ protocol: protocolOf(protocol) ?? 'TCP', port }));
  return uniquePorts([...listed, ...asked]);
}

/** Whoever is asked and is no pod's and no node's address. */
function outsidersOf({ pods, nodes = [] }: TableCluster, probes: readonly Probe[]) {
  const known = new Set([
    ...pods.map(({ ip }) => ip),
    ...nodes.flatMap(({ addresses = [] }) => addresses),
  ]);
  const asked = probes.filter(({ toIP }) => !known.has(toIP));
  return [...new Set(asked.map(({ toIP }) => toIP))].map((address) => ({
    address,
    ports: uniquePorts(
      asked
        .filter(({ toIP }) => toIP === address)
        .map(({ protocol, port }) => ({ protocol: protocolOf(protocol) ?? 'TCP', port })),
    ),
  }));
}

function planOf(table: TableCluster, probes: readonly Probe[]): PlannedCluster {
  return {
    namespaces: table.namespaces,
    pods: table.pods.map((pod): PlannedPod => ({
      namespace: pod.namespace,
      name: pod.name,
      labels: pod.labels ?? {},
      address: pod.ip,
      isOnHostNetwork: pod.hostNetwork === true,
      ports: portsOf(pod, probes),
    })),
    nodes: (table.nodes ?? []).map(({ name, labels = {}, addresses = [] }) => ({
      name,
      labels,
      addresses,
    })),
    outsiders: outsidersOf(table, probes),
    hasServices: false,
  };
}

interface Asked {
  readonly about: string;
  readonly probe: Probe;
  readonly expect: string;
}

const batchOf = ({ fromNamespace, fromPod, toIP, protocol, port }: Probe): ProbeBatch => ({
  from: { type: 'pod', key: keyOfPod({ namespace: fromNamespace, name: fromPod }) },
  host: toIP,
  questions: [{ protocol: protocolOf(protocol) ?? 'TCP', port }],
});

const EXPECTED: Readonly<Record<string, string>> = { connected: 'answered', dropped: 'silence' };

/** Sends what was asked since the last change, and compares: a refusal is silence and nothing else. */
function ask(cluster: Cluster, asked: readonly Asked[], name: string, tally: Tally): void {
  if (asked.length === 0) return;
  const views = sendProbes(
    cluster,
    asked.map(({ probe }) => batchOf(probe)),
  );
  for (const [index, { about, probe, expect }] of asked.entries()) {
    const { fromNamespace, fromPod, toNamespace, toPod, toIP, protocol, port } = probe;
    const where = toPod === undefined ? toIP : `${toNamespace}/${toPod}`;
    const what = `${about}: ${fromNamespace}/${fromPod} -> ${where} ${protocol ?? 'TCP'}/${port}`;
    tally.compare(
      { case: name, probe: what },
      EXPECTED[expect] ?? expect,
      views[index]?.[0] ?? 'not sent',
    );
  }
}

function runCase(each: ConformanceCase, plan: PlannedCluster, lane: Lane): void {
  const { tally } = lane;
  const cluster = openInLane(plan, lane, each.id);
  if (!cluster) return;
  const about = { case: each.id, tally };
  const applied = (each.manifests ?? []).map((applyManifest) => ({ applyManifest }));
  performStep(cluster, applied, [], about);
  let asked: Asked[] = [];
  for (const { name, step } of stepsOf(each)) {
    const { probe, expect, ...action } = step;
    if (probe) {
      asked.push({ about: name, probe, expect: expect ?? 'connected' });
      continue;
    }
    ask(cluster, asked, each.id, tally);
    asked = [];
    performStep(cluster, [action as TableAction], [], about);
  }
  ask(cluster, asked, each.id, tally);
}

/** Conformance tests of the ClusterNetworkPolicy API. */
export const cnpConformance: Suite = {
  name: 'cnp_conformance',
  unit: 'probe',
  run(contents) {
    const { cases, cluster } = contents as ConformanceFile;
    const shared = cases.filter((each) => each.cluster === undefined);
    const plan = planOf(cluster, probesOf(shared));
    const planFor = (each: ConformanceCase) =>
      each.cluster ? planOf(each.cluster, probesOf([each])) : plan;
    return runInLanes({
      cases,
      nameOf: ({ id }) => id,
      run: (each, lane) => runCase(each, planFor(each), lane),
    });
  },
};
