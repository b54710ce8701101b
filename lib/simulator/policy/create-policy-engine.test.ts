import { expect, test } from 'vitest';
import type { KubeObject } from '../api/meta/object.ts';
import { readerOf } from '../testing/reader-of.ts';
import { createPolicyEngine, type PolicyEngineOptions } from './create-policy-engine.ts';
import type { PolicyProtocol } from './policy-protocol.ts';
import { readPolicyWorld } from './read-policy-world.ts';

const object = (kind: string, name: string, more: object = {}, namespace?: string): KubeObject => ({
  apiVersion: 'any',
  kind,
  metadata: { name, ...(namespace !== undefined && { namespace }) },
  ...more,
});

const labelled = (each: KubeObject, labels: Record<string, string>): KubeObject => ({
  ...each,
  metadata: { ...each.metadata, labels },
});

const pod = (name: string, ips: readonly string[], node: string, more: object = {}) =>
  labelled(
    object(
      'Pod',
      name,
      {
        spec: {
          nodeName: node,
          containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
          initContainers: [
            {
              name: 'proxy',
              restartPolicy: 'Always',
              ports: [{ name: 'metrics', protocol: 'UDP', containerPort: 9000 }],
            },
            { name: 'once', ports: [{ name: 'setup', containerPort: 7000 }] },
          ],
          ...more,
        },
        status: { phase: 'Running', podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) },
      },
      'shop',
    ),
    { app: name },
  );

const [WEB, DB, NODE_A, NODE_B, OUTSIDE] = [
  '10.244.1.2',
  '10.244.2.2',
  '172.18.0.2',
  '172.18.0.3',
  '203.0.113.9',
] as [string, string, string, string, string];
const DB6 = 'fd00::2';

const node = (name: string, addresses: object[]) =>
  labelled(object('Node', name, { status: { addresses } }), { 'kubernetes.io/hostname': name });

const SHOP = [
  labelled(object('Namespace', 'shop'), { team: 'red' }),
  node('node-a', [{ type: 'InternalIP', address: NODE_A }]),
  node('node-b', [
    { type: 'Hostname', address: 'node-b' },
    { type: 'InternalIP', address: NODE_B },
  ]),
  pod('web', [WEB, 'fd00::1'], 'node-a'),
  pod('db', [DB, DB6], 'node-b'),
  pod('agent', [NODE_B], 'node-b', { hostNetwork: true }),
  object(
    'Pod',
    'done',
    { spec: { containers: [] }, status: { phase: 'Succeeded', podIP: OUTSIDE } },
    'shop',
  ),
];

const netpol = (spec: object, name = 'policy') => object('NetworkPolicy', name, { spec }, 'shop');
const allPods = { podSelector: {} };
const everybody = { namespaces: {} };
const clusterPolicy = (spec: object, name = 'cluster') =>
  object('ClusterNetworkPolicy', name, {
    spec: { tier: 'Admin', priority: 1, subject: everybody, ...spec },
  });

function decide(
  policies: readonly KubeObject[],
  from: string,
  to: string,
  what = 'TCP 8080',
  options: PolicyEngineOptions = {},
) {
  const engine = createPolicyEngine(readPolicyWorld(readerOf([...SHOP, ...policies])), options);
  const [protocol, port] = what.split(' ') as [PolicyProtocol, string];
  const flow = {
    source: engine.endOf(from),
    destination: engine.endOf(to),
    protocol,
    port: Number(port),
  };
  const verdict = engine.explain(flow);
  expect(verdict.outcome).toBe(engine.decide(flow));
  return `${verdict.outcome}: ${verdict.egress.decidedBy}, ${verdict.ingress.decidedBy}`;
}

const isolated = netpol({ ...allPods, policyTypes: ['Ingress', 'Egress'] });

