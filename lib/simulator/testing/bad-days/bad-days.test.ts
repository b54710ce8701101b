import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { runLine } from '../../shell/run.ts';
import { createShellSystem } from '../../shell/system.ts';
import { createTerminal } from '../../shell/terminal.ts';
import { aPod, aService } from '../objects.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

/** A client and a web server, on different nodes where there are two, and a NodePort Service. */
function aCluster(options: Partial<ClusterOptions> = {}): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, ...options }, 'bad days', START);
  for (const [index, name] of ['client', 'web'].entries()) {
    const nodeName = cluster.options.nodes[index]?.name;
    const ports = [{ containerPort: 80 }];
    const containers = [{ name: 'main', image: 'nginx', ports }];
    cluster.store.create(aPod(name, { containers, ...(nodeName ? { nodeName } : {}) }));
  }
  cluster.store.create(aService('web', { type: 'NodePort' }));
  cluster.settle();
  cluster.advance(30 * SECOND);
  return cluster;
}

/** Lines at the prompt of a node, and what the last one prints. */
function onNode(cluster: Cluster, node: string, ...lines: string[]): string {
  const terminal = createTerminal('default', {});
  terminal.places.push({ type: 'node', node });
  const shell = createShellSystem(cluster);
  return lines.map((line) => runLine(line, terminal, shell)).at(-1) ?? '';
}

const podAddress = (cluster: Cluster, name: string) =>
  cluster.store.get<Pod>('Pod', 'default', name)?.status?.podIP ?? '';

