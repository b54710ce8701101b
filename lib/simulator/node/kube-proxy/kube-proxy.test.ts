import { expect, test } from 'vitest';
import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import { appendRule, createRuleset, ensureTable } from '../../linux/netfilter/ruleset.ts';
import { listEntries } from '../../linux/conntrack.ts';
import { ends, NetfilterNode, NODE, tcp, udp } from '../../testing/netfilter-node.ts';
import { applyRules } from './apply-rules.ts';
import { buildRules as buildFromView } from './build-rules.ts';
import { cleanStaleConnections } from './clean-stale-connections.ts';
import { printRestore } from './print-restore.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { viewServices } from './service-view.ts';

const buildRules = (
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  config: ProxyConfig,
) => buildFromView(viewServices(services, slices, 'IPv4'), config);

const CONFIG: ProxyConfig = {
  family: 'IPv4',
  nodeName: 'node-a',
  nodeAddress: NODE,
  nodeLabels: {},
  localAddresses: ['127.0.0.1', NODE],
  pods: { by: 'source', cidr: '10.244.0.0/16' },
  localhostNodePorts: 'answered',
  nodePortAddresses: [],
  hasRandomFully: false,
  serviceCidrs: ['10.96.0.0/16'],
};
const CLUSTER_IP = '10.96.0.7';
const POD = '10.244.0.9';
const OUTSIDER = '203.0.113.4';

const service = (spec: Service['spec'] = {}): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'shop', name: 'web' },
  spec: {
    type: 'ClusterIP',
    clusterIP: CLUSTER_IP,
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    ...spec,
  },
});

const nodePort: Service['spec'] = {
  type: 'NodePort',
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30_080 }],
};

const slice = (
  endpoints: EndpointSlice['endpoints'],
  protocol: 'TCP' | 'UDP' = 'TCP',
  name = 'web-1',
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'shop', name, labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  endpoints,
  ports: [{ name: 'http', protocol, port: 8080 }],
});

const ready = (address: string, nodeName = 'node-b') => ({ addresses: [address], nodeName });
const ending = (address: string, nodeName = 'node-b') => ({
  ...ready(address, nodeName),
  conditions: { ready: false, serving: true, terminating: true },
});

function nodeWith(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  config = CONFIG,
): NetfilterNode {
  const node = new NetfilterNode('');
  applyRules(node.namespace.ruleset, buildRules(services, slices, config));
  return node;
}

const FORWARDED = ['PREROUTING', 'FORWARD', 'POSTROUTING'] as const;
const FROM_NODE = ['OUTPUT', 'POSTROUTING'] as const;
const TO_NODE = ['PREROUTING', 'INPUT'] as const;

test('a pod that asks the ClusterIP reaches an endpoint with its own address', () => {
  const node = nodeWith([service()], [slice([ready('10.244.1.5')])]);
  expect(ends(node.send(tcp(`${POD}:4000`, `${CLUSTER_IP}:80`)).packet)).toBe(
    `${POD}:4000 > 10.244.1.5:8080`,
  );
});

test('every endpoint is chosen about equally often, and no other', () => {
  const addresses = ['10.244.0.5', '10.244.1.5', '10.244.1.6', '10.244.1.7'];
  const node = nodeWith([service()], [slice(addresses.map((address) => ready(address)))]);
  const hits = new Map<string, number>();
  for (let port = 10_000; port < 12_000; port++) {
    const { destination } = node.send(tcp(`${POD}:${port}`, `${CLUSTER_IP}:80`)).packet;
    hits.set(destination, (hits.get(destination) ?? 0) + 1);
  }
  expect([...hits.keys()].sort()).toEqual(addresses);
  for (const count of hits.values()) expect(Math.abs(count - 500)).toBeLessThan(90);
});

test('a pod that reaches itself through its Service is masqueraded', () => {
  const node = nodeWith([service()], [slice([ready(POD, 'node-a')])]);
  expect(ends(node.send(tcp(`${POD}:4000`, `${CLUSTER_IP}:80`)).packet)).toBe(
    `${NODE}:4000 > ${POD}:8080`,
  );
});

test('whoever is no pod is masqueraded on the way to the ClusterIP', () => {
  const node = nodeWith([service()], [slice([ready('10.244.1.5')])]);
  expect(ends(node.send(tcp(`${OUTSIDER}:4000`, `${CLUSTER_IP}:80`)).packet)).toBe(
    `${NODE}:4000 > 10.244.1.5:8080`,
  );
});

