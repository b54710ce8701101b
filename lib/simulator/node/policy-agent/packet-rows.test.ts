import { expect, test } from 'vitest';
import type { KubeObject } from '../../api/meta/object.ts';
import type { NetworkPolicy } from '../../api/networking/network-policy.ts';
import type { AdminNetworkPolicy } from '../../api/policy-networking/admin-network-policy.ts';
import type { BaselineAdminNetworkPolicy } from '../../api/policy-networking/baseline-admin-network-policy.ts';
import type { ClusterNetworkPolicy } from '../../api/policy-networking/cluster-network-policy.ts';
import type { IpVersion } from '../../base/ip.ts';
import type { CniName, ProxyMode } from '../../cluster-options.ts';
import { PolicyBench } from '../../testing/policy-bench.ts';

type NetworkPolicySpec = NetworkPolicy['spec'];

const networkPolicy = (name: string, spec: NetworkPolicySpec): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});

const adminPolicy = (name: string, spec: AdminNetworkPolicy['spec']): AdminNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name },
  spec,
});

const baseline = (spec: BaselineAdminNetworkPolicy['spec']): BaselineAdminNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'BaselineAdminNetworkPolicy',
  metadata: { name: 'default' },
  spec,
});

const clusterPolicy = (name: string, spec: ClusterNetworkPolicy['spec']): ClusterNetworkPolicy => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name },
  spec,
});

const app = (name: string) => ({ matchLabels: { app: name } });
const team = (name: string) => ({ matchLabels: { team: name } });

type Row = readonly [from: string, to: string, expect: 'answered' | 'silence'];

interface Rows {
  readonly name: string;
  readonly policies: readonly KubeObject[];
  readonly rows: readonly Row[];
}

const WEB_FROM_CLIENT = networkPolicy('web-from-client', {
  podSelector: app('web'),
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: app('client') }], ports: [{ protocol: 'TCP', port: 8080 }] }],
});

