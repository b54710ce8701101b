import { invariant } from '../base/invariant.ts';
import { createPolicyEngine } from '../policy/create-policy-engine.ts';
import type { PolicyPod } from '../policy/policy-world.ts';
import type { LabelChangeResult, VerdictsResult } from './print-policies.ts';
import { randomFlows, verdictCluster } from './verdict-cluster.ts';

const FLOWS = 200_000;
const ROUNDS = 10;

/** `timed` gives milliseconds of processor time. */
export function measureVerdicts(
  pods: number,
  policies: number,
  timed: (work: () => void) => number,
): VerdictsResult {
  const world = verdictCluster(pods, policies);
  let engine = createPolicyEngine(world);
  const flows = randomFlows(engine, FLOWS);
  const warmUp = createPolicyEngine(verdictCluster(50, 20));
  for (const flow of randomFlows(warmUp, 20_000)) warmUp.decide(flow);
  const built = timed(() => {
    engine = createPolicyEngine(world);
  });
  const [some] = flows;
  invariant(some, 'connections were drawn');
  const first = timed(() => engine.decide(some));
  let admitted = 0;
  const askAll = () => {
    for (const flow of flows) if (engine.decide(flow) === 'admitted') admitted++;
  };
  const cold = timed(askAll);
  const warm = timed(() => {
    for (let round = 0; round < ROUNDS; round++) askAll();
  });
  const few = flows.slice(0, 2000);
  const explained = timed(() => few.forEach((flow) => engine.explain(flow)));
  for (const flow of few) {
    invariant(engine.explain(flow).outcome === engine.decide(flow), 'both say the same');
  }
  const aSecond = (count: number, spent: number) => Math.round((1000 * count) / spent);
  return {
    pods,
    policies,
    built,
    first,
    cold: aSecond(FLOWS, cold),
    warm: aSecond(FLOWS * ROUNDS, warm),
    explained: aSecond(few.length, explained),
    admitted: Math.round((100 * admitted) / (FLOWS * (ROUNDS + 1))),
    flows: FLOWS,
  };
}

const CHANGES = 15;

/** A pod gets another label, and is asked about: by the engine that there is, and by a new one. */
export function measureLabelChange(
  pods: number,
  policies: number,
  timed: (work: () => void) => number,
): LabelChangeResult {
  const world = verdictCluster(pods, policies);
  let engine = createPolicyEngine(world);
  const flows = randomFlows(engine, FLOWS / 10);
  for (const flow of flows) engine.decide(flow);
  const changed = (index: number) => {
    const pod = engine.world.pods[index];
    invariant(pod, 'the cluster has that many pods');
    const now = { ...pod, labels: { ...pod.labels, app: `app-${(index + 3) % 10}`, round: 'new' } };
    return { now, world: { ...engine.world, pods: engine.world.pods.with(index, now) } };
  };
  const ask = (pod: PolicyPod) => {
    const destination = { address: pod.addresses[0] ?? '', pod };
    const source = flows[0]?.source;
    if (source) engine.decide({ source, destination, protocol: 'TCP', port: 80 });
  };
  const median = (work: (index: number) => void) =>
    Array.from({ length: CHANGES }, (_, round) => timed(() => work(10 + 7 * round))).sort(
      (a, b) => a - b,
    )[Math.floor(CHANGES / 2)] ?? 0;
  const carried = median((index) => {
    const { now, world: next } = changed(index);
    engine = engine.withWorld(next);
    ask(now);
  });
  const anew = median((index) => {
    const { now, world: next } = changed(index);
    engine = createPolicyEngine(next);
    ask(now);
  });
  return { pods, policies, carried, anew };
}
