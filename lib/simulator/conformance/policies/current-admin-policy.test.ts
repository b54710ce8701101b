import { expect, test } from 'vitest';
import { currentAdminPolicy } from './current-admin-policy.ts';
import type { Manifest } from './write-objects.ts';

const NAMESPACES = { x: { ns: 'x' }, y: { ns: 'y' }, z: {} };

const anAdmin = (from: unknown): Manifest => ({
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name: 'anp' },
  spec: { priority: 1, subject: { namespaces: {} }, ingress: [{ action: 'Deny', from: [from] }] },
});

const specsOf = (from: unknown) =>
  currentAdminPolicy(anAdmin(from), NAMESPACES).map(({ spec }) => spec);

test('a namespace selector of the first edition is one of the present', () => {
  const selector = { matchLabels: { ns: 'y' } };
  expect(specsOf({ namespaces: { namespaceSelector: selector } })).toEqual([
    {
      priority: 1,
      subject: { namespaces: { matchExpressions: [] } },
      ingress: [{ action: 'Deny', from: [{ namespaces: selector }] }],
    },
  ]);
});

test('a podSelector that Go left out is an empty one', () => {
  expect(specsOf({ pods: { namespaceSelector: {} } })).toMatchObject([
    { ingress: [{ from: [{ pods: { namespaceSelector: {}, podSelector: {} } }] }] },
  ]);
});

test('sameLabels: a policy for each value that namespaces have, and none for those without the label', () => {
  const named = (ns: string) => ({ namespaces: { matchLabels: { ns } } });
  const subject = (ns: string) => ({ key: 'ns', operator: 'In', values: [ns] });
  expect(specsOf({ namespaces: { sameLabels: ['ns'] } })).toMatchObject([
    {
      subject: { namespaces: { matchExpressions: [subject('x')] } },
      ingress: [{ from: [named('x')] }],
    },
    {
      subject: { namespaces: { matchExpressions: [subject('y')] } },
      ingress: [{ from: [named('y')] }],
    },
    {
      subject: { namespaces: { matchExpressions: [{ key: 'ns', operator: 'DoesNotExist' }] } },
      ingress: [],
    },
  ]);
});

test('notSameLabels: namespaces that have the label with another value', () => {
  const [ofX] = specsOf({ namespaces: { notSameLabels: ['ns'] } });
  expect(ofX).toMatchObject({
    ingress: [
      {
        from: [
          {
            namespaces: {
              matchExpressions: [
                { key: 'ns', operator: 'Exists' },
                { key: 'ns', operator: 'NotIn', values: ['x'] },
              ],
            },
          },
        ],
      },
    ],
  });
});
