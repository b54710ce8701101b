import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cidrBounds, cidrContains, cidrsOf } from '../../base/cidr.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import {
  completeClusterOptions,
  type ClusterOptions,
  type NodeOptions,
} from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { runLine } from '../../shell/run.ts';
import { createShellSystem } from '../../shell/system.ts';
import { createTerminal } from '../../shell/terminal.ts';
import { MACHINE_NAMES, SITE_CIDR } from '../../site.ts';
import { findOptionProblems } from '../../validate-cluster-options.ts';
import { aPod, aService } from '../objects.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

const range4 = fc
  .tuple(
    fc.constantFrom(
      '10.244.0.0',
      '192.168.10.0',
      '10.96.0.0',
      '127.0.0.0',
      '203.0.113.0',
      '224.0.0.0',
      '169.254.0.0',
      '0.0.0.0',
      '240.1.2.3',
    ),
    fc.constantFrom(0, 8, 11, 12, 16, 20, 22, 24, 25, 28, 30, 32, 33),
  )
  .map(([address, prefix]) => `${address}/${prefix}`);
const range6 = fc
  .tuple(
    fc.constantFrom(
      'fd00:10:244::',
      'fd00:10:96::',
      'fd00:10::',
      'fe80::',
      '::',
      'ff00::',
      '2001:db8::5',
    ),
    fc.constantFrom(0, 40, 48, 56, 64, 108, 112, 120, 128),
  )
  .map(([address, prefix]) => `${address}/${prefix}`);
const ranges = fc.oneof(
  { weight: 6, arbitrary: range4 },
  { weight: 2, arbitrary: range6 },
  { weight: 3, arbitrary: fc.tuple(range4, range6).map((both) => both.join()) },
  { weight: 1, arbitrary: fc.tuple(range6, range4).map((both) => both.join(', ')) },
  { weight: 1, arbitrary: fc.constantFrom('', 'all', '10.0.0.0', '10.0.0.0/16,10.1.0.0/16') },
);

const address4 = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 0, max: 255 }).map((last) => `192.168.10.${last}`) },
  { weight: 1, arbitrary: fc.ipV4() },
);
const address6 = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.integer({ min: 0, max: 0xffff }).map((last) => `fd00:10::${last.toString(16)}`),
  },
  { weight: 1, arbitrary: fc.ipV6() },
);
const name = fc.oneof(
  { weight: 9, arbitrary: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9](\.[a-z0-9]{1,9})?$/) },
  { weight: 1, arbitrary: fc.constantFrom('', 'Node', ...MACHINE_NAMES) },
);
const nodeOf = (families: '4' | '6' | '46'): fc.Arbitrary<NodeOptions> => {
  if (families === '4') return fc.record({ name, address: address4 });
  if (families === '6') return fc.record({ name, address: address6 });
  return fc.record({ name, address: address4, address6 });
};
const nodes = fc
  .constantFrom<('4' | '6' | '46')[]>('4', '4', '46', '6')
  .chain((families) => fc.array(nodeOf(families), { maxLength: 3 }));

/** Anything at all: most of it is refused. */
const wildOptions = fc.record(
  { nodes, podCidr: ranges, serviceCidr: ranges },
  { requiredKeys: [] },
);

/** What an installer would take, overlaps and all: of the families that the nodes have. */
const goodPods4 = fc.constantFrom(
  '10.244.0.0/16',
  '10.96.0.0/16',
  '10.0.0.0/8',
  '192.168.0.0/16',
  '192.168.10.0/24',
  '127.0.0.0/16',
  '224.0.0.0/16',
  '203.0.113.0/24',
  '0.0.0.0/8',
  '169.254.0.0/16',
  '172.20.0.0/20',
  '10.1.0.0/24',
  '',
);
const goodServices4 = fc.constantFrom(
  '10.96.0.0/16',
  '10.96.0.0/12',
  '10.244.0.0/16',
  '192.168.10.0/24',
  '192.168.10.0/28',
  '127.0.0.0/12',
  '203.0.113.0/24',
  '255.255.255.0/24',
  '0.0.0.0/12',
  '10.1.0.0/28',
);
const goodPods6 = fc.constantFrom(
  'fd00:10:244::/56',
  'fd00:10::/48',
  'fd00:10::/64',
  'fe80::/64',
  '::/48',
  'ff02::/48',
  'fd00:10:96::/64',
);
const goodServices6 = fc.constantFrom(
  'fd00:10:96::/112',
  'fd00:10::/112',
  'fe80::/112',
  '::/108',
  'ff02::/120',
  'fd00:10:244::/116',
);
const joined = (one: fc.Arbitrary<string>, other: fc.Arbitrary<string>) =>
  fc.tuple(one, other).map((both) => both.filter((text) => text !== '').join(','));
const goodNodes = (families: '4' | '6' | '46') =>
  fc
    .uniqueArray(fc.integer({ min: 2, max: 254 }), { minLength: 1, maxLength: 3 })
    .chain((ends) => fc.tuple(fc.constant(ends), fc.boolean()))
    .map(([ends, isTwin]): NodeOptions[] =>
      ends.map((end, index) => {
        const last = isTwin ? (ends[0] ?? end) : end;
        const node = { name: `n${index}`, address: `192.168.10.${last}` };
        if (families === '4') return node;
        const own6 = `fd00:10::${last.toString(16)}`;
        return families === '6' ? { ...node, address: own6 } : { ...node, address6: own6 };
      }),
    );
