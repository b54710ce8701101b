import { expect, test } from 'vitest';
import { WORKSTATION } from '../../bootstrap.ts';
import type { IpVersion } from '../../base/ip.ts';
import type { CniName, ProxyMode } from '../../cluster-options.ts';
import { targetInFamily } from '../../testing/bench-family.ts';
import {
  BALANCER,
  benchFor,
  EXTERNAL,
  GUARDED,
  lastTrace,
  NODES,
  PROXY_BALANCER,
  tryOnce,
  viaOf,
} from '../../testing/service-bench.ts';

interface Row {
  readonly name: string;
  readonly from: string;
  /** Address and port, `/udp`. */
  readonly to: string;
  /** Who answers, and as whom it sees the client: all that may be, in alphabetical order, or how it fails. */
  readonly expect: string | Readonly<Record<ProxyMode, string>>;
  /** What is expected instead where the CNI has no bridge. */
  readonly withoutBridge?: Row['expect'];
  /** What is expected instead of IPv6. */
  readonly six?: Row['expect'];
  /** Nodes that the packet passes; given where there is only one way. */
  readonly via?: string;
}

const WEB = ['web-a', 'web-b', 'web-c'];
const all = (as: string, pods = WEB) => pods.map((pod) => `${pod} as ${as}`).join(', ');
const [NODE_A, NODE_B] = NODES.map(({ address }) => address);

const ROWS: readonly Row[] = [
  { name: 'a pod asks a ClusterIP', from: 'client', to: '10.96.1.1:80', expect: all('itself') },
  { name: 'a named target port', from: 'client', to: '10.96.1.2:80', expect: all('itself') },
  { name: 'a node asks a ClusterIP', from: 'node-a', to: '10.96.1.1:80', expect: all('node-a') },
  {
    name: 'an outsider asks a ClusterIP',
    from: WORKSTATION,
    to: '10.96.1.1:80',
    expect: all('node-a'),
  },
  {
    name: 'a port that the ClusterIP does not have',
    from: 'client',
    to: '10.96.1.1:81',
    expect: { iptables: 'silence', nftables: 'refused' },
    // Of IPv6 the router has no default route, and says so; without masquerade it cannot tell a pod.
    six: { iptables: 'unreachable', nftables: 'refused' },
    withoutBridge: { iptables: 'silence', nftables: 'refused' },
  },
  {
    name: 'a ClusterIP that no Service has',
    from: 'client',
    to: '10.96.200.1:80',
    expect: 'silence',
    six: { iptables: 'unreachable', nftables: 'silence' },
    withoutBridge: 'silence',
  },
  { name: 'no endpoints', from: 'client', to: '10.96.1.7:80', expect: 'refused', via: 'node-a' },
  { name: 'no endpoints, from a node', from: 'node-b', to: '10.96.1.7:80', expect: 'refused' },
  { name: 'no endpoints, node port', from: WORKSTATION, to: `${NODE_A}:30082`, expect: 'refused' },
  {
    name: 'a node port from outside',
    from: WORKSTATION,
    to: `${NODE_A}:30080`,
    expect: all('node-a'),
  },
  { name: 'a node port from a pod', from: 'client', to: `${NODE_A}:30080`, expect: all('node-a') },
  {
    name: 'a node port of another node from a pod',
    from: 'client',
    to: `${NODE_B}:30080`,
    expect: all('node-b'),
  },
  {
    name: 'a node port from the node itself',
    from: 'node-a',
    to: `${NODE_A}:30080`,
    expect: all('node-a'),
  },
  {
    name: 'a node port on 127.0.0.1',
    from: 'node-a',
    to: '127.0.0.1:30080',
    expect: { iptables: all('node-a'), nftables: 'refused' },
    // There is no route_localnet in IPv6, and kube-proxy leaves ::1 alone.
    six: 'refused',
  },
  {
    name: 'a node port on the address of the bridge',
    from: 'client',
    to: '10.244.0.1:30080',
    expect: { iptables: all('node-a'), nftables: 'refused' },
    // No bridge: the address is one of the node's block that no pod has (`blackhole ... proto bird`).
    withoutBridge: 'silence',
  },
  {
    name: 'external policy Local, on the node with the endpoint',
    from: WORKSTATION,
    to: `${NODE_B}:30081`,
    expect: 'far-b as itself',
    via: 'workstation node-b',
  },
  {
    name: 'external policy Local, on a node without',
    from: WORKSTATION,
    to: `${NODE_A}:30081`,
    expect: 'silence',
    via: 'workstation node-a',
  },
  {
    name: 'external policy Local, from a pod of a node without',
    from: 'client',
    to: `${NODE_A}:30081`,
    expect: 'far-b as itself',
    via: 'node-a node-b',
  },
  {
    name: 'external policy Local, from a node without',
    from: 'node-a',
    to: `${NODE_A}:30081`,
    expect: 'far-b as node-a',
  },
  {
    name: 'internal policy Local',
    from: 'client',
    to: '10.96.1.5:80',
    expect: 'web-a as itself',
    via: 'node-a',
  },
  {
    name: 'internal policy Local, none here',
    from: 'client',
    to: '10.96.1.6:80',
    expect: 'silence',
    via: 'node-a',
  },
  { name: 'a balancer address', from: WORKSTATION, to: `${BALANCER}:80`, expect: all('node-a') },
  {
    name: 'a balancer address from a pod',
    from: 'client',
    to: `${BALANCER}:80`,
    expect: all('node-a'),
  },
  {
    name: 'a balancer in Proxy mode is not short-circuited',
    from: 'client',
    to: `${PROXY_BALANCER}:80`,
    expect: 'silence',
    six: 'unreachable',
    withoutBridge: 'silence',
  },
  {
    name: 'a source that is not in the ranges',
    from: WORKSTATION,
    to: `${GUARDED}:80`,
    expect: 'silence',
    via: 'workstation node-a',
  },
  {
    name: 'a source that is in the ranges',
    from: 'node-b',
    to: `${GUARDED}:80`,
    expect: all('node-b'),
  },
  { name: 'an external IP', from: WORKSTATION, to: `${EXTERNAL}:80`, expect: all('node-a') },
  {
    name: 'a pod that asks itself',
    from: 'client',
    to: '10.96.1.13:80',
    expect: 'client as node-a',
    via: 'node-a',
  },
  { name: 'UDP', from: 'client', to: '10.96.1.14:53/udp', expect: all('itself') },
  {
    name: 'the wrong protocol',
    from: 'client',
    to: '10.96.1.14:53',
    expect: { iptables: 'silence', nftables: 'refused' },
    six: { iptables: 'unreachable', nftables: 'refused' },
    withoutBridge: { iptables: 'silence', nftables: 'refused' },
  },
  {
    name: 'PreferSameNode',
    from: 'client',
    to: '10.96.1.15:80',
    expect: 'web-a as itself',
    via: 'node-a',
  },
  {
    name: 'PreferSameZone',
    from: 'client',
    to: '10.96.1.16:80',
    expect: all('itself', ['web-a', 'web-b']),
  },
  {
    name: 'PreferSameZone from the other zone',
    from: 'node-c',
    to: '10.96.1.16:80',
    expect: 'web-c as node-c',
  },
  {
    name: 'endpoints that end but serve, as none is ready',
    from: 'client',
    to: '10.96.1.17:80',
    expect: all('itself', ['web-a', 'web-b']),
  },
];

