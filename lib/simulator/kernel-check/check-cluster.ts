import { formatSocketAddress } from '../base/flow.ts';
import { Cluster, type ClusterState } from '../cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { describeOutcome, type ProbeOutcome } from './compare-outcomes.ts';
import { followConnections, picksOf, type TrackedConnection } from './connections.ts';
import { ConntrackEvents } from './conntrack-events.ts';
import { drawProbes, drawRepeats, type Probe } from './draw-probes.ts';
import { KernelNetwork } from './kernel-network.ts';
import { KernelProbes } from './kernel-probes.ts';
import { KernelServers } from './kernel-servers.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { PROBE_PROGRAMS } from './probe-programs.ts';
import type { ClusterPlan } from './random-cluster.ts';
import { PATIENCE_MS, SimulatedProbes, type SimulatedOutcome } from './simulated-probes.ts';

/** A probe whose fate in the simulator is not the one in the kernel. */
export interface Difference {
  /** Seed of the cluster. */
  readonly cluster: string;
  readonly probe: Probe;
  readonly kernel: readonly string[];
  readonly simulator: readonly string[];
  readonly trace: string;
}

/** Repeated questions to one Service: the endpoints that the kernel drew, and those that it should. */
export interface LotsCheck {
  readonly about: string;
  readonly kernel: readonly string[];
  readonly simulator: readonly string[];
}

export interface ClusterCheck {
  readonly probes: number;
  readonly differences: readonly Difference[];
  /** Absent: the cluster has no Service with several endpoints. */
  readonly lots?: LotsCheck;
  /** How many probes told a deliberately broken simulator from the kernel. */
  readonly mutations: Readonly<Partial<Record<MutationName, number>>>;
}

export interface CheckOptions {
  /** How many probes, besides the repeated ones. */
  readonly probes: number;
  readonly mutations: readonly MutationName[];
}

/** While nothing moves for so long, what has not been answered will not be (but for the time-out). */
const QUIET_MS = 30;

/** A cluster in the kernel with questions under way. */
class KernelRun {
  private readonly kernel: KernelNetwork;
  private readonly servers: KernelServers;
  private readonly events: readonly ConntrackEvents[];
  private readonly probes: KernelProbes;
  private readonly connections: TrackedConnection[] = [];

  constructor(cluster: Cluster) {
    for (const namespace of Object.values(cluster.network.namespaces)) cluster.wake(namespace);
    this.kernel = new KernelNetwork(cluster.network);
    this.kernel.loadRules(cluster.now);
    this.servers = new KernelServers(cluster.network, this.kernel);
    this.events = this.kernel
      .ids()
      .map((id) => this.kernel.inside(id, () => new ConntrackEvents(id)));
    this.probes = new KernelProbes(this.kernel, this.servers);
  }

  ask(probes: readonly Probe[]): void {
    this.probes.ask(probes);
    this.probes.listen(QUIET_MS, PATIENCE_MS);
  }

  /** Waits out those that were not answered. */
  finish(): void {
    this.probes.listen(PATIENCE_MS, PATIENCE_MS);
  }

  outcomes(probes: readonly Probe[]): ProbeOutcome[] {
    this.connections.push(...this.events.flatMap((each) => each.take()));
    return this.probes.reports().map((report, index) => {
      const probe = probes[index];
      const start = probe && { protocol: probe.protocol, to: probe.to, port: report.port };
      return { ...report, connections: start ? followConnections(this.connections, start) : [] };
    });
  }

  close(): void {
    this.probes.close();
    this.servers.close();
    for (const each of this.events) each.close();
    this.kernel.close();
  }
}

function copyCluster(state: ClusterState): Cluster {
  const cluster = new Cluster(structuredClone(state));
  Object.assign(cluster.environment.programs, PROBE_PROGRAMS);
  return cluster;
}

/** The same questions to a copy of the simulated cluster, with the endpoints that the kernel drew. */
function askSimulator(
  cluster: Cluster,
  probes: readonly Probe[],
  kernel: readonly ProbeOutcome[],
): SimulatedOutcome[] {
  const simulated = new SimulatedProbes(cluster);
  return probes.map((probe, i) => simulated.ask(probe, picksOf(kernel[i]?.connections ?? [])));
}

function findDifferences(
  cluster: string,
  probes: readonly Probe[],
  ours: readonly SimulatedOutcome[],
  theirs: readonly ProbeOutcome[],
): Difference[] {
  return probes.flatMap((probe, i): Difference[] => {
    const [us, them] = [ours[i], theirs[i]];
    if (!us || !them) return [];
    const [simulator, kernel] = [describeOutcome(us), describeOutcome(them)];
    if (simulator.join('\n') === kernel.join('\n')) return [];
    return [{ cluster, probe, kernel, simulator, trace: us.printTrace() }];
  });
}

function compareLots(
  repeats: readonly Probe[],
  ours: readonly SimulatedOutcome[],
  theirs: readonly ProbeOutcome[],
): LotsCheck | undefined {
  const [first] = repeats;
  if (!first) return undefined;
  const ofRepeats = <T>(all: readonly T[]) => all.slice(-repeats.length);
  const picked = (all: readonly ProbeOutcome[]) =>
    ofRepeats(all)
      .flatMap(({ connections }) => [...picksOf(connections).values()])
      .map(formatSocketAddress);
  const unique = (items: readonly string[]) => [...new Set(items)].sort();
  return {
    about: `${first.from} to ${first.about}`,
    kernel: unique(picked(theirs)),
    // Where traffic policies leave one endpoint, no lot is drawn.
    simulator: unique([
      ...ofRepeats(ours).flatMap(({ candidates }) => candidates),
      ...picked(ours),
    ]),
  };
}

/** Asks the same of the kernel and of the simulator, and tells where they do not agree. */
export function checkCluster(plan: ClusterPlan, options: CheckOptions): ClusterCheck {
  const cluster = buildCluster(plan);
  const repeats = drawRepeats(cluster, plan);
  const probes = [...drawProbes(cluster, plan, options.probes), ...repeats];
  const run = new KernelRun(cluster);
  try {
    run.ask(probes);
    const soon = run.outcomes(probes);
    const ours = askSimulator(copyCluster(cluster.state), probes, soon);
    run.finish();
    const theirs = run.outcomes(probes);
    const mutations: ClusterCheck['mutations'] = Object.fromEntries(
      options.mutations.map((name) => {
        const broken = copyCluster(cluster.state);
        MUTATIONS[name](broken.network);
        const seen = askSimulator(broken, probes, theirs);
        return [name, findDifferences(plan.seed, probes, seen, theirs).length];
      }),
    );
    const lots = compareLots(repeats, ours, theirs);
    return {
      probes: probes.length,
      differences: findDifferences(plan.seed, probes, ours, theirs),
      ...(lots && { lots }),
      mutations,
    };
  } finally {
    run.close();
  }
}