test.each([
  ['a pod', POD, FORWARDED],
  ['the node', NODE, FROM_NODE],
] as const)('without endpoints, the ClusterIP refuses %s', (_name, from, hooks) => {
  const node = nodeWith([service()], []);
  const { verdict } = node.send(tcp(`${from}:4000`, `${CLUSTER_IP}:80`), hooks);
  expect(verdict).toEqual({ verdict: 'reject', with: 'icmp-port-unreachable' });
});

test('a port that the Service does not have is left alone', () => {
  const node = nodeWith([service()], [slice([ready('10.244.1.5')])]);
  expect(ends(node.send(tcp(`${POD}:4000`, `${CLUSTER_IP}:81`)).packet)).toBe(
    `${POD}:4000 > ${CLUSTER_IP}:81`,
  );
});

test('a node port answers from outside, masqueraded, on every address of the node', () => {
  const node = nodeWith([service(nodePort)], [slice([ready('10.244.1.5')])]);
  expect(ends(node.send(tcp(`${OUTSIDER}:4000`, `${NODE}:30080`)).packet)).toBe(
    `${NODE}:4000 > 10.244.1.5:8080`,
  );
  expect(ends(node.send(tcp('127.0.0.1:4001', '127.0.0.1:30080'), FROM_NODE).packet)).toBe(
    `${NODE}:4001 > 10.244.1.5:8080`,
  );
});

test('a node port without endpoints refuses', () => {
  const node = nodeWith([service(nodePort)], []);
  expect(node.send(tcp(`${OUTSIDER}:4000`, `${NODE}:30080`), TO_NODE).verdict).toMatchObject({
    verdict: 'reject',
  });
});

test('externalTrafficPolicy Local keeps the source, and drops where no endpoint is', () => {
  const local = service({ ...nodePort, externalTrafficPolicy: 'Local' });
  const here = nodeWith([local], [slice([ready('10.244.0.5', 'node-a'), ready('10.244.1.5')])]);
  expect(ends(here.send(tcp(`${OUTSIDER}:4000`, `${NODE}:30080`)).packet)).toBe(
    `${OUTSIDER}:4000 > 10.244.0.5:8080`,
  );
  const elsewhere = nodeWith([local], [slice([ready('10.244.1.5')])]);
  expect(elsewhere.send(tcp(`${OUTSIDER}:4000`, `${NODE}:30080`), TO_NODE).verdict).toEqual({
    verdict: 'drop',
  });
  expect(ends(elsewhere.send(tcp(`${POD}:4000`, `${NODE}:30080`)).packet)).toBe(
    `${POD}:4000 > 10.244.1.5:8080`,
  );
});

test('endpoints that end serve only while none is ready', () => {
  const both = nodeWith([service()], [slice([ending('10.244.1.5'), ready('10.244.1.6')])]);
  const only = nodeWith([service()], [slice([ending('10.244.1.5')])]);
  const ask = (node: NetfilterNode) =>
    node.send(tcp(`${POD}:4000`, `${CLUSTER_IP}:80`)).packet.destination;
  expect([ask(both), ask(only)]).toEqual(['10.244.1.6', '10.244.1.5']);
});

test('session affinity sends a client where it was sent before, until the time is over', () => {
  const sticky = service({
    sessionAffinity: 'ClientIP',
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } },
  });
  const addresses = Array.from({ length: 10 }, (_, index) => ready(`10.244.1.${index + 10}`));
  const node = nodeWith([sticky], [slice(addresses)]);
  const ask = (port: number) =>
    node.send(tcp(`${POD}:${port}`, `${CLUSTER_IP}:80`)).packet.destination;
  const ports = Array.from({ length: 30 }, (_, index) => 5000 + index);
  expect(new Set(ports.map(ask)).size).toBe(1);
  const later = new Set<string>();
  for (const port of ports) {
    node.now += 61_000_000;
    later.add(ask(port + 100));
  }
  expect(later.size).toBeGreaterThan(3);
});

