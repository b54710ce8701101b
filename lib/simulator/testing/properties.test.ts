import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import { cidrContains } from '../base/cidr.ts';
import { parseTimestamp, SECOND } from '../base/clock.ts';
import { startCluster } from '../bootstrap.ts';
import { DEFAULT_CLUSTER, DUAL_STACK_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import type { Cluster } from '../cluster.ts';
import { applyNftCommands } from '../linux/netfilter/nft/apply-commands.ts';
import { parseNftScript } from '../linux/netfilter/nft/parse/parse-script.ts';
import { listNftRuleset } from '../linux/netfilter/nft/print/list-ruleset.ts';
import { createNftRuleset } from '../linux/netfilter/nft/ruleset.ts';
import { restoreIptables } from '../linux/netfilter/parse/parse-iptables.ts';
import { printIptablesSave } from '../linux/netfilter/print/iptables-save.ts';
import { createRuleset } from '../linux/netfilter/ruleset.ts';
import { sendRequest } from '../scenario/send-request.ts';
import { fingerprint, restore, save } from '../snapshot.ts';
import { printTrace } from '../trace/print-trace.ts';
import { aPod, aService } from './objects.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

/** A small cluster: every CNI and proxy mode, some pods, and a Service of a random sort. */
const aSmallCluster = fc.record({
  seed: fc.string({ maxLength: 4 }),
  cni: fc.constantFrom<ClusterOptions['cni'][]>('routed', 'vxlan', 'bgp'),
  proxyMode: fc.constantFrom<ClusterOptions['proxyMode'][]>('iptables', 'nftables'),
  masqueradeAll: fc.boolean(),
  servers: fc.array(fc.constantFrom('node-a', 'node-b'), { minLength: 1, maxLength: 3 }),
  affinity: fc.constantFrom<('None' | 'ClientIP')[]>('None', 'ClientIP'),
  port: fc.integer({ min: 1, max: 65_535 }),
});

type SmallCluster = typeof aSmallCluster extends fc.Arbitrary<infer T> ? T : never;

function build(draft: SmallCluster): Cluster {
  const { cni, proxyMode, masqueradeAll } = draft;
  const options = { ...DEFAULT_CLUSTER, cni, proxyMode, kubeProxy: { masqueradeAll } };
  const cluster = startCluster(options, draft.seed, START);
  const containers = [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80 }] }];
  cluster.store.create(aPod('client', { nodeName: 'node-a', containers }));
  draft.servers.forEach((nodeName, index) => {
    cluster.store.create(aPod(`web-${index}`, { nodeName, containers }, { app: 'web' }));
  });
  const ports = [{ port: draft.port, targetPort: 80 }];
  cluster.store.create(
    aService('web', { type: 'NodePort', ports, sessionAffinity: draft.affinity }),
  );
  cluster.settle();
  cluster.advance(20 * SECOND);
  return cluster;
}

/** Where the Service and its pods answer. */
function addressesOf(cluster: Cluster): string[] {
  const { spec } = cluster.store.get<Service>('Service', 'default', 'web') ?? aService('none');
  const [port] = spec.ports ?? [];
  const pods = cluster.store.list<Pod>('Pod', { namespace: 'default' });
  return [
    `${spec.clusterIP ?? ''}:${port?.port ?? 0}`,
    ...cluster.options.nodes.map(({ address }) => `${address}:${port?.nodePort ?? 0}`),
    ...pods.map(({ status }) => `${status?.podIP ?? ''}:80`),
  ];
}

test('whoever reaches a server hears its answer: every CNI, mode, client and way to a Service', () => {
  fc.assert(
    fc.property(
      aSmallCluster,
      fc.constantFrom('default/client', 'default/web-0', 'node-a', 'node-b'),
      (draft, from) => {
        const cluster = build(draft);
        for (const to of addressesOf(cluster)) {
          const sent = sendRequest({ cluster }, from, to);
          const steps = cluster.trace(sent.trace)?.steps ?? [];
          expect(sent.outcome, `${from} ${to}\n${printTrace(steps)}`).toEqual({ status: 200 });
        }
      },
    ),
    { numRuns: 16 },
  );
}, 60_000);

test('a cluster that was saved and restored has the same fingerprint, and the same future', () => {
  fc.assert(
    fc.property(aSmallCluster, fc.nat(5_000_000), (draft, later) => {
      const cluster = build(draft);
      const [to = ''] = addressesOf(cluster);
      cluster.advance(later);
      const copy = restore(save(cluster));
      expect(fingerprint(copy.state)).toBe(fingerprint(cluster.state));
      const ends = [cluster, copy].map((one) => {
        const { trace: _trace, ...sent } = sendRequest({ cluster: one }, 'default/client', to);
        one.advance(SECOND);
        return { sent, state: fingerprint(one.state) };
      });
      expect(ends[1]).toEqual(ends[0]);
    }),
    { numRuns: 8 },
  );
}, 60_000);

