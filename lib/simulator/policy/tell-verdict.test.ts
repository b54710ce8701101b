import { expect, test } from 'vitest';
import type { KubeObject } from '../api/meta/object.ts';
import { readerOf } from '../testing/reader-of.ts';
import { createPolicyEngine, type PolicyEngineOptions } from './create-policy-engine.ts';
import { readPolicyWorld } from './read-policy-world.ts';
import { printVerdict, tellVerdict } from './tell-verdict.ts';

const aPod = (name: string, ip: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  ...{
    spec: {
      nodeName: 'node-a',
      containers: [{ name: 'main', ports: [{ name: 'http', containerPort: 8080 }] }],
    },
    status: { phase: 'Running', podIP: ip },
  },
});

const SHOP: readonly KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } },
  {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-a' },
    ...{ status: { addresses: [{ type: 'InternalIP', address: '172.18.0.2' }] } },
  },
  aPod('web', '10.244.1.2'),
  aPod('db', '10.244.1.3'),
];

const aPolicy = (kind: string, name: string, spec: object): KubeObject => ({
  apiVersion:
    kind === 'NetworkPolicy' ? 'networking.k8s.io/v1' : 'policy.networking.k8s.io/v1alpha2',
  kind,
  metadata: { name, ...(kind === 'NetworkPolicy' && { namespace: 'shop' }) },
  ...{ spec },
});

const ISOLATE_DB = aPolicy('NetworkPolicy', 'db-in', {
  podSelector: { matchLabels: { app: 'db' } },
  policyTypes: ['Ingress'],
  ingress: [
    { from: [{ podSelector: { matchLabels: { app: 'api' } } }] },
    { from: [{ podSelector: {} }], ports: [{ port: 'http' }] },
  ],
});

const clusterPolicy = (name: string, action: string, to: object) =>
  aPolicy('ClusterNetworkPolicy', name, {
    tier: 'Admin',
    priority: 5,
    subject: { namespaces: {} },
    egress: [{ name: `${name} it`, action, to: [to] }],
  });

const EVERYBODY = { networks: ['0.0.0.0/0'] };

/** Web asks for a port of db, or of whoever has an address. */
function ask(
  policies: readonly KubeObject[],
  port: number,
  to = '10.244.1.3',
  options: PolicyEngineOptions = {},
) {
  const engine = createPolicyEngine(readPolicyWorld(readerOf([...SHOP, ...policies])), options);
  const [source, destination] = [engine.endOf('10.244.1.2'), engine.endOf(to)];
  const verdict = engine.explain({ source, destination, protocol: 'TCP', port });
  const name = destination.pod?.key ?? destination.node?.name ?? to;
  const connection = { from: 'shop/web', to: name, protocol: 'TCP' as const, port };
  return {
    sentences: tellVerdict(verdict, connection),
    text: printVerdict(verdict, connection),
  };
}

test('an admission is told with the peer and the port that admit', () => {
  expect(ask([ISOLATE_DB], 8080).sentences).toEqual([
    '`shop/web` may reach `shop/db` on TCP port 8080.',
    'Egress, admitted: no policy isolates `shop/web` for egress, so that everything passes.',
    'Ingress, admitted: NetworkPolicy `shop/db-in` admits it at `.spec.ingress[1].from[0]` and `.spec.ingress[1].ports[0]`.',
  ]);
});

test('what is not admitted is told with what every rule lacks', () => {
  expect(ask([ISOLATE_DB], 9090).sentences[2]).toBe(
    'Ingress, not admitted: NetworkPolicy `shop/db-in` isolates `shop/db` for ingress and admits it by no rule: `.spec.ingress[0]` names other peers and `.spec.ingress[1]` names other ports.',
  );
});

test('two policies that isolate are both named', () => {
  const none = aPolicy('NetworkPolicy', 'none', { podSelector: {}, policyTypes: ['Ingress'] });
  expect(ask([ISOLATE_DB, none], 9090).sentences[2]).toMatch(
    /^Ingress, not admitted: NetworkPolicies `shop\/db-in` and `shop\/none` isolate `shop\/db` for ingress and admit it by no rule/,
  );
  expect(ask([none], 9090).sentences[2]).toBe(
    'Ingress, not admitted: NetworkPolicy `shop/none` isolates `shop/db` for ingress and has no rule for it.',
  );
});