test.each([
  ['nobody isolates', [], 'admitted: not-isolated, not-isolated'],
  [
    'an empty list of rules admits nothing',
    [netpol({ ...allPods, ingress: [] })],
    'not-admitted: not-isolated, network-policies',
  ],
  [
    'an empty rule admits everything',
    [netpol({ ...allPods, ingress: [{}] })],
    'admitted: not-isolated, network-policies',
  ],
  [
    'empty lists of peers and ports are none',
    [netpol({ ...allPods, ingress: [{ from: [], ports: [] }] })],
    'admitted: not-isolated, network-policies',
  ],
  [
    'without policyTypes egress rules isolate both ways',
    [netpol({ ...allPods, egress: [{}] })],
    'not-admitted: network-policies, network-policies',
  ],
  [
    'rules of a direction that is not in policyTypes are not asked',
    [
      netpol({
        ...allPods,
        policyTypes: ['Ingress'],
        ingress: [{}],
        egress: [{ to: [{ ipBlock: { cidr: '9.9.9.9/32' } }] }],
      }),
    ],
    'admitted: not-isolated, network-policies',
  ],
  [
    'a port is TCP when no protocol is said',
    [netpol({ ...allPods, ingress: [{ ports: [{ port: 8080 }] }] })],
    'admitted: not-isolated, network-policies',
  ],
])('%s', (_, policies, outcome) => {
  expect(decide(policies, WEB, DB)).toBe(outcome);
});

const named = (port: object) => [netpol({ ...allPods, ingress: [{ ports: [port] }] })];

test.each([
  ['TCP 8080', { port: 'http' }, 'admitted'],
  ['UDP 8080', { port: 'http' }, 'not-admitted'],
  ['TCP 8080', { port: 'http', protocol: 'UDP' }, 'not-admitted'],
  ['UDP 9000', { port: 'metrics', protocol: 'UDP' }, 'admitted'],
  ['TCP 7000', { port: 'setup' }, 'not-admitted'],
  ['TCP 8085', { port: 8080, endPort: 8090 }, 'admitted'],
  ['TCP 8091', { port: 8080, endPort: 8090 }, 'not-admitted'],
  ['SCTP 1', { protocol: 'SCTP' }, 'admitted'],
  ['TCP 1', { protocol: 'SCTP' }, 'not-admitted'],
  ['TCP 65535', { port: 65_535 }, 'admitted'],
])('%s by the port %j: %s', (what, port, outcome) => {
  expect(decide(named(port), WEB, DB, what).split(':')[0]).toBe(outcome);
});

test('a name without a protocol finds the port of any', () => {
  const rule = {
    action: 'Deny',
    from: [everybody],
    protocols: [{ destinationNamedPort: 'metrics' }],
  };
  expect(decide([clusterPolicy({ ingress: [rule] })], WEB, DB, 'UDP 9000')).toMatch(
    /^not-admitted/,
  );
  expect(decide([clusterPolicy({ ingress: [rule] })], WEB, DB, 'TCP 9000')).toMatch(/^admitted/);
});

test.each([
  ['a block finds pods by their addresses', '10.244.1.0/24', [], WEB, 'admitted'],
  ['what is left out is not found', '10.244.1.0/24', ['10.244.1.2/32'], WEB, 'not-admitted'],
  ['host bits of a block do not count', '10.244.1.77/24', [], WEB, 'admitted'],
  ['a block finds nodes', '172.18.0.0/24', [], NODE_A, 'admitted'],
  ['a block finds whoever is outside', '0.0.0.0/0', ['10.0.0.0/8'], OUTSIDE, 'admitted'],
  ['a block of the other family finds nobody', '::/0', [], WEB, 'not-admitted'],
])('%s', (_, cidr, except, from, outcome) => {
  const policy = netpol({ ...allPods, ingress: [{ from: [{ ipBlock: { cidr, except } }] }] });
  expect(decide([policy], from, DB).split(':')[0]).toBe(outcome);
});

