import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NetworkPolicy } from '../api/networking/network-policy.ts';
import { judgeNaively } from '../testing/judge-naively.ts';
import { aNetworkPolicy } from '../testing/random-policies.ts';
import {
  aPolicyCluster,
  flowsOf,
  objectsOf,
  type PolicyCluster,
  type RandomFlow,
} from '../testing/random-policy-clusters.ts';
import { readerOf } from '../testing/reader-of.ts';
import { createPolicyEngine, type PolicyEngine } from './create-policy-engine.ts';
import type { PolicyFlow } from './policy-world.ts';
import { readPolicyWorld } from './read-policy-world.ts';

const engineOf = (cluster: PolicyCluster) =>
  createPolicyEngine(readPolicyWorld(readerOf(objectsOf(cluster))));

const asked = (
  engine: PolicyEngine,
  { source, destination, protocol, port }: RandomFlow,
): PolicyFlow => ({
  source: engine.endOf(source),
  destination: engine.endOf(destination),
  protocol,
  port,
});

/** Milliseconds; machines that test are busy. */
const TIMEOUT = 60_000;

/** A cluster and one in so many of its connections. */
const ONE_IN = 37;
const clusterAndFlows = fc.tuple(aPolicyCluster, fc.nat(ONE_IN - 1)).map(([cluster, rest]) => ({
  cluster,
  flows: flowsOf(cluster).filter((_, i) => i % ONE_IN === rest),
}));

const explicit = aNetworkPolicy.filter(({ spec }) => spec.policyTypes !== undefined);

const isIsolating = ({ spec }: NetworkPolicy, type: 'Ingress' | 'Egress') =>
  spec.policyTypes?.includes(type) ?? false;

const withPolicy = (cluster: PolicyCluster, policy: NetworkPolicy): PolicyCluster => ({
  ...cluster,
  policies: [...cluster.policies, { ...policy, metadata: { ...policy.metadata, name: 'added' } }],
});

const SIDES = ['egress', 'ingress'] as const;

/** What each end of each connection says, as `egress` and `ingress` of a verdict. */
function sidesOf(cluster: PolicyCluster, flows: readonly RandomFlow[]) {
  const engine = engineOf(cluster);
  return flows.map((flow) => engine.explain(asked(engine, flow)));
}

test(
  'the engine says what the words of the APIs say',
  () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(clusterAndFlows, ({ cluster, flows }) => {
        const engine = engineOf(cluster);
        for (const flow of flows) {
          const outcome = engine.decide(asked(engine, flow));
          const wanted = judgeNaively(cluster, flow);
          seen.add(outcome);
          if (outcome !== wanted) expect({ flow, outcome }).toEqual({ flow, outcome: wanted });
        }
      }),
      { numRuns: 250 },
    );
    expect([...seen].sort()).toEqual(['admitted', 'not-admitted', 'undecidable']);
  },
  TIMEOUT,
);

test(
  'an explanation comes to the outcome that was decided, and names who decided',
  () => {
    fc.assert(
      fc.property(clusterAndFlows, ({ cluster, flows }) => {
        const engine = engineOf(cluster);
        for (const flow of flows) {
          const verdict = engine.explain(asked(engine, flow));
          expect(verdict.outcome).toBe(engine.decide(asked(engine, flow)));
          for (const side of SIDES) {
            const { outcome, policies } = verdict[side];
            const deciding = policies.filter(({ isDeciding }) => isDeciding);
            if (outcome === 'not-admitted') expect(deciding).not.toEqual([]);
            if (outcome === 'undecidable') expect(deciding.length).toBeGreaterThan(1);
          }
        }
      }),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);

test(
  'the answer for all ports is the answer for each',
  () => {
    fc.assert(
      fc.property(clusterAndFlows, ({ cluster, flows }) => {
        const engine = engineOf(cluster);
        for (const flow of flows) {
          const { source, destination, protocol, port } = asked(engine, flow);
          const verdict = engine.explain({ source, destination, protocol, port });
          for (const side of SIDES) {
            const spans = engine.outcomesOfPorts(side, source, destination)[protocol];
            const at = spans.starts.filter((start) => start <= port).length - 1;
            expect(spans.outcomes[at]).toBe(verdict[side].outcome);
          }
        }
      }),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);

test(
  'one more policy on a pod that is isolated takes no admission away',
  () => {
    fc.assert(
      fc.property(clusterAndFlows, explicit, ({ cluster, flows }, policy) => {
        const before = sidesOf(cluster, flows);
        const after = sidesOf(withPolicy(cluster, policy), flows);
        before.forEach((verdict, i) => {
          for (const side of SIDES) {
            const { outcome, policies } = verdict[side];
            const isIsolated = policies.some(
              ({ word }) => word === 'Admits' || word === 'Does not admit',
            );
            if (isIsolated && outcome === 'admitted')
              expect(after[i]?.[side].outcome).toBe('admitted');
          }
        });
      }),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);

test(
  'one more policy on a pod that is not isolated adds no admission',
  () => {
    fc.assert(
      fc.property(
        clusterAndFlows,
        explicit,
        ({ cluster: { policies, ...rest }, flows }, policy) => {
          const cluster = {
            ...rest,
            policies: policies.filter(({ kind }) => kind === 'NetworkPolicy'),
          };
          const before = sidesOf(cluster, flows);
          const after = sidesOf(withPolicy(cluster, policy), flows);
          after.forEach((verdict, i) => {
            for (const side of SIDES) {
              const found = before[i]?.[side];
              if (found?.decidedBy !== 'not-isolated') continue;
              if (verdict[side].outcome === 'admitted') expect(found.outcome).toBe('admitted');
              const type = side === 'ingress' ? 'Ingress' : 'Egress';
              if (!isIsolating(policy, type)) expect(verdict[side].outcome).toBe(found.outcome);
            }
          });
        },
      ),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);

test(
  'one more rule in a policy takes no admission away',
  () => {
    fc.assert(
      fc.property(clusterAndFlows, explicit, explicit, ({ cluster, flows }, policy, donor) => {
        const before = sidesOf(withPolicy(cluster, policy), flows);
        const more = {
          ...policy,
          spec: {
            ...policy.spec,
            ingress: [...(donor.spec.ingress ?? []), ...(policy.spec.ingress ?? [])],
            egress: [...(policy.spec.egress ?? []), ...(donor.spec.egress ?? [])],
          },
        };
        const after = sidesOf(withPolicy(cluster, more), flows);
        before.forEach(({ outcome }, i) => {
          if (outcome === 'admitted') expect(after[i]?.outcome).toBe('admitted');
        });
      }),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);

test(
  'an engine that was carried over a change says what a new one says',
  () => {
    fc.assert(
      fc.property(clusterAndFlows, aPolicyCluster, ({ cluster, flows }, other) => {
        const changed = { ...cluster, pods: other.pods };
        const world = readPolicyWorld(readerOf(objectsOf(changed)));
        const before = engineOf(cluster);
        for (const flow of flows) before.decide(asked(before, flow));
        const carried = before.withWorld(world);
        const made = createPolicyEngine(world);
        for (const flow of flows) {
          expect(carried.decide(asked(carried, flow))).toBe(made.decide(asked(made, flow)));
        }
      }),
      { numRuns: 100 },
    );
  },
  TIMEOUT,
);