test.each([
  [
    'Deny',
    'Egress, not admitted: ClusterNetworkPolicy `rule` says Deny at `.spec.egress[0].to[0]` (rule it).',
  ],
  [
    'Accept',
    'Egress, admitted: ClusterNetworkPolicy `rule` says Accept at `.spec.egress[0].to[0]` (rule it).',
  ],
  [
    'Pass',
    'Egress, admitted: no NetworkPolicy isolates `shop/web` for egress, and no other policy stops it.',
  ],
])('a cluster policy speaks its own word: %s', (action, sentence) => {
  expect(ask([clusterPolicy('rule', action, EVERYBODY)], 80).sentences[1]).toBe(sentence);
});

test('equal priorities that disagree are both named', () => {
  const both = [clusterPolicy('a', 'Accept', EVERYBODY), clusterPolicy('b', 'Deny', EVERYBODY)];
  expect(ask(both, 80).sentences.slice(0, 2)).toEqual([
    '`shop/web` may or may not reach `shop/db` on TCP port 80.',
    'Egress, undecidable: policies of equal priority disagree, and any of them may be applied: ClusterNetworkPolicy `a` says Accept at `.spec.egress[0].to[0]` (a it) and ClusterNetworkPolicy `b` says Deny at `.spec.egress[0].to[0]` (b it).',
  ]);
});

const DOMAIN = [
  clusterPolicy('names', 'Accept', { domainNames: ['*.example.com'] }),
  aPolicy('ClusterNetworkPolicy', 'rest', {
    tier: 'Admin',
    priority: 9,
    subject: { namespaces: {} },
    egress: [{ action: 'Deny', to: [EVERYBODY] }],
  }),
];

test('a domain name that nobody has looked up leaves it open, and one that is known does not', () => {
  expect(ask(DOMAIN, 443, '203.0.113.9').sentences[1]).toBe(
    'Egress, undecidable: it depends on domain names whose addresses are not known: ClusterNetworkPolicy `names` at `.spec.egress[0].to[0]` (names it).',
  );
  const lookUps = new Map([['www.example.com', ['203.0.113.9']]]);
  expect(ask(DOMAIN, 443, '203.0.113.9', { lookUps }).sentences[1]).toMatch(/^Egress, admitted/);
  expect(ask(DOMAIN, 443, '203.0.113.10', { lookUps }).sentences[1]).toMatch(
    /^Egress, not admitted/,
  );
  expect(ask(DOMAIN, 443).sentences[1]).toMatch(/^Egress, not admitted/);
});

test('a node of its own, an end that is no pod, a pod and itself, nobody who enforces', () => {
  const none = aPolicy('NetworkPolicy', 'none', {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
  });
  expect(ask([none], 10250, '172.18.0.2').sentences.slice(1)).toEqual([
    'Egress, admitted: `node-a` is the node that `shop/web` runs on, and NetworkPolicies always let the two talk.',
    'Ingress, admitted: `node-a` is not a pod that policies select, so that none is asked.',
  ]);
  expect(ask([none], 80, '10.244.1.2').sentences[1]).toBe(
    'Egress, admitted: a pod always reaches itself.',
  );
  expect(ask([none], 80, '10.244.1.3', { isEnforcedOn: () => false }).sentences[2]).toBe(
    'Ingress, admitted: policies select `shop/db`, and nobody on its node makes rules of them: everything passes.',
  );
});

test('the block for a terminal lists every policy with its word', () => {
  expect(ask([ISOLATE_DB, clusterPolicy('rule', 'Pass', EVERYBODY)], 9090).text).toBe(
    `shop/web -> shop/db TCP 9090: not admitted
egress of shop/web: admitted, no NetworkPolicy isolates shop/web for egress, and no other policy stops it
    Pass            ClusterNetworkPolicy rule  .spec.egress[0].to[0]  (rule it)
ingress of shop/db: not admitted
    Not applicable  ClusterNetworkPolicy rule
  * Does not admit  NetworkPolicy shop/db-in
                    .spec.ingress[0] names other peers
                    .spec.ingress[1] names other ports
`,
  );
});
