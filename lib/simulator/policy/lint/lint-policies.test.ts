import { expect, test } from 'vitest';
import {
  brief,
  CLIENT,
  cnp,
  DNS,
  egress,
  ingress,
  lintShop,
  netpol,
} from '../../testing/lint-shop.ts';
import { printFindings } from './print-findings.ts';

test.each<[string, string, string]>([
  [
    'another value',
    netpol('podSelector: {matchLabels: {app: wbe}}'),
    'It selects nothing: there is no pod with `app=wbe` in namespace `shop`. 2 pods have `app=web`.',
  ],
  [
    'another key',
    netpol('podSelector: {matchLabels: {app.kubernetes.io/app: db}}'),
    'It selects nothing: there is no pod with `app.kubernetes.io/app=db` in namespace `shop`. 1 pod has `app=db`.',
  ],
  [
    'nothing like it',
    netpol('podSelector: {matchLabels: {app: payment}}'),
    'It selects nothing: there is no pod with `app=payment` in namespace `shop`.',
  ],
  [
    'no pods',
    netpol('podSelector: {}', 'p', 'empty'),
    'It selects nothing: there is no pod in namespace `empty`. The namespace has no pods at all.',
  ],
  [
    'no namespace',
    netpol('podSelector: {}', 'p', 'nowhere'),
    'It selects nothing: there is no pod in namespace `nowhere`. The namespace does not exist.',
  ],
  [
    'the name as a label',
    ingress('{from: [{namespaceSelector: {matchLabels: {name: guest}}}]}'),
    '`.spec.ingress[0].from[0]` finds nobody: there is no pod in namespaces with `name=guest`. No namespace has these labels. 1 namespace has `kubernetes.io/metadata.name=guest`.',
  ],
  [
    'pods elsewhere',
    ingress('{from: [{podSelector: {matchLabels: {app: client}}}]}'),
    "`.spec.ingress[0].from[0]` finds nobody: there is no pod with `app=client` in namespace `shop`. Pods with these labels are in `guest`; a `podSelector` alone looks into the policy's own namespace.",
  ],
  [
    'two items',
    ingress(
      '{from: [{namespaceSelector: {matchLabels: {team: guests}}}, {podSelector: {matchLabels: {app: web}}}]}',
    ),
    "`.spec.ingress[0].from` has `namespaceSelector` and `podSelector` as two items: it finds every pod in namespaces with `team=guests`, and every pod with `app=web` in the policy's own namespace. That is 5 pods; as one item it would be 1.",
  ],
  [
    'DNS',
    egress('{to: [{podSelector: {matchLabels: {app: db}}}]}'),
    "No egress rule lets `shop/web-1` and `shop/web-2` reach the cluster's DNS: UDP 53 and TCP 53 of the pods of `kube-system/kube-dns`.",
  ],
  [
    'a port name',
    ingress('{ports: [{port: web}]}'),
    'No pod that the policy selects has a TCP port named `web`. They have `http (TCP 80)`.',
  ],
  [
    'a Service',
    egress(`${DNS}, {to: [{ipBlock: {cidr: 10.96.0.10/32}}]}`),
    '`10.96.0.10/32` is among the addresses of Services (`kube-system/kube-dns`), and no connection is found by it.',
  ],
  [
    'equals',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'a')}\n---\n${cnp('ingress: [{action: Accept, from: [{namespaces: {matchLabels: {team: guests}}}]}]', 'b')}`,
    'Policies of priority 10 disagree about connections from `guest/client` to `shop/web-1`, TCP on every port: `ClusterNetworkPolicy a` says Deny (`.spec.ingress[0]`), `ClusterNetworkPolicy b` says Accept (`.spec.ingress[0]`).',
  ],
])('the words for %s', (_, policies, sentence) => {
  expect(lintShop(policies).map((finding) => finding.sentence)).toContain(sentence);
});

test('no word of a finding says that a NetworkPolicy denies, and none cries', () => {
  const findings = lintShop(
    [
      ingress(`{from: [${CLIENT}], ports: [{port: web}]}, {}`),
      netpol('podSelector: {matchLabels: {app: wbe}}', 'nothing'),
      netpol(
        `podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.96.0.10/32}}]}]`,
        'out',
      ),
    ].join('\n---\n'),
    { isEnforcedOn: () => false },
  );
  expect(findings.length).toBeGreaterThan(5);
  for (const { sentence, why } of findings) {
    expect(`${sentence} ${why}`).not.toMatch(/\bden(y|ies|ied)\b|!|\s\s|undefined|\[object/i);
    expect(`${sentence} ${why}`).toMatch(/^[A-Z`].*\.$/);
  }
});

test('findings as text', () => {
  expect(printFindings(lintShop(netpol('podSelector: {matchLabels: {app: wbe}}')))).toBe(
    `warning: NetworkPolicy shop/p  .spec.podSelector  (selects-nothing)
  It selects nothing: there is no pod with app=wbe in namespace shop. 2 pods have app=web.
  A policy is about the pods that its selector finds. While there are none it isolates nobody and changes nothing.

1 warning, 0 notes
`,
  );
});

test('where nobody keeps to policies, that is said of each', () => {
  const findings = lintShop(
    `${ingress(`{from: [${CLIENT}]}`)}\n---\n${netpol('podSelector: {}', 'all')}`,
    {
      isEnforcedOn: () => false,
    },
  );
  expect(findings.map(brief)).toEqual(['warning all not-enforced', 'warning p not-enforced']);
});

test('a mistake is one where nobody keeps to policies, too', () => {
  const policy = egress('{to: [{podSelector: {matchLabels: {app: db}}}]}');
  expect(lintShop(policy, { isEnforcedOn: () => false }).map(brief)).toEqual([
    'warning p not-enforced',
    'warning p .spec.egress dns-forgotten',
  ]);
});

test('a cache on the node answers whatever policies say', () => {
  const policy = egress('{to: [{podSelector: {matchLabels: {app: db}}}]}');
  expect(lintShop(policy, { facts: { nodeDns: 'cache' } })).toEqual([]);
});
