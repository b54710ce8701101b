import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipVersion } from '../../base/ip.ts';
import {
  aPolicyCluster,
  flowsOf,
  objectsOf,
  RANDOM_OUTSIDE_ADDRESSES,
  type RandomFlow,
} from '../../testing/random-policy-clusters.ts';
import { readerOf } from '../../testing/reader-of.ts';
import { createPolicyEngine, type PolicyEngine } from '../create-policy-engine.ts';
import { readPolicyWorld } from '../read-policy-world.ts';
import type { PolicyPod } from '../policy-world.ts';
import { computeReachability, reachWithPod, type Reachability } from './compute-reachability.ts';
import { countPairs, placeGroup, textOfSets, type EndGroup } from './count-pairs.ts';
import { outcomeAt } from './port-verdicts.ts';
import { portsAt } from './port-table.ts';

const RUNS = { numRuns: 60 };

/** Whoever has an address, as a group of one; undefined for a node without pods on its network. */
function groupOf(reachability: Reachability, address: string): EndGroup | undefined {
  const { source, families } = reachability;
  const pod = source.world.pods.findIndex(({ addresses }) => addresses.includes(address));
  if (pod >= 0) return { group: 'pods', pods: [pod] };
  if (!RANDOM_OUTSIDE_ADDRESSES.includes(address)) return undefined;
  const end = source.classes.peerClassOf(address, undefined, undefined);
  const family = families.find(({ ends }) => ends.family === ipVersion(address));
  const found = family?.ends.classes.find((outside) => outside.end === end);
  return found && { group: 'outside', sets: textOfSets(found) };
}

/** What the classes say of one connection; undefined where they do not count it: an end and itself, or two outside. */
function outcomeOf(reachability: Reachability, flow: RandomFlow) {
  const family = ipVersion(flow.source);
  const families = reachability.families.filter(({ ends }) => ends.family === family);
  const narrowed = { ...reachability, families };
  const [from, to] = [groupOf(narrowed, flow.source), groupOf(narrowed, flow.destination)];
  if (!from || !to || (from.group === 'outside' && to.group === 'outside')) return undefined;
  const { byPorts } = countPairs(narrowed, placeGroup(narrowed, from), placeGroup(narrowed, to));
  const [ports] = [...byPorts.keys()];
  if (ports === undefined) return undefined;
  return outcomeAt(portsAt(narrowed.ports, ports), flow.protocol, flow.port);
}

/** Compares every connection with what the engine says of it; the number of connections compared. */
function compareAll(
  engine: PolicyEngine,
  reachability: Reachability,
  flows: readonly RandomFlow[],
) {
  let compared = 0;
  for (const flow of flows) {
    const { protocol, port } = flow;
    const source = engine.endOf(flow.source);
    const destination = engine.endOf(flow.destination);
    const outcome = outcomeOf(reachability, flow);
    if (outcome === undefined) continue;
    compared++;
    const decided = engine.decide({ source, destination, protocol, port });
    if (outcome !== decided) expect({ flow, outcome }).toEqual({ flow, outcome: decided });
  }
  return compared;
}

const SOMEWHERE = { isEnforcedOn: (node: string) => node === 'node-a' };

test.each([
  ['enforced everywhere', {}],
  ['enforced on one node', SOMEWHERE],
])('classes say of every pair what the engine says: %s', { timeout: 60_000 }, (_name, options) => {
  let compared = 0;
  fc.assert(
    fc.property(aPolicyCluster, (cluster) => {
      const engine = createPolicyEngine(readPolicyWorld(readerOf(objectsOf(cluster))), options);
      compared += compareAll(engine, computeReachability(engine), flowsOf(cluster));
    }),
    RUNS,
  );
  expect(compared).toBeGreaterThan(20_000);
});

test('a pod that changes its labels or its node is followed', { timeout: 60_000 }, () => {
  let compared = 0;
  const aChange = fc.record({
    which: fc.nat(5),
    labels: fc.record({ app: fc.constantFrom('web', 'db', 'new') }, { requiredKeys: [] }),
    node: fc.constantFrom('node-a', 'node-b'),
  });
  fc.assert(
    fc.property(
      aPolicyCluster,
      fc.array(aChange, { minLength: 1, maxLength: 3 }),
      (cluster, changes) => {
        let engine = createPolicyEngine(readPolicyWorld(readerOf(objectsOf(cluster))), SOMEWHERE);
        let reachability = computeReachability(engine);
        for (const { which, labels, node } of changes) {
          const index = which % engine.world.pods.length;
          const pods: PolicyPod[] = [...engine.world.pods];
          const old = pods[index];
          if (!old) continue;
          const now = { ...old, labels, ...(!old.isOnHostNetwork && { node }) };
          pods[index] = now;
          engine = engine.withWorld({ ...engine.world, pods });
          reachability = reachWithPod(reachability, engine, index, now);
        }
        compared += compareAll(engine, reachability, flowsOf(cluster));
      },
    ),
    RUNS,
  );
  expect(compared).toBeGreaterThan(20_000);
});
