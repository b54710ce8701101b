import { expect, test } from 'vitest';
import { splitRule } from './rule-line.tsx';

test.each([
  [
    'comment and target',
    '-A KUBE-SERVICES -d 10.96.40.17/32 -m comment --comment "shop/catalog:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-X',
    ['plain', 'comment', 'plain', 'target'],
  ],
  [
    'an escaped quote in the comment',
    '-A X -m comment --comment "a \\"b\\" -j c" -j Y',
    ['plain', 'comment', 'target'],
  ],
  ['no target', '-A X -p tcp', ['plain']],
  ['a route', 'default via 10.244.0.1 dev eth0', ['plain']],
] as const)('%s', (_name, text, roles) => {
  const parts = splitRule(text);
  expect(parts.map(({ role }) => role)).toEqual(roles);
  expect(parts.map(({ part }) => part).join('')).toBe(text);
});
