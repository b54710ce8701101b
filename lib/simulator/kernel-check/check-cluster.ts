import { Cluster, type ClusterState } from '../cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { describeOutcome, type ProbeOutcome } from './compare-outcomes.ts';
import { compareLots, type LotsCheck } from './compare-lots.ts';
import { drawProbes, drawRepeats, type Probe } from './draw-probes.ts';
import { KernelRun, type KernelOutcome } from './kernel-run.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { PROBE_PROGRAMS } from './probe-programs.ts';
import type { ClusterPlan } from './random-cluster.ts';
import { SimulatedProbes, type SimulatedOutcome } from './simulated-probes.ts';

/** A probe whose fate in the simulator is not the one in the kernel. */
export interface Difference {
  /** Seed of the cluster. */
  readonly cluster: string;
  readonly probe: Probe;
  readonly kernel: readonly string[];
  readonly simulator: readonly string[];
  readonly trace: string;
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

function copyCluster(state: ClusterState): Cluster {
  const cluster = new Cluster(structuredClone(state));
  Object.assign(cluster.environment.programs, PROBE_PROGRAMS);
  return cluster;
}

/** The same questions to a copy of the simulated cluster, with the endpoints that the kernel drew. */
function askSimulator(
  cluster: Cluster,
  probes: readonly Probe[],
  kernel: readonly KernelOutcome[],
): SimulatedOutcome[] {
  const simulated = new SimulatedProbes(cluster);
  return probes.map((probe, i) => simulated.ask(probe, kernel[i]?.picks ?? new Map()));
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
