import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTimestamp } from './base/clock.ts';
import { startCluster } from './bootstrap.ts';
import {
  completeClusterOptions,
  DEFAULT_CLUSTER,
  DUAL_STACK_CLUSTER,
  type ClusterOptions,
} from './cluster-options.ts';
import { formatOptionProblem } from './option-problem.ts';
import { MACHINE_NAMES } from './site.ts';
import { findOptionProblems, validateClusterOptions } from './validate-cluster-options.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const [A, B] = DEFAULT_CLUSTER.nodes;
const V6 = DUAL_STACK_CLUSTER.nodes;

const said = (options: unknown) => findOptionProblems(options).map(formatOptionProblem).join('\n');

test.each<[string, ClusterOptions]>([
  ['the usual one', DEFAULT_CLUSTER],
  ['both families', DUAL_STACK_CLUSTER],
])('nothing is wrong with a cluster: %s', (_name, options) => {
  expect(validateClusterOptions(options)).toEqual([]);
});

test.each<[string, Partial<ClusterOptions>]>([
  ['pods within the Services', { podCidr: '10.96.0.0/16' }],
  ['pods around the nodes', { podCidr: '192.168.0.0/16' }],
  ['fewer parts than nodes', { podCidr: '10.244.0.0/24' }],
  ['no pod range', { podCidr: '' }],
  ['host bits in ranges', { podCidr: '10.244.3.7/16', serviceCidr: '10.96.0.1/16' }],
  ['the smallest Service range', { serviceCidr: '10.96.0.0/28' }],
  ['the largest Service range', { serviceCidr: '10.96.0.0/12' }],
  ['two nodes with one address', { nodes: [A!, { ...B!, address: A!.address }] }],
  ['the router has that address', { nodes: [{ name: 'n', address: '192.168.10.1' }] }],
  ['no nodes', { nodes: [] }],
  ['policies that nobody heeds', { networkPolicies: 'ignored' }],
  ['another Service range, and the DNS goes with it', { serviceCidr: '172.30.0.0/16' }],
])('what nobody refuses is not refused: %s', (_name, options) => {
  expect(said(options)).toBe('');
});