const TABLE: readonly Rows[] = [
  {
    name: 'no policy',
    policies: [],
    rows: [
      ['visitor', 'near:8080', 'answered'],
      ['visitor', 'far:8082/sctp', 'answered'],
      ['client', 'far/icmp', 'answered'],
      ['workstation', 'node-a:30080', 'answered'],
    ],
  },
  {
    name: 'ingress of one app from another on one port',
    policies: [WEB_FROM_CLIENT],
    rows: [
      ['client', 'near:8080', 'answered'],
      ['client', 'far:8080', 'answered'],
      ['client', 'web:80', 'answered'],
      ['client', 'far:8081/udp', 'silence'],
      ['client', 'far:8082/sctp', 'silence'],
      ['client', 'near/icmp', 'silence'],
      ['client', 'far/icmp', 'silence'],
      ['visitor', 'far:8080', 'silence'],
      ['visitor', 'near:8080', 'silence'],
      ['visitor', 'web:80', 'silence'],
      ['near', 'far:8080', 'silence'],
      ['far', 'near:8080', 'silence'],
      ['near', 'near:8080', 'answered'],
      // The answers of a connection that the isolated pod itself begins.
      ['near', 'client:8080', 'answered'],
      ['far', 'visitor:8080', 'answered'],
      ['far', 'client/icmp', 'answered'],
      ['node-a', 'near:8080', 'answered'],
      ['node-b', 'far:8080', 'answered'],
      ['node-a', 'far:8080', 'silence'],
      ['node-b', 'near:8080', 'silence'],
      ['workstation', 'node-a:30080', 'silence'],
      ['workstation', 'node-b:30090', 'silence'],
    ],
  },
  {
    name: 'a rule without ports admits everything of its peers',
    policies: [
      networkPolicy('web-from-guests', {
        podSelector: app('web'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: team('guest') }] }],
      }),
    ],
    rows: [
      ['visitor', 'near:8080', 'answered'],
      ['visitor', 'far:8081/udp', 'answered'],
      ['visitor', 'near:8082/sctp', 'answered'],
      ['visitor', 'far/icmp', 'answered'],
      ['client', 'near/icmp', 'silence'],
    ],
  },
  {
    name: 'egress to one app by the name of its port',
    policies: [
      networkPolicy('client-to-web', {
        podSelector: app('client'),
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: app('web') }], ports: [{ protocol: 'TCP', port: 'http' }] }],
      }),
    ],
    rows: [
      ['client', 'near:8080', 'answered'],
      ['client', 'far:8080', 'answered'],
      ['client', 'web:80', 'answered'],
      ['client', 'far:8081/udp', 'silence'],
      ['client', 'visitor:8080', 'silence'],
      ['client', 'far/icmp', 'silence'],
      ['client', 'self:80', 'answered'],
      ['client', 'client:8080', 'answered'],
      ['client', 'node-a:10256', 'answered'],
      ['client', 'node-b:10256', 'silence'],
      ['client', 'node-b:30080', 'silence'],
      // Translated on the pod's own node: the policy sees the pod behind it.
      ['client', 'node-a:30080', 'answered'],
      ['visitor', 'client:8080', 'answered'],
      ['node-a', 'client:8080', 'answered'],
    ],
  },
  {
    name: 'ports of a pod by name, and a range',
    policies: [
      networkPolicy('named', {
        podSelector: app('web'),
        policyTypes: ['Ingress'],
        ingress: [
          { ports: [{ protocol: 'UDP', port: 'talk' }] },
          { from: [{ podSelector: {} }], ports: [{ protocol: 'SCTP', port: 8000, endPort: 8100 }] },
        ],
      }),
    ],
    rows: [
      ['visitor', 'near:8081/udp', 'answered'],
      ['visitor', 'far:8081/udp', 'answered'],
      ['client', 'far:8082/sctp', 'answered'],
      ['visitor', 'far:8082/sctp', 'silence'],
      ['visitor', 'far:8080', 'silence'],
    ],
  },
  {
    name: 'ingress from every address of both families',
    policies: [
      networkPolicy('from-everywhere', {
        podSelector: app('web'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }] }],
      }),
    ],
    rows: [
      ['client', 'near:8080', 'answered'],
      ['workstation', 'node-a:30080', 'answered'],
      ['visitor', 'far:8080', 'answered'],
    ],
  },
  {
    name: 'egress to blocks of addresses',
    policies: [
      networkPolicy('to-machines', {
        podSelector: app('client'),
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              { ipBlock: { cidr: '192.168.10.0/24', except: ['192.168.10.100/32'] } },
              { ipBlock: { cidr: 'fd00:10::/64', except: ['fd00:10::100/128'] } },
            ],
          },
        ],
      }),
    ],
    rows: [
      ['client', 'node-b:10256', 'answered'],
      ['client', 'workstation/icmp', 'silence'],
      ['client', 'node-b/icmp', 'answered'],
      ['client', 'far:8080', 'silence'],
    ],
  },
  {
    name: 'two policies add up, and isolation is by direction',
    policies: [
      WEB_FROM_CLIENT,
      networkPolicy('web-from-guests', {
        podSelector: app('web'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: team('guest') }] }],
      }),
      networkPolicy('nothing-out-of-the-client', {
        podSelector: app('client'),
        policyTypes: ['Egress'],
      }),
    ],
    rows: [
      ['visitor', 'near:8080', 'answered'],
      ['client', 'near:8080', 'silence'],
      ['client', 'far:8080', 'silence'],
      ['visitor', 'client:8080', 'answered'],
      ['near', 'client:8080', 'answered'],
    ],
  },
  {
    // One policy for both directions of the same pods: admitted in is not admitted out.
    name: 'a policy of both directions',
    policies: [
      networkPolicy('both', {
        podSelector: app('web'),
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: app('web') }] }],
      }),
    ],
    rows: [
      ['near', 'far:8080', 'silence'],
      ['far', 'near:8080', 'silence'],
      ['near', 'near:8080', 'answered'],
    ],
  },
  {
    name: 'the admin tier comes before NetworkPolicies',
    policies: [
      WEB_FROM_CLIENT,
      adminPolicy('guests-first', {
        priority: 10,
        subject: { namespaces: team('shop') },
        ingress: [
          {
            action: 'Allow',
            from: [{ namespaces: team('guest') }],
            ports: [{ portNumber: { protocol: 'TCP', port: 8080 } }],
          },
          { action: 'Pass', from: [{ namespaces: team('shop') }], ports: [{ namedPort: 'http' }] },
        ],
      }),
      clusterPolicy('then-nobody', {
        tier: 'Admin',
        priority: 20,
        subject: { namespaces: team('shop') },
        ingress: [{ action: 'Deny', from: [{ namespaces: {} }] }],
      }),
    ],
    rows: [
      ['visitor', 'near:8080', 'answered'],
      ['visitor', 'far:8080', 'answered'],
      ['visitor', 'far:8081/udp', 'silence'],
      ['client', 'near:8080', 'answered'],
      ['far', 'near:8080', 'silence'],
      ['near', 'client:8080', 'answered'],
      ['near', 'client:8081/udp', 'silence'],
      ['node-a', 'near:8080', 'answered'],
    ],
  },
  {
    name: 'the baseline tier comes behind NetworkPolicies',
    policies: [
      WEB_FROM_CLIENT,
      baseline({
        subject: { namespaces: team('shop') },
        ingress: [
          { action: 'Deny', from: [{ namespaces: team('guest') }] },
          { action: 'Allow', from: [{ namespaces: {} }] },
        ],
      }),
    ],
    rows: [
      ['client', 'near:8080', 'answered'],
      ['far', 'near:8080', 'silence'],
      ['visitor', 'client:8080', 'silence'],
      ['near', 'client:8080', 'answered'],
      ['node-b', 'client:8080', 'answered'],
    ],
  },
  {
    name: 'the admin tier may refuse the way to nodes, NetworkPolicies only to those of others',
    policies: [
      clusterPolicy('no-nodes', {
        tier: 'Admin',
        priority: 1,
        subject: { namespaces: team('shop') },
        egress: [
          {
            action: 'Deny',
            to: [{ nodes: {} }],
            protocols: [{ tcp: { destinationPort: { number: 10_256 } } }],
          },
        ],
      }),
      networkPolicy('nothing-out', { podSelector: app('client'), policyTypes: ['Egress'] }),
    ],
    rows: [
      ['client', 'node-a:10256', 'silence'],
      ['client', 'node-a/icmp', 'answered'],
      ['client', 'node-b/icmp', 'silence'],
      ['near', 'node-b:10256', 'silence'],
      ['near', 'node-b/icmp', 'answered'],
      ['visitor', 'node-a:10256', 'answered'],
    ],
  },
];