const eventsOf = (cluster: Cluster) =>
  cluster.store
    .list<Event>('Event')
    .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`)
    .join('\n');

/** How a request ends: for the client, and for its packets. */
function endOf(cluster: Cluster, from: string, to: string): string {
  const sent = sendRequest({ cluster }, from, to);
  const trace = cluster.trace(sent.trace);
  const reasons = trace?.steps.flatMap((step) => (step.kind === 'dropped' ? [step.reason] : []));
  const end = sent.outcome.status ?? sent.outcome.failure ?? 'none';
  return [end, trace?.disposition, ...new Set(reasons)].join(' ');
}

test.each([
  [
    'an address that nobody has',
    'client',
    '192.168.10.250',
    'unreachable unreachable neighbour-failed',
  ],
  ['a range that nobody routes', 'client', '198.51.100.9', 'unreachable unreachable no-route'],
  ['class E', 'client', '240.0.0.1', 'unreachable unreachable no-route'],
  ['oneself, where nobody listens', 'client', '127.0.0.1:81', 'refused refused'],
  ['a port that nobody listens on', 'client', 'POD:81', 'refused refused'],
  ['a name that does not exist', 'client', 'nowhere.invalid', 'unresolved unresolved'],
])('a packet for nowhere: %s', (_name, from, to, wanted) => {
  const cluster = aCluster();
  const address = to.replace('POD', podAddress(cluster, 'web'));
  expect(endOf(cluster, `default/${from}`, address)).toBe(wanted);
});

test('a circle of routes between two nodes ends by the TTL', () => {
  const more = { name: 'node-c', address: '192.168.10.13' };
  const cluster = aCluster({ nodes: [...DEFAULT_CLUSTER.nodes, more] });
  onNode(cluster, 'node-a', 'ip route add 10.50.0.0/16 via 192.168.10.12');
  onNode(cluster, 'node-b', 'ip route add 10.50.0.0/16 via 192.168.10.13');
  onNode(cluster, 'node-c', 'ip route add 10.50.0.0/16 via 192.168.10.12');
  expect(endOf(cluster, 'default/client', '10.50.0.1')).toBe(
    'unreachable unreachable ttl-exceeded',
  );
});

test('a circle back to the node that masqueraded ends there as a martian', () => {
  const cluster = aCluster();
  onNode(cluster, 'node-a', 'ip route add 10.50.0.0/16 via 192.168.10.12');
  onNode(cluster, 'node-b', 'ip route add 10.50.0.0/16 via 192.168.10.11');
  expect(endOf(cluster, 'default/client', '10.50.0.1')).toBe('timeout dropped martian-source');
});

test('a node whose cable is pulled: its pods are silent to others, and nothing hangs', () => {
  const cluster = aCluster();
  expect(onNode(cluster, 'node-b', 'ip link set eth0 down')).toBe('');
  const end = endOf(cluster, 'default/client', podAddress(cluster, 'web'));
  expect(end).toMatch(/^(timeout dropped|unreachable unreachable)/);
});

test('a conntrack table that is full of answered connections drops what is new', () => {
  const cluster = aCluster();
  const pod = podAddress(cluster, 'web');
  expect(endOf(cluster, 'default/client', pod)).toBe('200 delivered');
  onNode(cluster, 'node-a', 'sysctl -w net.netfilter.nf_conntrack_max=1');
  expect(endOf(cluster, 'default/client', pod)).toBe('timeout dropped netfilter-drop');
});

test.each<[string, Partial<ClusterOptions>]>([
  [
    'pods and Services share a range',
    { serviceCidr: '10.244.0.0/16', dnsServiceIp: '10.244.0.10' },
  ],
  [
    'pods lie within the range of Services',
    { serviceCidr: '10.0.0.0/8', dnsServiceIp: '10.0.0.10' },
  ],
  ['pods and nodes share a range', { podCidr: '192.168.10.0/24' }],
  ['pods have a range around the nodes', { podCidr: '192.168.0.0/16' }],
  [
    'Services and nodes share a range',
    { serviceCidr: '192.168.10.0/24', dnsServiceIp: '192.168.10.53' },
  ],
  ['pods have the range of the internet', { podCidr: '203.0.113.0/24' }],
  ['pods have 127.0.0.0/16', { podCidr: '127.0.0.0/16' }],
  ['no range for pods', { podCidr: '' }],
  [
    'two nodes have one address',
    { nodes: DEFAULT_CLUSTER.nodes.map((node) => ({ ...node, address: '192.168.10.11' })) },
  ],
  [
    'a node has the address of the router',
    {
      nodes: DEFAULT_CLUSTER.nodes.map((node, i) => ({ ...node, address: `192.168.10.${i + 1}` })),
    },
  ],
  [
    'names of 63 letters that begin alike',
    { nodes: DEFAULT_CLUSTER.nodes.map((node, i) => ({ ...node, name: `${'n'.repeat(62)}${i}` })) },
  ],
])('%s: every request ends', (_name, options) => {
  for (const cni of ['routed', 'vxlan', 'bgp'] as const) {
    const cluster = aCluster({ ...options, cni });
    const service = cluster.store.get<Service>('Service', 'default', 'web');
    const pod = podAddress(cluster, 'web');
    const targets = [...(pod ? [`${pod}:80`] : []), `${service?.spec.clusterIP ?? ''}:80`];
    for (const from of ['default/client', 'workstation']) {
      if (from !== 'workstation' && podAddress(cluster, 'client') === '') continue;
      for (const to of targets) {
        expect(endOf(cluster, from, to), `${cni} ${from} ${to}`).toMatch(
          /^(200 delivered|refused refused|timeout (dropped|refused|answer-lost|delivered)|unreachable unreachable)/,
        );
      }
    }
  }
});

test('a cluster without nodes: pods wait, and its Services are nowhere', () => {
  const cluster = aCluster({ nodes: [] });
  expect(cluster.store.get<Pod>('Pod', 'default', 'web')?.status?.phase ?? 'Pending').toBe(
    'Pending',
  );
  const address = cluster.store.get<Service>('Service', 'default', 'web')?.spec.clusterIP ?? '';
  expect(endOf(cluster, 'workstation', address)).toBe('unreachable unreachable no-route');
  expect(endOf(cluster, 'default/client', address)).toMatch(/^unreachable/);
});

test(
  'pod addresses run out: the kubelet says so in the words of host-local',
  { timeout: 30_000 },
  () => {
    const cluster = aCluster();
    for (let i = 0; i < 256; i++) {
      const containers = [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }];
      cluster.store.create(aPod(`p${i}`, { nodeName: 'node-a', containers }));
    }
    cluster.settle();
    expect(eventsOf(cluster)).toMatch(
      /FailedCreatePodSandBox: .*no IP addresses available in range set: 10\.244\.0\.1-10\.244\.0\.254/,
    );
  },
);

test('Service addresses and node ports run out: the API server says so', () => {
  const cluster = aCluster({
    serviceCidr: '10.96.0.0/28',
    dnsServiceIp: '10.96.0.10',
    nodePortRange: [30_000, 30_002],
  });
  const messages = Array.from({ length: 20 }, (_, i) => {
    const type = i < 4 ? 'NodePort' : 'ClusterIP';
    const made = cluster.store.create(aService(`s${i}`, { type }));
    return made.ok ? '' : (made.status.message ?? '');
  }).join('\n');
  expect(messages).toContain('failed to allocate a nodePort: range is full');
  expect(messages).toContain('failed to allocate a serviceIP: range is full');
});

test.each([
  [
    'iptables-restore',
    'iptables-restore <<EOF\n*filter\n-A INPUT -j FOO\nCOMMIT\nEOF',
    /^iptables-restore v[\d.]+ \(nf_tables\): Chain 'FOO' does not exist/,
  ],
  [
    'nft -f',
    `echo 'add rule ip nowhere c accept' | nft -f -`,
    /^\/dev\/stdin:1:\d+-\d+: Error: No such file or directory/,
  ],
  ['nft, no syntax', `nft add rule ip t c ip daddr`, /Error: syntax error, unexpected newline/],
  [
    'iptables',
    'iptables -A INPUT -s 10.0.0.300 -j ACCEPT',
    /host\/network `10\.0\.0\.300' not found/,
  ],
  ['ip route', 'ip route add 10.0.0.0/33 via 1.1.1.1', /^Error: /],
  ['ip addr', 'ip addr add 1.2.3 dev nowhere0', /\S/],
])('%s refuses what it cannot read, in its own words', (_tool, line, words) => {
  expect(onNode(aCluster(), 'node-a', line)).toMatch(words);
});
