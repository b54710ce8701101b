import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { CniName, ProxyMode } from '../../cluster-options.ts';
import { startProcess } from '../../linux/process.ts';
import { createPolicyEngine } from '../../policy/create-policy-engine.ts';
import type { PolicyObject } from '../../policy/normalize-policies.ts';
import type { PolicyProtocol } from '../../policy/policy-protocol.ts';
import { readPolicyWorld } from '../../policy/read-policy-world.ts';
import { PolicyBench } from '../../testing/policy-bench.ts';
import { somePolicies } from '../../testing/random-policies.ts';

/** Pod → namespace, node, labels, and which port it calls http. */
const PODS: readonly (readonly [string, string, string, Record<string, string>, number])[] = [
  ['a', 'shop', 'node-a', { app: 'web', tier: 'front' }, 80],
  ['b', 'shop', 'node-b', { app: 'db', tier: 'back' }, 81],
  ['c', 'lab', 'node-a', { app: 'web' }, 8080],
  ['d', 'lab', 'node-b', { app: '', tier: 'front' }, 80],
  ['e', 'ops', 'node-a', {}, 80],
];

const NAMESPACES: Readonly<Record<string, Record<string, string>>> = {
  shop: { team: 'red' },
  lab: { team: 'blue' },
  ops: {},
};

function openBench(proxyMode: ProxyMode, cni: CniName): PolicyBench {
  const bench = new PolicyBench({ proxyMode, cni }, 'empty');
  for (const [name, labels] of Object.entries(NAMESPACES))
    bench.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { ...labels, 'kubernetes.io/metadata.name': name } },
    });
  for (const [name, namespace, nodeName, labels, port] of PODS) {
    const ports = [
      { name: 'http', containerPort: port },
      { name: 'dns', containerPort: 53, protocol: 'UDP' as const },
    ];
    const image = 'registry.k8s.io/pause:3.10';
    const pod: Pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { nodeName, containers: [{ name: 'main', image, ports }] },
    };
    bench.create(pod);
  }
  bench.settle();
  return bench;
}

const ASKED: readonly (readonly [PolicyProtocol, number])[] = [
  ['TCP', 80],
  ['TCP', 8080],
  ['UDP', 53],
  ['UDP', 81],
  ['SCTP', 81],
];

interface Probe {
  readonly from: string;
  readonly to: string;
  readonly family: 4 | 6;
  readonly protocol: PolicyProtocol;
  readonly port: number;
  readonly pid: number;
}

/** Nobody listens, so that whatever passes the policies is refused at once: an answer it is. */
function sendAll(bench: PolicyBench): Probe[] {
  const { network, environment } = bench.cluster;
  const places = [...PODS.map(([name]) => name), 'node-a', 'node-b'];
  const probes: Probe[] = [];
  for (const from of places)
    for (const to of places)
      for (const family of [4, 6] as const)
        for (const [protocol, port] of ASKED) {
          if (from.startsWith('node') && to.startsWith('node')) continue;
          const pid = startProcess(network, environment, {
            program: 'ask',
            args: [protocol.toLowerCase(), bench.addressOf(to, family), String(port)],
            namespace: bench.namespaceOf(from),
            hostname: from,
            files: {},
            environment: {},
          });
          probes.push({ from, to, family, protocol, port, pid });
        }
  bench.cluster.advance(SECOND);
  return probes;
}

/** What became of probes, of which the engine was sure. */
type Compared = Record<'admitted' | 'not-admitted', number>;

/** Where packets and the engine are not of one mind. What is undecidable may go either way. */
function disagreements(bench: PolicyBench, compared: Compared): string[] {
  const { network, store } = bench.cluster;
  const engine = createPolicyEngine(readPolicyWorld(store));
  const ended: number[] = [];
  const wrong = sendAll(bench).flatMap(({ from, to, family, protocol, port, pid }) => {
    const seen = network.processes[pid]?.exitCode === undefined ? 'not-admitted' : 'admitted';
    ended.push(pid);
    const { outcome } = engine.explain({
      source: engine.endOf(bench.addressOf(from, family)),
      destination: engine.endOf(bench.addressOf(to, family)),
      protocol,
      port,
    });
    if (outcome === 'undecidable') return [];
    compared[outcome]++;
    return outcome === seen
      ? []
      : [`${from} -> ${to} ${protocol}/${port} IPv${family}: ${seen}, the engine says ${outcome}`];
  });
  for (const pid of ended) bench.end(pid);
  return wrong;
}

const WHERE = [
  ['iptables', 'routed'],
  ['iptables', 'bgp'],
  ['nftables', 'routed'],
  ['nftables', 'bgp'],
] as const;

test.each(WHERE)(
  'in %s mode with %s packets go where the engine says they do',
  (mode, cni) => {
    const bench = openBench(mode, cni);
    const { store } = bench.cluster;
    const compared: Compared = { admitted: 0, 'not-admitted': 0 };
    fc.assert(
      fc.property(somePolicies, (policies: readonly PolicyObject[]) => {
        // The API refuses a few: named ports with peers that are no pods.
        const made = policies.filter((policy) => store.create(policy).ok);
        bench.settle();
        const wrong = disagreements(bench, compared);
        for (const { kind, metadata } of made)
          store.delete(kind, metadata.namespace, metadata.name);
        bench.settle();
        expect(wrong).toEqual([]);
      }),
      { numRuns: 8 },
    );
    expect(Math.min(...Object.values(compared))).toBeGreaterThan(100);
  },
  120_000,
);