test('each rule knows why it is there', () => {
  const node = nodeWith(
    [service()],
    [slice([ready('10.244.1.5'), ready('10.244.1.6'), ready('10.244.1.7')])],
  );
  node.send(tcp(`${POD}:4000`, `${CLUSTER_IP}:80`));
  const step = node.traces['t']?.steps.find(
    (each) => each.kind === 'netfilter' && each.hook === 'PREROUTING',
  );
  if (step?.kind !== 'netfilter') expect.fail();
  expect(step.because).toMatchObject({ kind: 'EndpointSlice', namespace: 'shop', name: 'web-1' });
  expect(step.because?.detail).toMatch(/^endpoint [123] of 3, ready$/);
  const because = step.rules.filter(({ matched }) => matched).map((rule) => rule.because?.kind);
  expect(because).toEqual([undefined, 'Service', 'EndpointSlice', 'EndpointSlice']);
});

test('iptables-restore makes of the text what is put into the ruleset directly', () => {
  const rules = buildRules(
    [service(nodePort)],
    [slice([ready('10.244.1.5'), ready('10.244.0.5', 'node-a'), ready('10.244.1.9')])],
    CONFIG,
  );
  const direct = createRuleset();
  applyRules(direct, rules);
  const base = createRuleset();
  applyRules(base, buildRules([], [], CONFIG));
  const restored = restoreIptables(base, printRestore(rules), 'keep');
  expect(restored.ok && printIptablesSave(restored.ruleset)).toBe(printIptablesSave(direct));
});

test('a second round changes nothing, and chains of what is gone are deleted', () => {
  const ruleset = createRuleset();
  appendRule(ruleset, 'nat', 'POSTROUTING', {
    matches: [{ match: 'source', cidr: '10.244.0.0/16' }],
    target: { target: 'MASQUERADE' },
  });
  applyRules(ruleset, buildRules([], [], CONFIG));
  const before = printIptablesSave(ruleset);
  const rules = buildRules([service(nodePort)], [slice([ready('10.244.1.5')])], CONFIG);
  applyRules(ruleset, rules);
  const during = printIptablesSave(ruleset);
  applyRules(ruleset, rules);
  expect(printIptablesSave(ruleset)).toBe(during);
  expect(during).toContain('KUBE-SEP-');
  applyRules(ruleset, buildRules([], [], CONFIG));
  expect(printIptablesSave(ruleset)).toBe(before);
});

test('a ClusterIP Service costs as many nat rules as upstream says', () => {
  const count = (services: readonly Service[], slices: readonly EndpointSlice[]) => {
    const { nat, own } = buildRules(services, slices, CONFIG);
    return [...nat.values(), ...own.values()].reduce((sum, rules) => sum + rules.length, 0);
  };
  expect(count([], [])).toBe(5);
  expect(
    count([service()], [slice([ready('10.244.1.5'), ready('10.244.1.6'), ready('10.244.1.7')])]),
  ).toBe(5 + 2 + 3 * 3);
});

test('a UDP client that keeps sending is translated anew when its endpoint is gone', () => {
  const dns = service({ ports: [{ name: 'http', protocol: 'UDP', port: 53 }] });
  const first = [slice([ready('10.244.1.5')], 'UDP')];
  const second = [slice([ready('10.244.1.6')], 'UDP')];
  const node = nodeWith([dns], first);
  const ask = () => node.send(udp(`${POD}:4000`, `${CLUSTER_IP}:53`)).packet.destination;
  expect(ask()).toBe('10.244.1.5');
  applyRules(node.namespace.ruleset, buildRules([dns], second, CONFIG));
  expect(ask()).toBe('10.244.1.5');
  const at = { localAddresses: [NODE], now: node.now };
  cleanStaleConnections(node.namespace.conntrack, viewServices([dns], second, 'IPv4'), at);
  expect(listEntries(node.namespace.conntrack, node.now)).toEqual([]);
  expect(ask()).toBe('10.244.1.6');
});

test('headless Services and those of another proxy get no rules', () => {
  const other = service();
  other.metadata.labels = { 'service.kubernetes.io/service-proxy-name': 'mesh' };
  const rules = buildRules(
    [service({ clusterIP: 'None' }), other],
    [slice([ready('10.244.1.5')])],
    CONFIG,
  );
  expect(rules).toEqual(buildRules([], [], CONFIG));
});

test('the tables that kube-proxy needs are there after its first round', () => {
  const ruleset = createRuleset();
  applyRules(ruleset, buildRules([], [], CONFIG));
  expect(Object.keys(ruleset.tables).sort()).toEqual(['filter', 'mangle', 'nat']);
  expect(Object.keys(ensureTable(ruleset, 'mangle').chains)).toContain('KUBE-PROXY-CANARY');
});