const goodRanges = fc.oneof(
  fc.record({ nodes: goodNodes('4'), podCidr: goodPods4, serviceCidr: goodServices4 }),
  fc.record({ nodes: goodNodes('6'), podCidr: goodPods6, serviceCidr: goodServices6 }),
  fc.record({
    nodes: goodNodes('46'),
    podCidr: fc.oneof(
      joined(goodPods4, goodPods6),
      joined(goodPods6, goodPods4),
      goodPods4,
      goodPods6,
    ),
    serviceCidr: fc.oneof(
      joined(goodServices4, goodServices6),
      joined(goodServices6, goodServices4),
      goodServices4,
      goodServices6,
    ),
  }),
);

const otherOptions = fc.record(
  {
    cni: fc.constantFrom('routed', 'vxlan', 'bgp'),
    proxyMode: fc.constantFrom('iptables', 'nftables'),
    loadBalancer: fc.constantFrom('none', 'cloud', 'cloud-vip', 'layer2'),
    nodeDns: fc.constantFrom('none', 'cache'),
    outside: fc.constantFrom('internet', 'none'),
    podMtu: fc.oneof(fc.integer({ min: 68, max: 1500 }), fc.constantFrom(1500, 9000, 65_535, 0)),
    nodePortRange: fc.constantFrom([30_000, 32_767], [1, 65_535], [5, 5], [9, 3]),
    clusterDomain: fc.constantFrom('cluster.local', 'a', 'x.y.z', '-'),
    kubeProxy: fc.constantFrom(
      {},
      { masqueradeAll: true },
      { detectLocal: { mode: 'NodeCIDR' } },
      { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'veth' } },
      { nodePortAddresses: ['primary'] },
      { nodePortAddresses: ['fd00::/8'] },
      { syncDelayMs: 3_000 },
    ),
  },
  { requiredKeys: [] },
);

const someOptions = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: goodRanges }, { weight: 1, arbitrary: wildOptions }),
    otherOptions,
  )
  .map(([one, other]) => ({ ...one, ...other }));

const overlaps = (one: string, other: string) => {
  const first = (cidr: string) => cidrBounds(cidr)?.first ?? '';
  return cidrContains(one, first(other)) || cidrContains(other, first(one));
};

/** Nothing of the cluster is in the way of a packet between nodes: what must work then. */
function isClean({ podCidr, serviceCidr, nodes: all }: ClusterOptions): boolean {
  const [first] = all;
  const site = first?.address.includes(':') ? 'fd00:10::/64' : SITE_CIDR;
  const addresses = all.map(({ address }) => address);
  const taken = ['.1', '.5', '.10', '.100', '::1', '::10', '::100'];
  return (
    new Set(addresses).size === addresses.length &&
    !addresses.some((address) => taken.some((end) => address.endsWith(end))) &&
    ![...cidrsOf(podCidr), ...cidrsOf(serviceCidr)].some((cidr) => overlaps(cidr, site))
  );
}

function ping(cluster: Cluster, from: string, to: string): string {
  const terminal = createTerminal('default', {});
  terminal.places.push({ type: 'node', node: from });
  return runLine(`ping -c 1 -W 1 ${to}`, terminal, createShellSystem(cluster));
}

/** A cluster with a client and a server, as far as they find a place. */
function boot(options: ClusterOptions): Cluster {
  const cluster = startCluster(options, 'options', START);
  const containers = [{ name: 'main', image: 'nginx', ports: [{ containerPort: 80 }] }];
  cluster.store.create(aPod('client', { containers }));
  cluster.store.create(aPod('web', { containers }));
  cluster.store.create(aService('web', { type: 'LoadBalancer' }));
  cluster.settle();
  cluster.advance(10_000_000);
  return cluster;
}

test(
  'any options are refused in words, or give a cluster in which every request ends',
  { timeout: 300_000 },
  () => {
    const seen = { refused: 0, booted: 0, pinged: 0 };
    fc.assert(
      fc.property(someOptions, (named) => {
        const problems = findOptionProblems(named);
        if (problems.length > 0) {
          seen.refused += 1;
          for (const { message } of problems) expect(message.length).toBeGreaterThan(10);
          return;
        }
        const options = completeClusterOptions(named);
        const cluster = boot(options);
        seen.booted += 1;
        for (const from of ['workstation', 'default/client']) {
          const sent = sendRequest({ cluster }, from, 'http://web.default:80/');
          expect(sent.outcome.status ?? sent.outcome.failure).toBeDefined();
        }
        const [from, to] = options.nodes;
        if (!from) return;
        const heard = ping(cluster, from.name, (to ?? from).address);
        expect(heard).toMatch(/\d+ packets? transmitted/);
        if (isClean(options)) {
          seen.pinged += 1;
          expect(heard).toMatch(/ 0% packet loss/);
        }
      }),
      {
        numRuns: Number(process.env['OPTION_RUNS'] ?? 60),
        seed: Number(process.env['OPTION_SEED'] ?? 7),
      },
    );
    expect(seen.refused).toBeGreaterThan(10);
    expect(seen.booted).toBeGreaterThan(10);
    expect(seen.pinged).toBeGreaterThan(5);
  },
);
