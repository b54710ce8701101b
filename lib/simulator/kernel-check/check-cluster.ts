import { Cluster, type ClusterState } from '../cluster.ts';
import { buildCluster } from './build-cluster.ts';
import { describeOutcome, type ProbeOutcome } from './compare-outcomes.ts';
import { compareLots, type LotsCheck } from './compare-lots.ts';
import { drawProbes, drawRepeats, type Probe } from './draw-probes.ts';
import { ProbeJudge, type ProbeVerdict } from './judge-probes.ts';
import { KernelRun, type KernelOutcome } from './kernel-run.ts';
import { MUTATIONS, type MutationName } from './mutations.ts';
import { forgetPolicies } from './policy-mutations.ts';
import { PROBE_PROGRAMS } from './probe-programs.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { tellOften } from './tell-often.ts';
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

/** How many probes policies had a say in, and what they said. */
export type VerdictCounts = Readonly<Record<ProbeVerdict, number>>;

export interface ClusterCheck {
  readonly probes: number;
  readonly differences: readonly Difference[];
  /** What was seen once, and not when the same was asked again. */
  readonly glimpses: readonly Difference[];
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
    return [{ cluster: seed, probe, kernel, simulator, trace: us.printTrace() }];
  });
  return { verdicts, differences };
}

interface Answers {
  readonly ours: readonly SimulatedOutcome[];
  readonly theirs: readonly KernelOutcome[];
}

/** Asks the same of the kernel and of the simulator. */
function askBoth(cluster: Cluster, probes: readonly Probe[]): Answers {
  const run = new KernelRun(cluster);
  try {
    run.ask(probes);
    const soon = run.outcomes(probes);
    const ours = askSimulator(copyCluster(cluster.state), probes, soon);
    run.finish();
    return { ours, theirs: run.outcomes(probes) };
  } finally {
    run.close();
  }
}

/** Where simulator, kernel and, in a cluster with policies, the policy engine do not agree. */
function compare(
  cluster: Cluster,
  plan: ClusterPlan,
  probes: readonly Probe[],
  { ours, theirs }: Answers,
): Pick<ClusterCheck, 'verdicts' | 'differences'> {
  const differences = findDifferences(plan.seed, probes, ours, theirs);
  if (plan.policies.length === 0) return { differences };
  const judged = judgeProbes(cluster, plan.seed, probes, theirs);
  return { verdicts: judged.verdicts, differences: [...differences, ...judged.differences] };
}

/** How often a cluster with differences is asked everything again. */
const ROUNDS = 3;

/**
 * What differs when the same is asked again of a kernel that was set up anew, and what does not. The lots that a rule draws are
 * followed, so what rules decide comes again. What happens once is chance: of 64,512 ports the one that is drawn for a
 * masqueraded connection may be the one that it replaces; a machine that stands still for a moment loses an answer.
 */
function askAgain(
  cluster: Cluster,
  plan: ClusterPlan,
  probes: readonly Probe[],
  first: readonly Difference[],
): Pick<ClusterCheck, 'differences' | 'glimpses'> {
  if (first.length === 0) return { differences: [], glimpses: [] };
  const again = Array.from(
    { length: ROUNDS },
    () => compare(cluster, plan, probes, askBoth(cluster, probes)).differences,
  );
  const { often, once } = tellOften([first, ...again], ({ probe }) => probe);
  return { differences: often, glimpses: once };
}

/** Builds a cluster in both, and tells where they do not agree, and how many probes tell broken simulators from the kernel. */
export function checkCluster(plan: ClusterPlan, options: CheckOptions): ClusterCheck {
  const cluster = buildCluster(plan);
  // Lots are drawn in clusters without policies.
  const repeats = plan.policies.length > 0 ? [] : drawRepeats(cluster, plan);
  const probes = [...drawProbes(cluster, plan, options.probes), ...repeats];
  const answers = askBoth(cluster, probes);
  const lots = compareLots(repeats, answers.ours, answers.theirs);
  const { verdicts, differences } = compare(cluster, plan, probes, answers);
  return {
    probes: probes.length,
    ...askAgain(cluster, plan, probes, differences),
    ...(verdicts && { verdicts }),
    ...(lots && { lots }),
    mutations: tellMutations(cluster, plan, probes, answers.theirs, options),
  };
}

/** How many probes tell each broken simulator from the kernel. */
function tellMutations(
  cluster: Cluster,
  { seed }: ClusterPlan,
  probes: readonly Probe[],
  theirs: readonly KernelOutcome[],
  { mutations }: CheckOptions,
): ClusterCheck['mutations'] {
  return Object.fromEntries(
    mutations.map((name) => {
      const broken = copyCluster(cluster.state);
      MUTATIONS[name](broken);
      const seen = askSimulator(broken, probes, theirs);
      return [name, findDifferences(seed, probes, seen, theirs).length];
    }),
  );
}
