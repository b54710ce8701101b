import { Cluster, type ClusterState } from '../cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { describeOutcome, mayBeDrawnPort, type ProbeOutcome } from './compare-outcomes.ts';
import { compareLots, type LotsCheck } from './compare-lots.ts';
import { drawProbes, drawRepeats, type Probe } from './draw-probes.ts';
import { ProbeJudge, type ProbeVerdict } from './judge-probes.ts';
import { KernelRun, type KernelOutcome } from './kernel-run.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { forgetPolicies } from './policy-mutations.ts';
import { PROBE_PROGRAMS } from './probe-programs.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { SimulatedProbes, type SimulatedOutcome } from './simulated-probes.ts';

/** A probe whose fate in the simulator is not the one in the kernel. */
export interface Difference {
  /** Seed of the cluster. */
  readonly cluster: string;
  readonly probe: Probe;
  readonly kernel: readonly string[];
  readonly simulator: readonly string[];
  /** Nothing differs but a port that the kernel may have drawn so by chance. */
  readonly mayBeDrawnPort?: true;
  readonly trace: string;
}

/** How many probes policies had a say in, and what they said. */
export type VerdictCounts = Readonly<Record<ProbeVerdict, number>>;

export interface ClusterCheck {
  readonly probes: number;
  readonly differences: readonly Difference[];
  /** Of a cluster with policies. */
  readonly verdicts?: VerdictCounts;
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

/** `expected`: what the simulator's lines say besides words about them. */
const difference = (
  cluster: string,
  probe: Probe,
  kernel: readonly string[],
  simulator: readonly string[],
  us: SimulatedOutcome,
  expected = simulator,
): Difference => ({
  cluster,
  probe,
  kernel,
  simulator,
  ...(mayBeDrawnPort(expected, kernel) && { mayBeDrawnPort: true as const }),
  trace: us.printTrace(),
});

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
    return [difference(cluster, probe, kernel, simulator, us)];
  });
}

const DROPPED = ['silence'];

/** What the kernel should have made of a probe, by the policies alone; undefined where these do not decide. */
function expectedOf(verdict: ProbeVerdict, free: SimulatedOutcome): readonly string[] | undefined {
  switch (verdict) {
    case 'unasked':
    case 'admitted':
      return describeOutcome(free);
    case 'not-admitted':
      return DROPPED;
    case 'undecidable':
      return undefined;
  }
}

/**
 * The third opinion: what the policy engine says, whatever rules were made. What it admits must come out in the kernel as it
 * does in a cluster without policies; what it does not admit must be met by silence.
 */
function judgeProbes(
  cluster: Cluster,
  seed: string,
  probes: readonly Probe[],
  theirs: readonly KernelOutcome[],
): { readonly verdicts: VerdictCounts; readonly differences: readonly Difference[] } {
  const judge = new ProbeJudge(cluster);
  const free = copyCluster(cluster.state);
  forgetPolicies(free);
  const unpoliced = askSimulator(free, probes, theirs);
  const verdicts = { unasked: 0, admitted: 0, 'not-admitted': 0, undecidable: 0 };
  const differences = probes.flatMap((probe, i): Difference[] => {
    const [us, them] = [unpoliced[i], theirs[i]];
    if (!us || !them) return [];
    const verdict = judge.judge(probe, us);
    verdicts[verdict] += 1;
    const expected = expectedOf(verdict, us);
    const kernel =
      verdict === 'not-admitted' ? describeOutcome(them).slice(0, 1) : describeOutcome(them);
    if (!expected || expected.join('\n') === kernel.join('\n')) return [];
    const simulator = [`by the policies: ${verdict}`, ...expected];
    return [difference(seed, probe, kernel, simulator, us, expected)];
  });
  return { verdicts, differences };
}

/** Asks the same of the kernel and of the simulator, and tells where they do not agree. */
export function checkCluster(plan: ClusterPlan, options: CheckOptions): ClusterCheck {
  const cluster = buildCluster(plan);
  // Lots are drawn in clusters without policies.
  const repeats = plan.policies.length > 0 ? [] : drawRepeats(cluster, plan);
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
        MUTATIONS[name](broken);
        const seen = askSimulator(broken, probes, theirs);
        return [name, findDifferences(plan.seed, probes, seen, theirs).length];
      }),
    );
    const lots = compareLots(repeats, ours, theirs);
    const judged =
      plan.policies.length > 0 ? judgeProbes(cluster, plan.seed, probes, theirs) : undefined;
    const differences = findDifferences(plan.seed, probes, ours, theirs);
    return {
      probes: probes.length,
      differences: [...differences, ...(judged?.differences ?? [])],
      ...(judged && { verdicts: judged.verdicts }),
      ...(lots && { lots }),
      mutations,
    };
  } finally {
    run.close();
  }
}
