import { invariant } from '../base/invariant.ts';
import { createPolicyEngine, type PolicyEngine } from '../policy/create-policy-engine.ts';
import type { PolicyPod } from '../policy/policy-world.ts';
import {
  computeReachability,
  portsBetween,
  reachWithPod,
  type Reachability,
} from '../policy/reachability/compute-reachability.ts';
import type { ReachabilityResult } from './print-reachability.ts';
import { policyCluster } from './policy-cluster.ts';

/** How time and memory are measured. */
interface Meter {
  readonly timed: (work: () => void) => number;
  /** Bytes in use after a full collection. */
  readonly bytesUsed: () => number;
}

function readAll(reachability: Reachability): { cells: number; pairs: number; checksum: number } {
  let [cells, pairs, checksum] = [0, 0, 0];
  for (const family of reachability.families) {
    const { classes } = family.ends;
    for (let from = 0; from < classes.length; from++) {
      const sources = Math.max(1, classes[from]?.members.length ?? 0);
      for (let to = 0; to < classes.length; to++) {
        checksum += portsBetween(reachability, family, from, to);
        pairs += sources * Math.max(1, classes[to]?.members.length ?? 0);
        cells++;
      }
    }
  }
  return { cells, pairs, checksum };
}

/** One pod's labels change: the median of some. */
function measureChange(
  before: Reachability,
  engine: PolicyEngine,
  labels: PolicyPod['labels'],
  { timed }: Meter,
): number {
  const { world } = engine;
  const times = Array.from({ length: 11 }, (_, round) =>
    timed(() => {
      const index = 1000 + round;
      const pod = world.pods[index];
      invariant(pod, 'the cluster has that many pods');
      const now = { ...pod, labels: { ...pod.labels, ...labels } };
      const pods = world.pods.with(index, now);
      reachWithPod(before, engine.withWorld({ ...world, pods }), index, now);
    }),
  );
  return times.sort((a, b) => a - b)[5] ?? 0;
}

/** Works the whole matrix out, reads it, and changes a label. */
export function measureReachability(
  pods: number,
  policies: number,
  meter: Meter,
): ReachabilityResult {
  const world = policyCluster({ pods, policies });
  const before = meter.bytesUsed();
  const made: { engine: PolicyEngine; reachability: Reachability }[] = [];
  const computed = meter.timed(() => {
    const engine = createPolicyEngine(world);
    made.push({ engine, reachability: computeReachability(engine) });
  });
  const [first] = made;
  invariant(first, 'reachability was computed');
  const { engine, reachability } = first;
  const counted: ReturnType<typeof readAll>[] = [];
  const read = meter.timed(() => counted.push(readAll(reachability)));
  const { cells = 0, pairs = 0, checksum = 0 } = counted[0] ?? {};
  invariant(checksum > 0, 'something passes');
  return {
    ...{ pods, policies, computed, read, cells, pairs },
    classes: reachability.families.reduce((sum, { ends }) => sum + ends.classes.length, 0),
    portSets: reachability.ports.verdicts.length,
    megabytes: (meter.bytesUsed() - before) / 2 ** 20,
    known: measureChange(reachability, engine, { app: 'app-3', tier: 'front' }, meter),
    unknown: measureChange(reachability, engine, { app: 'app-3', tier: 'of-its-own' }, meter),
  };
}