test('the rules of every node, as iptables-save, ip6tables-save and nft list them, are read back the same', () => {
  const sorts = fc.record({
    proxyMode: fc.constantFrom<ClusterOptions['proxyMode'][]>('iptables', 'nftables'),
    affinity: fc.constantFrom<('None' | 'ClientIP')[]>('None', 'ClientIP'),
    policy: fc.constantFrom<('Cluster' | 'Local')[]>('Cluster', 'Local'),
    protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
    port: fc.integer({ min: 1, max: 65_535 }),
  });
  fc.assert(
    fc.property(sorts, ({ proxyMode, affinity, policy, protocol, port }) => {
      const cluster = startCluster({ ...DUAL_STACK_CLUSTER, proxyMode }, 'rules', START);
      cluster.store.create(aPod('web', { nodeName: 'node-b' }));
      cluster.store.create(
        aService('web', {
          type: 'NodePort',
          ipFamilyPolicy: 'RequireDualStack',
          sessionAffinity: affinity,
          externalTrafficPolicy: policy,
          ports: [{ port, protocol }],
        }),
      );
      cluster.settle();
      cluster.advance(20 * SECOND);
      for (const { name } of cluster.options.nodes) {
        const namespace = cluster.network.namespaces[name];
        if (!namespace) continue;
        for (const [family, ruleset] of [
          [4, namespace.ruleset],
          [6, namespace.ruleset6],
        ] as const) {
          const text = printIptablesSave(ruleset, { family });
          if (proxyMode === 'iptables') expect(text).toContain('-A KUBE-NODEPORTS');
          const again = restoreIptables(createRuleset(), text, { family });
          if (!again.ok) expect.fail(`${again.text}\n${text}`);
          expect(printIptablesSave(again.ruleset, { family })).toBe(text);
        }
        const listing = listNftRuleset(namespace.nftables, { now: cluster.now });
        if (proxyMode === 'nftables') expect(listing).toContain('map service-ips');
        const parsed = parseNftScript(listing);
        if (!parsed.ok) expect.fail(`${JSON.stringify(parsed.problem)}\n${listing}`);
        const copy = createNftRuleset();
        expect(applyNftCommands(copy, parsed.commands, cluster.now)).toBeUndefined();
        expect(listNftRuleset(copy, { now: cluster.now })).toBe(listing);
      }
    }),
    { numRuns: 8 },
  );
}, 60_000);

const aRequest = fc.record({
  name: fc.nat(12),
  verb: fc.constantFrom('create', 'delete'),
  type: fc.constantFrom('ClusterIP', 'NodePort'),
  /** Asked for by hand, now and then. */
  last: fc.option(fc.integer({ min: 1, max: 14 }), { nil: undefined, freq: 3 }),
  nodePort: fc.option(fc.integer({ min: 30_000, max: 30_005 }), { nil: undefined, freq: 3 }),
  protocol: fc.constantFrom('TCP', 'UDP'),
});

test('no Service address and no node port is ever given out twice', () => {
  const options = {
    ...DEFAULT_CLUSTER,
    nodes: [],
    serviceCidr: '10.96.0.0/28',
    nodePortRange: [30_000, 30_005] as const,
  };
  const empty = save(startCluster(options, 'allocation', START));
  fc.assert(
    fc.property(fc.array(aRequest, { maxLength: 40 }), (requests) => {
      const { store } = restore(empty);
      for (const { name, verb, type, last, nodePort, protocol } of requests) {
        if (verb === 'delete') store.delete('Service', 'default', `s${name}`);
        else {
          const port = { port: 80, protocol, ...(nodePort && type === 'NodePort' && { nodePort }) };
          const wanted = last === undefined ? {} : { clusterIP: `10.96.0.${last}` };
          store.create(aService(`s${name}`, { type, ports: [port], ...wanted }));
        }
        const services = store.list<Service>('Service');
        const addresses = services.flatMap(({ spec }) => spec.clusterIPs ?? []);
        const ports = services.flatMap(({ spec }) =>
          (spec.ports ?? []).flatMap((one) =>
            one.nodePort === undefined ? [] : [`${one.protocol ?? 'TCP'}/${one.nodePort}`],
          ),
        );
        expect(new Set(addresses).size).toBe(addresses.length);
        expect(new Set(ports).size).toBe(ports.length);
        expect(addresses.every((address) => cidrContains(options.serviceCidr, address))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