const benches = new Map<string, PolicyBench>();

function benchFor(mode: ProxyMode, cni: CniName): PolicyBench {
  const key = `${mode} ${cni}`;
  const bench = benches.get(key) ?? new PolicyBench({ proxyMode: mode, cni });
  if (!benches.has(key)) bench.routeFromOutside();
  benches.set(key, bench);
  return bench;
}

const WHERE = (['iptables', 'nftables'] as const).flatMap((mode) =>
  (['routed', 'vxlan', 'bgp'] as const).flatMap((cni) =>
    ([4, 6] as const).map((family) => ({ mode, cni, family })),
  ),
);

function wrongRows(bench: PolicyBench, { rows }: Rows, family: IpVersion): string[] {
  return rows.flatMap(([from, to, expected]) => {
    const seen = bench.ask(from, to, family);
    return seen === expected ? [] : [`${from} -> ${to}: ${seen}\n${bench.lastTrace()}`];
  });
}

test.each(TABLE.flatMap((rows) => WHERE.map((where) => ({ ...where, rows, name: rows.name }))))(
  '$name: $mode $cni IPv$family',
  ({ mode, cni, family, rows }) => {
    const bench = benchFor(mode, cni);
    for (const policy of rows.policies) bench.create(policy);
    bench.settle();
    const wrong = wrongRows(bench, rows, family);
    for (const { kind, metadata } of rows.policies)
      bench.cluster.store.delete(kind, metadata.namespace, metadata.name);
    bench.settle();
    expect(wrong).toEqual([]);
  },
  60_000,
);
