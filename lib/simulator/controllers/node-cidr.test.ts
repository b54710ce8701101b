import { expect, test } from 'vitest';
import type { Node } from '../api/core/node.ts';
import { aNode } from '../testing/objects.ts';
import { runControllers } from '../testing/run-controllers.ts';
import { nextNodeCidr, nodeCidrController } from './node-cidr.ts';

test.each([
  ['the first', '10.244.0.0/16', [], '10.244.0.0/24'],
  ['a gap is filled', '10.244.0.0/16', ['10.244.0.0/24', '10.244.2.0/24'], '10.244.1.0/24'],
  ['IPv6', 'fd00:10:244::/56', ['fd00:10:244::/64'], 'fd00:10:244:1::/64'],
  ['none left', '10.0.0.0/23', ['10.0.0.0/24', '10.0.1.0/24'], undefined],
] as const)('node range: %s', (_, range, taken, expected) => {
  expect(nextNodeCidr(range, taken)).toBe(expected);
});

test.each([
  ['no part of the Service range is given', '10.0.0.0/22', ['10.0.0.0/23'], '10.0.2.0/24'],
  ['a Service range within a part', '10.0.0.0/23', ['10.0.0.128/28'], '10.0.1.0/24'],
  ['a Service range around it all', '10.0.0.0/16', ['10.0.0.0/12'], undefined],
  ['a Service range elsewhere', '10.0.0.0/16', ['10.96.0.0/12'], '10.0.0.0/24'],
])('node range beside Services: %s', (_, range, services, expected) => {
  expect(nextNodeCidr(range, [], services)).toBe(expected);
});

test('nodes get ranges in the order in which they came', () => {
  const on = runControllers([nodeCidrController]);
  for (const name of ['zeta', 'alpha']) {
    on.add(aNode(name));
    on.settle();
  }
  expect(
    on.store.list<Node>('Node').map(({ metadata, spec }) => [metadata.name, spec.podCIDR]),
  ).toEqual([
    ['alpha', '10.244.1.0/24'],
    ['zeta', '10.244.0.0/24'],
  ]);
});