test('IPv6 is asked as IPv4 is', () => {
  const block = (cidr: string) =>
    netpol({ ...allPods, ingress: [{ from: [{ ipBlock: { cidr, except: ['fd00::8/125'] } }] }] });
  expect(decide([block('fd00::/64')], 'fd00::1', DB6)).toMatch(/^admitted/);
  expect(decide([block('fd00::/64')], 'fd00::9', DB6)).toMatch(/^not-admitted/);
  expect(decide([block('2001:db8::/32')], 'fd00::1', DB6)).toMatch(/^not-admitted/);
});

test('a pod on its node is the node: no policy selects it, no selector of pods finds it', () => {
  const fromPods = netpol({ ...allPods, ingress: [{ from: [{ podSelector: {} }] }] });
  expect(decide([fromPods], NODE_B, WEB)).toBe('not-admitted: not-a-pod, network-policies');
  expect(decide([isolated], OUTSIDE, NODE_B)).toBe('admitted: not-a-pod, not-a-pod');
});

test('a pod and its own node always talk as far as NetworkPolicies go', () => {
  expect(decide([isolated], NODE_B, DB)).toBe('admitted: not-a-pod, own-node');
  expect(decide([isolated], DB, NODE_B)).toBe('admitted: own-node, not-a-pod');
  expect(decide([isolated], NODE_A, DB)).toBe('not-admitted: not-a-pod, network-policies');
});

test('the admin tier is asked about the own node, too', () => {
  const nodes = { action: 'Deny', to: [{ nodes: {} }] };
  expect(decide([isolated, clusterPolicy({ egress: [nodes] })], DB, NODE_B)).toBe(
    'not-admitted: admin-tier, not-a-pod',
  );
  const one = { nodes: { matchLabels: { 'kubernetes.io/hostname': 'node-a' } } };
  const policy = clusterPolicy({ egress: [{ ...nodes, to: [one] }] });
  expect(decide([policy], DB, NODE_A)).toMatch(/^not-admitted/);
  expect(decide([policy], DB, NODE_B)).toMatch(/^admitted/);
});

test('a pod reaches itself whatever policies say', () => {
  const deny = clusterPolicy({ ingress: [{ action: 'Deny', from: [everybody] }] });
  expect(decide([isolated, deny], DB, DB)).toBe('admitted: loopback, loopback');
});

const baseline = (action: string) =>
  clusterPolicy(
    { tier: 'Baseline', priority: 9, ingress: [{ action, from: [everybody] }] },
    'base',
  );
const admin = (action: string, priority = 1, name = 'cluster') =>
  clusterPolicy({ priority, ingress: [{ action, from: [everybody] }] }, name);
const admits = netpol({ ...allPods, ingress: [{}] });
const ofShop = netpol({ ...allPods, ingress: [] });

test.each([
  [
    'Accept goes before what is not admitted',
    [admin('Accept'), ofShop],
    'admitted: not-isolated, admin-tier',
  ],
  [
    'Deny goes before what is admitted',
    [admin('Deny'), admits],
    'not-admitted: not-isolated, admin-tier',
  ],
  [
    'Pass leaves it to the NetworkPolicies',
    [admin('Pass'), admin('Deny', 2, 'later'), ofShop],
    'not-admitted: not-isolated, network-policies',
  ],
  [
    'Pass leaves it to the baseline where nobody isolates',
    [admin('Pass'), baseline('Deny')],
    'not-admitted: not-isolated, baseline-tier',
  ],
  [
    'a NetworkPolicy keeps the baseline from being asked',
    [baseline('Deny'), admits],
    'admitted: not-isolated, network-policies',
  ],
  [
    'the lower priority goes first',
    [admin('Deny', 7, 'a'), admin('Accept', 3, 'z')],
    'admitted: not-isolated, admin-tier',
  ],
  [
    'equal priorities that disagree',
    [admin('Deny', 3, 'a'), admin('Accept', 3, 'z')],
    'undecidable: not-isolated, admin-tier',
  ],
  [
    'equal priorities that disagree, and come to the same',
    [admin('Pass', 3, 'a'), admin('Accept', 3, 'z')],
    'admitted: not-isolated, admin-tier',
  ],
  [
    'a lower priority decides before equal ones disagree',
    [admin('Deny', 1, 'x'), admin('Deny', 3, 'a'), admin('Accept', 3, 'z')],
    'not-admitted: not-isolated, admin-tier',
  ],
])('%s', (_, policies, outcome) => {
  expect(decide(policies, WEB, DB)).toBe(outcome);
});

