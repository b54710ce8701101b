import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { invariant } from '../../base/invariant.ts';
import type { Cluster } from '../../cluster.ts';
import type { ProxyMode } from '../../cluster-options.ts';
import {
  computeReachability,
  portsBetween,
} from '../../policy/reachability/compute-reachability.ts';
import { portsAt } from '../../policy/reachability/port-table.ts';
import { outcomeAt } from '../../policy/reachability/port-verdicts.ts';
import type { PolicyOutcome } from '../../policy/verdict.ts';
import { WORKSTATION } from '../../site.ts';
import { somePolicies } from '../../testing/random-policies.ts';
import { policyEngineOf } from '../../view/policy-engine-of.ts';
import { openCluster } from './open-cluster.ts';
import { keyOfPod, type PlannedCluster, type PlannedPort } from './planned-cluster.ts';
import { sendProbes, type ProbeBatch, type Prober } from './send-probes.ts';
import { applyObject } from './write-objects.ts';

const OUTSIDER = '203.0.113.9';
const PORTS: readonly PlannedPort[] = [
  { protocol: 'TCP', port: 80, name: 'http' },
  { protocol: 'TCP', port: 81 },
  { protocol: 'UDP', port: 53, name: 'dns' },
  { protocol: 'UDP', port: 8080 },
  { protocol: 'SCTP', port: 80 },
];

const aPod = (namespace: string, name: string, labels: Record<string, string>) => ({
  namespace,
  name,
  labels,
  isOnHostNetwork: false,
  ports: PORTS,
});

const PLAN: PlannedCluster = {
  namespaces: { shop: { team: 'red' }, lab: {}, ops: { team: 'blue' } },
  pods: [
    aPod('shop', 'a', { app: 'web', tier: 'front' }),
    aPod('shop', 'b', { app: 'db', tier: 'back' }),
    aPod('lab', 'a', { app: 'web' }),
    aPod('lab', 'b', { app: '' }),
    aPod('ops', 'a', { tier: 'back' }),
    aPod('ops', 'b', {}),
  ],
  nodes: [],
  outsiders: [{ address: OUTSIDER, ports: PORTS }],
  hasServices: false,
};

/** Everybody asks everybody else, but nobody outside himself. */
function batchesOf(cluster: Cluster): { from: string; to: string; batch: ProbeBatch }[] {
  const keys = [...PLAN.pods.map(keyOfPod), OUTSIDER];
  const { endOf } = addressesOf(cluster);
  return keys.flatMap((from) =>
    keys
      .filter((to) => to !== from)
      .map((to) => {
        const prober: Prober =
          from === OUTSIDER
            ? { type: 'machine', name: WORKSTATION, address: from }
            : { type: 'pod', key: from };
        return { from, to, batch: { from: prober, host: endOf(to), questions: PORTS } };
      }),
  );
}

function addressesOf({ store }: Cluster) {
  const endOf = (key: string) => {
    const [namespace, name] = key.split('/');
    if (name === undefined) return key;
    const pod = store.get('Pod', namespace, name) as { status?: { podIP?: string } } | undefined;
    return pod?.status?.podIP ?? '';
  };
  return { endOf };
}

/** What `reachability` says of two ends, by its classes. */
function lookUp(cluster: Cluster) {
  const engine = policyEngineOf(cluster);
  const reachability = computeReachability(engine);
  const family = reachability.families.find(({ ends }) => ends.family === 4);
  invariant(family, 'no IPv4');
  const outside = engine.classOf(engine.endOf(OUTSIDER));
  const classOf = (key: string) => {
    const index = engine.world.pods.findIndex((pod) => pod.key === key);
    return index < 0
      ? family.ends.classes.findIndex(({ kind, end }) => kind === 'outside' && end.id === outside)
      : (family.ends.ofPod[index] ?? -1);
  };
  return (from: string, to: string, { protocol, port }: PlannedPort): PolicyOutcome => {
    const number = portsBetween(reachability, family, classOf(from), classOf(to));
    return outcomeAt(portsAt(reachability.ports, number), protocol, port);
  };
}

test.each<readonly [ProxyMode, number]>([
  ['iptables', 1],
  ['iptables', 2],
  ['iptables', 3],
  ['iptables', 4],
  ['iptables', 5],
  ['nftables', 6],
  ['nftables', 7],
  ['nftables', 8],
])(
  'packets and reachability agree on random policies: %s, seed %i',
  { timeout: 60_000 },
  (mode, seed) => {
    const cluster = openCluster(PLAN, mode);
    invariant(cluster, 'no cluster');
    const samples = fc.sample(somePolicies, { seed, numRuns: 12 });
    const [drawn] = samples.sort((a, b) => b.length - a.length);
    for (const policy of drawn ?? []) applyObject(cluster, { ...policy });
    cluster.advance(2 * SECOND);
    const asked = batchesOf(cluster);
    const views = sendProbes(
      cluster,
      asked.map(({ batch }) => batch),
    );
    const outcomeOf = lookUp(cluster);
    const differences: string[] = [];
    const outcomes = new Set<PolicyOutcome>();
    for (const [index, { from, to }] of asked.entries()) {
      for (const [at, port] of PORTS.entries()) {
        const outcome = outcomeOf(from, to, port);
        const view = views[index]?.[at];
        outcomes.add(outcome);
        const expected = outcome === 'admitted' ? 'answered' : 'silence';
        if (outcome !== 'undecidable' && view !== expected) {
          differences.push(`${from} -> ${to} ${port.protocol}/${port.port}: ${outcome}, ${view}`);
        }
      }
    }
    expect(differences).toEqual([]);
    expect(outcomes).toContain('admitted');
    expect(outcomes).toContain('not-admitted');
  },
);
