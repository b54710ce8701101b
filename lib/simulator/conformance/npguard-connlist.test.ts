import { expect, test } from 'vitest';
import { npguardConnlist } from './npguard-connlist.ts';

const aPod = (name: string, app: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'shop', name, labels: { app } },
  spec: {},
});

/** Nothing goes to or from addresses outside, so that a case's lines are about its pods. */
const ONLY_PODS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace: 'shop', name: 'only' },
  spec: {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'a' } } }] }],
    egress: [{ to: [{ podSelector: {} }] }],
  },
};

const A_TO_B = { src: 'shop/a[Pod]', dst: 'shop/b[Pod]', allowed: 'All Connections' };
const expected = [A_TO_B];
const pods = [aPod('a', 'a'), aPod('b', 'b')];
const whole = { id: 'whole', manifests: [...pods, ONLY_PODS], expected };
const bare = { id: 'bare', manifests: [ONLY_PODS], expected };

const resultOf = (cases: readonly object[]) => npguardConnlist.run({ cases });

test('lines over workloads that another case has are counted apart', () => {
  const result = resultOf([bare, whole]);
  expect(result).toMatchObject({ passed: 1, total: 1, skipped: [], failures: [] });
  expect(result.apart).toMatchObject([{ passed: 1, total: 1 }]);
});

test('workloads that several cases have, and not alike, are nobody’s: the lines are left out', () => {
  const otherwise = { ...whole, id: 'otherwise', manifests: [aPod('a', 'x'), aPod('b', 'b')] };
  const result = resultOf([bare, whole, otherwise]);
  expect(result.apart).toBeUndefined();
  expect(result.skipped).toMatchObject([{ case: 'bare' }]);
});

test('an object that the API server refuses is a failure, whatever the lines say', () => {
  const broken = { ...aPod('B_', 'b') };
  const { failures } = resultOf([{ ...whole, manifests: [...whole.manifests, broken] }]);
  expect(failures).toContainEqual(expect.objectContaining({ probe: 'manifests' }));
});