test('a peer of no known field fails closed', () => {
  const policy = (action: string) =>
    clusterPolicy({ ingress: [{ action, from: [{ galaxies: {} }] }] });
  expect(decide([policy('Accept'), ofShop], WEB, DB)).toMatch(
    /^not-admitted: not-isolated, network/,
  );
  expect(decide([policy('Pass')], WEB, DB)).toBe('not-admitted: not-isolated, admin-tier');
});

test('a network that is none finds nobody', () => {
  const policy = clusterPolicy({ egress: [{ action: 'Deny', to: [{ networks: ['10.244'] }] }] });
  expect(decide([policy], WEB, DB)).toMatch(/^admitted/);
});

test('what nobody makes rules of passes, on the nodes where it is so', () => {
  const isEnforcedOn = (name: string) => name === 'node-a';
  expect(decide([ofShop], WEB, DB, 'TCP 80', { isEnforcedOn })).toBe(
    'admitted: not-isolated, not-enforced',
  );
  expect(decide([ofShop], DB, WEB, 'TCP 80', { isEnforcedOn })).toBe(
    'not-admitted: not-isolated, network-policies',
  );
});

test('a namespace that is not there has no labels, and no selector finds it', () => {
  const stray = labelled(
    object(
      'Pod',
      'x',
      { spec: { nodeName: 'node-a', containers: [] }, status: { podIP: '10.244.9.9' } },
      'gone',
    ),
    {},
  );
  const fromAll = netpol({ ...allPods, ingress: [{ from: [{ namespaceSelector: {} }] }] });
  expect(decide([stray, fromAll], '10.244.9.9', DB)).toMatch(/^not-admitted/);
  expect(decide([fromAll], WEB, DB)).toMatch(/^admitted/);
});

test('the policies of a pod come in the order in which they are asked', () => {
  const policies = [
    admits,
    baseline('Deny'),
    admin('Deny', 5, 'b'),
    admin('Deny', 5, 'a'),
    admin('Pass', 2, 'z'),
  ];
  const engine = createPolicyEngine(readPolicyWorld(readerOf([...SHOP, ...policies])));
  const { pod: db } = engine.endOf(DB);
  const found = db && engine.policiesOf(db, 'ingress');
  expect(found?.admin.map(({ ref }) => ref.name)).toEqual(['z', 'a', 'b']);
  expect(found?.network.map(({ ref }) => ref.name)).toEqual(['policy']);
  expect(found?.isIsolated).toBe(true);
  expect(db && engine.policiesOf(db, 'egress')).toMatchObject({ admin: [], isIsolated: false });
});

test('addresses are cut where policies tell them apart', () => {
  const policy = netpol({
    ...allPods,
    ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }],
  });
  const engine = createPolicyEngine(readPolicyWorld(readerOf([...SHOP, policy])));
  expect(engine.addressRanges(4).map(({ first, last }) => `${first}-${last}`)).toEqual([
    '0.0.0.0-9.255.255.255',
    '10.0.0.0-10.0.255.255',
    '10.1.0.0-10.1.255.255',
    '10.2.0.0-10.255.255.255',
    '11.0.0.0-255.255.255.255',
  ]);
  expect(engine.addressRanges(6)).toMatchObject([
    { first: '::', last: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' },
  ]);
  expect(
    engine.podsOf({ peer: 'pods', path: '', namespaces: 'shop', pods: {} }).map(({ name }) => name),
  ).toEqual(['web', 'db']);
});
