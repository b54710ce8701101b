import { expect, test } from 'vitest';
import {
  anp,
  brief,
  CLIENT,
  cnp,
  DNS,
  egress,
  ingress,
  lintShop,
  netpol,
  WEB,
} from '../../testing/lint-shop.ts';

test.each<[string, string, readonly string[]]>([
  // Peers.
  [
    'a peer that may come later',
    ingress('{from: [{podSelector: {matchLabels: {app: backup}}}]}'),
    ['note p .spec.ingress[0].from[0] peer-finds-nobody'],
  ],
  [
    'a peer with a slip of the pen',
    ingress('{from: [{podSelector: {matchLabels: {app: bd}}}]}'),
    ['warning p .spec.ingress[0].from[0] peer-finds-nobody'],
  ],
  [
    'a peer of another namespace',
    ingress('{from: [{podSelector: {matchLabels: {app: client}}}]}'),
    ['warning p .spec.ingress[0].from[0] peer-finds-nobody'],
  ],
  [
    'a namespace by a name that is no label',
    ingress('{from: [{namespaceSelector: {matchLabels: {name: guest}}}]}'),
    ['warning p .spec.ingress[0].from[0] peer-finds-nobody'],
  ],
  [
    'a peer on the network of its node',
    ingress('{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: agent}}}]}'),
    ['warning p .spec.ingress[0].from[0] peer-finds-nobody'],
  ],
  [
    'no such node',
    cnp('egress: [{action: Deny, to: [{nodes: {matchLabels: {zone: b}}}]}]'),
    ['warning c .spec.egress[0].to[0] peer-finds-nobody'],
  ],
  ['a node', cnp('egress: [{action: Deny, to: [{nodes: {matchLabels: {zone: a}}}]}]'), []],
  // Blocks.
  [
    'the address of a pod',
    ingress('{from: [{ipBlock: {cidr: 10.244.0.4/32}}]}'),
    ['warning p .spec.ingress[0].from[0].ipBlock.cidr block-holds-pods'],
  ],
  [
    'the range of Services',
    egress(`${DNS}, {to: [{ipBlock: {cidr: 10.96.0.0/16}}]}`),
    ['warning p .spec.egress[1].to[0].ipBlock.cidr block-holds-services'],
  ],
  [
    'the whole world',
    ingress('{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}'),
    ['note p .spec.ingress[0].from[0].ipBlock.cidr block-holds-pods'],
  ],
  [
    'a network of a cluster policy',
    cnp('egress: [{action: Accept, to: [{networks: [10.244.0.3/32, 203.0.113.0/24]}]}]'),
    ['warning c .spec.egress[0].to[0].networks[0] block-holds-pods'],
  ],
  // Directions.
  [
    'egress rules without Egress',
    netpol(`${WEB}, policyTypes: [Ingress], egress: [{}]`),
    ['warning p .spec.egress rules-not-asked'],
  ],
  [
    'ingress rules without Ingress',
    netpol(`${WEB}, policyTypes: [Egress], ingress: [{}]`),
    ['warning p .spec.ingress rules-not-asked'],
  ],
  // Order.
  [
    'a narrow rule behind a wide one',
    cnp(
      'ingress: [{action: Deny, from: [{namespaces: {}}]}, {action: Accept, from: [{namespaces: {matchLabels: {team: web}}}]}]',
    ),
    ['warning c .spec.ingress[1] never-reached'],
  ],
  [
    'a narrow rule before a wide one',
    cnp(
      'ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: web}}}]}, {action: Deny, from: [{namespaces: {}}]}]',
    ),
    [],
  ],
  [
    'a wide rule for other ports',
    cnp(
      'ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 22}}}]}, {action: Pass, from: [{namespaces: {matchLabels: {team: web}}}]}]',
    ),
    [],
  ],
  [
    'ports within a range',
    cnp(
      'ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {range: {start: 1, end: 100}}}}]}, {action: Pass, from: [{namespaces: {}}], protocols: [{tcp: {destinationPort: {number: 22}}}]}]',
    ),
    ['warning c .spec.ingress[1] never-reached'],
  ],
  [
    'a policy behind another',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'first', 1)}\n---\n${cnp('ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: web}}}]}]', 'second', 2)}`,
    ['warning second .spec.ingress[0] never-reached'],
  ],
  [
    'a policy of the other tier',
    `${cnp('ingress: [{action: Pass, from: [{namespaces: {}}]}]', 'first', 1)}\n---\n${cnp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'base', 1, 'Baseline')}`,
    [],
  ],
  [
    'a NetworkPolicy behind a drop',
    `${anp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'a')}\n---\n${ingress(`{from: [${CLIENT}]}`)}`,
    ['warning p .spec.ingress[0] never-reached'],
  ],
  // Equal priorities.
  [
    'equal priorities that disagree',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'a')}\n---\n${cnp('ingress: [{action: Accept, from: [{namespaces: {matchLabels: {team: web}}}]}]', 'b')}`,
    ['warning a .spec.priority equal-priorities'],
  ],
  [
    'an Allow and a Deny of two kinds',
    `${anp('egress: [{action: Allow, to: [{networks: [203.0.113.0/24]}]}]', 'a')}\n---\n${cnp('egress: [{action: Deny, to: [{networks: [203.0.0.0/16]}]}]', 'b')}`,
    ['warning a .spec.priority equal-priorities'],
  ],
  [
    'equal priorities that agree',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {}}]}]', 'a')}\n---\n${cnp('ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: web}}}]}]', 'b')}`,
    [],
  ],
  [
    'equal priorities about others',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: guests}}}]}]', 'a')}\n---\n${cnp('ingress: [{action: Pass, from: [{namespaces: {matchLabels: {team: web}}}]}]', 'b')}`,
    [],
  ],
  [
    'one priority in two tiers',
    `${cnp('ingress: [{action: Deny, from: [{namespaces: {matchLabels: {team: web}}}]}]', 'a')}\n---\n${cnp('ingress: [{action: Accept, from: [{pods: {podSelector: {matchLabels: {app: web}}}}]}]', 'b', 10, 'Baseline')}`,
    [],
  ],
])('%s', (_, policies, expected) => {
  expect(lintShop(policies).map(brief)).toEqual(expected);
});
