import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Scenario } from '#lib/simulator/index.ts';
import { matchesObserved, observeRequest } from './observe-request.ts';
import type { Observable } from './schema/observable.ts';

const SHOP: Scenario = {
  name: 'services/shop',
  manifests: [readFileSync('content/lessons/services/start/shop.yaml', 'utf8')],
  namespace: 'shop',
};
const rows: readonly [from: string, url: string, observable: Observable, expected: RegExp][] = [
  ['shop/web', 'http://10.96.40.17/hostname', 'disposition', /^delivered$/],
  ['shop/web', 'http://10.96.40.17/hostname', 'http-status', /^200$/],
  ['shop/web', 'http://10.96.40.17/', 'destination-after-dnat', /^pod\/shop\/catalog-[^/]+:8080$/],
  ['shop/web', 'http://10.96.40.17/', 'source-seen-by-server', /^pod\/shop\/web-[^/]+$/],
  ['shop/web', 'http://10.96.40.17/', 'answering-pod', /^shop\/catalog-/],
  ['shop/web', 'http://10.96.40.17/', 'answering-node', /^node-[ab]$/],
  ['shop/web', 'http://10.96.40.17/', 'wire-crossings-to-service-address', /^0$/],
  ['shop/web', 'http://10.96.40.17/', 'dns-query-count', /^0$/],
  ['shop/web', 'http://catalog/', 'dns-query-count', /^2$/],
  ['shop/web', 'http://nobody/', 'disposition', /^unresolved$/],
  ['shop/web', 'http://10.96.40.17:81/', 'destination-after-dnat', /^service\/shop\/catalog:81$/],
];

test.each(rows)('from %s to %s: %s is %s', (from, url, observable, expected) => {
  expect(observeRequest(SHOP, from, url)[observable]).toMatch(expected);
});

const policy = (type: 'Ingress' | 'Egress', app: string, rules: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${app}, namespace: shop }
spec: { podSelector: { matchLabels: { app: ${app} } }, policyTypes: [${type}], ${rules} }
`;
test.each<[name: string, policies: string[], url: string, verdict?: string, deciding?: string]>([
  ['no policy has a say', [], 'http://10.96.40.17/'],
  [
    'a rule admits',
    [policy('Ingress', 'catalog', 'ingress: [{ from: [{ podSelector: {} }] }]')],
    'http://10.96.40.17/',
    'admitted',
    'NetworkPolicy/shop/catalog .spec.ingress[0].from[0]',
  ],
  [
    'nothing is admitted at the server',
    [policy('Ingress', 'catalog', 'ingress: []')],
    'http://10.96.40.17/',
    'ingress not admitted',
    'NetworkPolicy/shop/catalog .spec.ingress',
  ],
  [
    'the name look-up is not admitted at the client',
    [policy('Egress', 'web', 'egress: [{ to: [{ podSelector: {} }] }]')],
    'http://catalog/',
    'egress not admitted',
    'NetworkPolicy/shop/web .spec.egress',
  ],
])('what policies say: %s', (_name, policies, url, verdict, deciding) => {
  const scenario: Scenario = {
    ...SHOP,
    cluster: { networkPolicies: 'enforced' },
    manifests: [...SHOP.manifests, ...policies],
  };
  const observed = observeRequest(scenario, 'shop/web', url);
  expect([observed.verdict, observed['deciding-policy']]).toEqual([verdict, deciding]);
});

test('the same seed gives the same observations', () => {
  const once = () => observeRequest(SHOP, 'shop/web', 'http://catalog/', 'seed-7');
  expect(once()).toEqual(once());
});

test.each([
  ['pod/shop/catalog-*:8080', 'pod/shop/catalog-6fb-x2:8080', true],
  ['pod/shop/catalog-*:8080', 'pod/shop/catalog-6fb-x2:80', false],
  ['pod/*:8080', 'pod/shop/catalog:8080', false],
  ['10.96.40.17', '10x96x40x17', false],
  ['none', undefined, true],
  ['200', undefined, false],
])('%s against %s: %s', (pattern, observed, expected) => {
  expect(matchesObserved(pattern, observed)).toBe(expected);
});