const COMBINATIONS = (['iptables', 'nftables'] as const).flatMap((mode) =>
  (['routed', 'vxlan', 'bgp'] as const).flatMap((cni) =>
    ([4, 6] as const).flatMap((family) =>
      ROWS.map((row) => [mode, cni, family, row.name, row] as const),
    ),
  ),
);

/** Rows are written for IPv4 over a bridge; what is otherwise elsewhere, they say. */
function wantedOf(row: Row, mode: ProxyMode, cni: CniName, family: IpVersion): string {
  const special = cni === 'bgp' ? row.withoutBridge : undefined;
  const answers = special ?? (family === 6 ? row.six : undefined) ?? row.expect;
  return typeof answers === 'string' ? answers : answers[mode];
}

/** So many tries nobody else may answer in; and so many until everybody has who should. */
const [FEWEST, MOST] = [6, 80];
/** What comes out alike each time. */
const FAILURES = ['silence', 'refused', 'unreachable'];

test.each(COMBINATIONS)('%s %s IPv%i: %s', (mode, cni, family, _name, row) => {
  const bench = benchFor(mode, cni, family);
  const wanted = wantedOf(row, mode, cni, family);
  const asked = { from: row.from, to: targetInFamily(row.to, family) };
  const seen = new Set<string>();
  const answers = () => [...seen].sort().join(', ');
  const fewest = FAILURES.includes(wanted) ? 1 : FEWEST;
  for (let tries = 0; tries < fewest || (answers() !== wanted && tries < MOST); tries++) {
    const answer = tryOnce(bench, asked);
    seen.add(answer);
    expect(wanted.split(', '), lastTrace(bench)).toContain(answer);
  }
  expect(answers(), lastTrace(bench)).toBe(wanted);
  if (row.via !== undefined) expect(viaOf(bench), lastTrace(bench)).toBe(row.via);
});