test.each<[string, unknown, RegExp]>([
  ['no record', [], /^This must be a record\.$/],
  ['an unknown option', { podCIDR: 'x' }, /^podCIDR: There is no such option\.$/],
  ['another type', { podMtu: '1500' }, /^podMtu: This must be a whole number\.$/],
  ['a mode that is not built', { proxyMode: 'ipvs' }, /^proxyMode: .* iptables or nftables\.$/],
  ['a node without address', { nodes: [{ name: 'a' }] }, /^nodes\[0\]\.address: This is needed\.$/],
  ['no range', { podCidr: 'all' }, /^podCidr: "all" is no range.* couldn't parse subnet$/],
  ['an address for a range', { podCidr: '10.0.0.1' }, /couldn't parse subnet$/],
  ['a long prefix', { serviceCidr: '10.96.0.0/33' }, /^serviceCidr: .*couldn't parse subnet/],
  ['two of one family', { podCidr: '10.1.0.0/16,10.2.0.0/16' }, /kubeadm: expected one \(IPv4/],
  ['less than a node', { podCidr: '10.1.0.0/25' }, /pod subnet with mask 25 is smaller/],
  ['ten addresses are few', { podCidr: '10.1.0.0/29' }, /subnet with 8 address\(es\) is too small/],
  ['too many nodes', { podCidr: 'fd00::/40' }, /pod subnet mask \(40\) and node-mask \(64\)/],
  ['a huge Service range', { serviceCidr: '10.0.0.0/11' }, /for 32-bit addresses.* >= 12/],
  ['a huge one of IPv6', { serviceCidr: '10.96.0.0/16,fd00::/64' }, /for 128-bit .* >= 108/],
  ['a tiny Service range', { serviceCidr: '10.96.0.0/29' }, /8 address\(es\) is too small/],
  ['IPv6 Services alone', { serviceCidr: 'fd00:1::/112' }, /must match public address family/],
  ['the DNS elsewhere', { dnsServiceIp: '10.97.0.10' }, /^dnsServiceIp: .*not in the valid range/],
  ['the DNS as the first', { dnsServiceIp: '10.96.0.1' }, /provided IP is already allocated/],
  ['the DNS as the network', { dnsServiceIp: '10.96.0.0' }, /not in the valid range/],
  ['the DNS is a name', { dnsServiceIp: 'dns' }, /"dns" is no address/],
  ['twins', { nodes: [A, { ...B, name: 'node-a' }] }, /^nodes\[1\]\.name: .*already exists in the/],
  ['capitals', { nodes: [{ ...A, name: 'Node' }] }, /^nodes\[0\]\.name: .*RFC 1123 subdomain/],
  ['a long name', { nodes: [{ ...A, name: 'n'.repeat(64) }] }, /no more than 63 bytes/],
  ['the router', { nodes: [{ ...A, name: 'router' }] }, /Another machine .* called router already/],
  ['off the segment', { nodes: [{ ...A, address: '10.0.0.1' }] }, /no host's address there/],
  ['its last address', { nodes: [{ ...A, address: '192.168.10.255' }] }, /no host's address there/],
  ['no address', { nodes: [{ ...A, address: '192.168.10.300' }] }, /kubelet: invalid --node-ip/],
  ['link-local', { nodes: [{ ...A, address6: 'fe80::1' }] }, /can't be a link-local unicast/],
  ['two of one family', { nodes: [{ ...A, address6: '192.168.10.9' }] }, /dual-stack pair of IPs/],
  ['another /64', { nodes: [V6[0], { ...V6[1], address6: 'fd00:11::1' }] }, /not in the \/64 of/],
  ['families differ', { nodes: [A, V6[1]] }, /^nodes\[1\]: node-b has addresses of other families/],
  [
    'a label',
    { nodes: [{ ...A, labels: { 'a b': '' } }] },
    /^nodes\[0\]\.labels: kube-apiserver: /,
  ],
  ['ports backwards', { nodePortRange: [3, 2] }, /end port cannot be less than start port: 3-2/],
  ['port 70000', { nodePortRange: [1, 70_000] }, /cannot be greater than 65535/],
  ['no domain', { clusterDomain: 'cluster_local' }, /^clusterDomain: .* RFC 1123 subdomain/],
  ['MTU 0', { podMtu: 0 }, /mtu less than device minimum/],
  ['MTU 70000', { podMtu: 70_000 }, /mtu greater than device maximum/],
  ['MTU of IPv6', { ...DUAL_STACK_CLUSTER, podMtu: 1279 }, /needs an MTU of 1280 \(RFC 8200\)/],
  ['node ports', { kubeProxy: { nodePortAddresses: ['10.0.0.1'] } }, /must be a valid CIDR/],
  [
    'primary and others',
    { kubeProxy: { nodePortAddresses: ['10.0.0.0/8', 'primary'] } },
    /can't use both 'primary' and CIDRs/,
  ],
  [
    'a bridge without name',
    { kubeProxy: { detectLocal: { mode: 'BridgeInterface', bridge: '' } } },
    /kube-proxy: must not be empty/,
  ],
  ['a negative delay', { kubeProxy: { syncDelayMs: -1 } }, /must be greater than or equal to 0/],
])('%s is refused in plain words', (_name, options, words) => {
  expect(said(options)).toMatch(words);
});

test('options are spelt as the components print them, and the DNS is the tenth Service address', () => {
  const nodes = [{ name: 'a', address: '192.168.10.11', address6: 'FD00:10:0::00AB' }];
  expect(
    completeClusterOptions({
      nodes,
      podCidr: '10.10.3.7/16, FD00:1::1/56',
      serviceCidr: '172.30.0.0/16',
    }),
  ).toMatchObject({
    nodes: [{ address6: 'fd00:10::ab' }],
    podCidr: '10.10.0.0/16,fd00:1::/56',
    dnsServiceIp: '172.30.0.10',
  });
});

test.each(['cloud', 'layer2'] as const)(
  'the names of all machines beside the nodes are taken: %s',
  (loadBalancer) => {
    const cluster = startCluster({ ...DEFAULT_CLUSTER, loadBalancer }, 'names', START);
    const others = Object.keys(cluster.network.machines).filter(
      (name) => !cluster.options.nodes.some((node) => node.name === name),
    );
    expect(others.filter((name) => !MACHINE_NAMES.includes(name))).toEqual([]);
  },
);

test('whatever the options are, the answer is a list of sentences', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.record({ podCidr: fc.anything(), nodes: fc.anything() }),
  );
  fc.assert(
    fc.property(anything, (options) => {
      for (const { message } of findOptionProblems(options))
        expect(message).toMatch(/^[A-Z"\d:k].+/);
    }),
    { numRuns: 500 },
  );
});
