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
import type { PolicyFinding } from './verdict.ts';
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

/** Counts of what was met, so that a property that meets nothing is seen. */
class Tally {
  private readonly counts = new Map<string, number>();

  add(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  expectOften(...all: readonly string[]): void {
    for (const what of all) expect([what, this.counts.get(what) ?? 0]).toSatisfy(isOften);
  }
}

const isOften = ([, count]: [string, number]) => count >= 20;

const withPolicy = (cluster: PolicyCluster, policy: NetworkPolicy): PolicyCluster => ({
  ...cluster,
  policies: [...cluster.policies, { ...policy, metadata: { ...policy.metadata, name: 'added' } }],
});

const isAdded = ({ policy }: PolicyFinding) => policy.name === 'added';

const SIDES = ['egress', 'ingress'] as const;
const TYPES = { egress: 'Egress', ingress: 'Ingress' } as const;

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
    const met = new Tally();
    fc.assert(
      fc.property(clusterAndFlows, ({ cluster, flows }) => {
        const engine = engineOf(cluster);
        for (const flow of flows) {
          const verdict = engine.explain(asked(engine, flow));
          expect(verdict.outcome).toBe(engine.decide(asked(engine, flow)));
          for (const side of SIDES) {
            const { outcome, policies } = verdict[side];
            const deciding = policies.filter(({ isDeciding }) => isDeciding);
            met.add(outcome);
            if (outcome === 'not-admitted') expect(deciding).not.toEqual([]);
            if (outcome === 'undecidable') expect(deciding.length).toBeGreaterThan(1);
          }
        }
      }),
      { numRuns: 100 },
    );
    met.expectOften('admitted', 'not-admitted');
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
    const met = new Tally();
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
            if (!isIsolated || outcome !== 'admitted') continue;
            expect(after[i]?.[side].outcome).toBe('admitted');
            met.add(after[i]?.[side].policies.some(isAdded) ? 'selected' : 'not selected');
          }
        });
      }),
      { numRuns: 100 },
    );
    met.expectOften('selected', 'not selected');
  },
  TIMEOUT,
);

test(
  'one more policy on a pod that is not isolated leaves what it admits itself, in its own directions alone',
  () => {
    const met = new Tally();
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
              if (before[i]?.[side].decidedBy !== 'not-isolated') continue;
              const word = verdict[side].policies.find(isAdded)?.word ?? 'not selected';
              met.add(word);
              const isAbout = policy.spec.policyTypes?.includes(TYPES[side]) ?? false;
              if (!isAbout) expect(word).toMatch(/^(Not applicable|not selected)$/);
              const outcome = word === 'Does not admit' ? 'not-admitted' : 'admitted';
              expect(verdict[side].outcome).toBe(outcome);
            }
          });
        },
      ),
      { numRuns: 100 },
    );
    met.expectOften('Admits', 'Does not admit', 'Not applicable', 'not selected');
  },
  TIMEOUT,
);

test(
  'one more rule in a policy takes no admission away',
  () => {
    const met = new Tally();
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
        before.forEach(({ outcome, ...sides }, i) => {
          if (outcome === 'admitted') expect(after[i]?.outcome).toBe('admitted');
          for (const side of SIDES) {
            const word = sides[side].policies.find(isAdded)?.word;
            const now = after[i]?.[side].policies.find(isAdded)?.word;
            met.add(`${word}, then ${now}`);
          }
        });
      }),
      { numRuns: 100 },
    );
    met.expectOften('Admits, then Admits', 'Does not admit, then Admits');
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
