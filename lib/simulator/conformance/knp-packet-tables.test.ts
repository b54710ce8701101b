import { expect, test } from 'vitest';
import { knpPacketTables } from './knp-packet-tables.ts';

const CLUSTER = {
  namespaces: [{ name: 'foo', labels: { a: 'b' } }],
  pods: [
    { namespace: 'foo', name: 'a', ip: '192.168.1.11', labels: { app: 'a' } },
    { namespace: 'foo', name: 'b', ip: '192.168.2.22', labels: { app: 'b' } },
    { namespace: 'unknown', name: 'c', ip: '192.168.3.33', labels: { app: 'a' } },
  ],
  nodes: [{ name: 'node-0', labels: { rack: 'r1' }, addresses: ['172.19.0.2'] }],
};

const packet = (srcIP: string, dstIP: string, dstPort = 0) => ({
  srcIP,
  dstIP,
  dstPort,
  protocol: dstPort === 0 ? '' : 'TCP',
});

/** Only pods of the namespaces that have the label may talk to foo's pods. */
const ISOLATION = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'foo', name: 'Isolation' },
  spec: {
    podSelector: {},
    ingress: [{ from: [{ namespaceSelector: { matchLabels: { a: 'b' } } }] }],
  },
};

/** Of the same name: an engine that is handed both takes both. */
const ALSO_OUTSIDE = {
  ...ISOLATION,
  spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] },
};
const BOTH = [ISOLATION, ALSO_OUTSIDE];

const aRule = (tier: string, action: string, to: unknown) => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha2',
  kind: 'ClusterNetworkPolicy',
  metadata: { name: `${tier}-${action}`.toLowerCase() },
  spec: {
    tier,
    priority: 10,
    subject: { namespaces: {} },
    egress: [{ action, to: [to] }],
  },
});

const resultOf = (cases: readonly object[]) =>
  knpPacketTables.run({
    sets: [{ id: 'set', cases: cases.map((each, i) => ({ name: `${i}`, ...CLUSTER, ...each })) }],
  });

test.each([
  ['from a pod', '192.168.1.11', '192.168.2.22', 80, [], true],
  ['from a pod that is admitted', '192.168.1.11', '192.168.2.22', 80, [ISOLATION], true],
  ['that the first of two of one name admits', '192.168.1.11', '192.168.2.22', 80, BOTH, true],
  ['that the second of two of one name admits', '10.0.0.1', '192.168.2.22', 80, BOTH, true],
  ['from nobody the API knows', '192.168.3.33', '192.168.2.22', 80, [], true],
  ['from one whom no selector finds', '192.168.3.33', '192.168.2.22', 80, [ISOLATION], false],
  ['from outside', '10.0.0.1', '192.168.2.22', 80, [], true],
  ['from outside, isolated', '10.0.0.1', '192.168.2.22', 80, [ISOLATION], false],
  ['from a node, isolated', '172.19.0.2', '192.168.2.22', 80, [ISOLATION], false],
  ['to a node', '192.168.1.11', '172.19.0.2', 80, [], true],
  ['to outside, without ports', '192.168.1.11', '10.0.0.1', 0, [], true],
] as const)('packets %s', { timeout: 60_000 }, (_, srcIP, dstIP, port, policies, expectAllowed) => {
  const asked = { policies, packet: packet(srcIP, dstIP, port), expectAllowed };
  const { total, failures, apart } = resultOf([asked]);
  expect([total, ...failures]).toEqual([1]);
  expect(apart).toMatchObject([{ total: 1, failures: [] }]);
});

test('each tier alone says its word', { timeout: 60_000 }, () => {
  const toNodes = { nodes: { matchLabels: { rack: 'r1' } } };
  const toOutside = { networks: ['10.0.0.0/8'] };
  const toPods = { namespaces: {} };
  const toNode = packet('192.168.1.11', '172.19.0.2');
  const toPod = packet('192.168.1.11', '192.168.2.22');
  const outside = packet('192.168.1.11', '10.0.0.1');
  const words = (expectAdmin: string, expectBaseline: string) => ({ expectAdmin, expectBaseline });
  const cases = [
    { policies: [aRule('Admin', 'Deny', toNodes)], packet: toNode, ...words('Deny', 'Next') },
    { policies: [aRule('Admin', 'Accept', toPods)], packet: toPod, ...words('Accept', 'Next') },
    { policies: [aRule('Admin', 'Pass', toPods)], packet: toPod, ...words('Next', 'Next') },
    { policies: [aRule('Baseline', 'Accept', toPods)], packet: toPod, ...words('Next', 'Accept') },
    { policies: [aRule('Baseline', 'Deny', toOutside)], packet: outside, ...words('Next', 'Deny') },
    { policies: [aRule('Baseline', 'Deny', toOutside)], packet: toPod, ...words('Next', 'Next') },
  ];
  const { total, failures } = resultOf(cases);
  expect([total, ...failures]).toEqual([12]);
});

test('a case that its table does not trust is not asked', () => {
  const result = resultOf([
    { packet: packet('192.168.1.11', '192.168.2.22', 80), expectAllowed: false, suspect: 'why' },
  ]);
  expect(result).toMatchObject({ total: 0, skipped: [{ reason: 'suspect: why' }] });
});
