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
} from '../../testing/lint-shop.ts';

test.each<[string, string, readonly string[]]>([
  // What is well made is not spoken of.
  ['a policy with a peer', ingress(`{from: [${CLIENT}], ports: [{port: http}]}`), []],
  ['isolation of every pod', netpol('podSelector: {}'), []],
  ['isolation of egress, without rules', egress(''), []],
  ['egress with DNS', egress(`{to: [{podSelector: {matchLabels: {app: db}}}]}, ${DNS}`), []],
  ['the pods of the own namespace', ingress('{from: [{podSelector: {}}]}'), []],
  ['everybody on one port', ingress('{from: [{namespaceSelector: {}}], ports: [{port: 80}]}'), []],
  ['pods that a workload will make', netpol('podSelector: {matchLabels: {app: later}}'), []],
  [
    'a peer that a workload will make',
    ingress('{from: [{podSelector: {matchLabels: {app: later}}}]}'),
    [],
  ],
  ['a block outside', ingress('{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}'), []],
  [
    'the world without the pods',
    ingress('{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.244.0.0/16]}}]}'),
    [],
  ],
  [
    'an admin rule that drops everything',
    anp('ingress: [{action: Deny, from: [{namespaces: {}}]}]'),
    [],
  ],
  // Selecting nothing.
  [
    'a slip of the pen',
    netpol('podSelector: {matchLabels: {app: wbe}}'),
    ['warning p .spec.podSelector selects-nothing'],
  ],
  [
    'an empty namespace',
    netpol('podSelector: {}', 'p', 'empty'),
    ['warning p .spec.podSelector selects-nothing'],
  ],
  [
    'a pod on the network of its node',
    netpol('podSelector: {matchLabels: {app: agent}}', 'p', 'kube-system'),
    ['warning p .spec.podSelector selects-host-network'],
  ],
  [
    'a subject without pods',
    `{kind: AdminNetworkPolicy, metadata: {name: p}, spec: {priority: 1, subject: {namespaces: {matchLabels: {team: wb}}}, ingress: [{action: Deny, from: [{namespaces: {}}]}]}}`,
    ['warning p .spec.subject.namespaces selects-nothing'],
  ],
  // Selecting everything.
  ['an empty rule alone', ingress('{}'), ['note p .spec.ingress[0] selects-everything']],
  [
    'an empty rule beside another',
    ingress(`{from: [${CLIENT}]}, {}`),
    ['warning p .spec.ingress[1] selects-everything'],
  ],
  [
    'an empty rule that undoes another policy',
    `${ingress('{}')}\n---\n${netpol('podSelector: {}', 'shut')}`,
    ['warning p .spec.ingress[0] selects-everything'],
  ],
  [
    'an empty rule beside a policy for other pods',
    `${ingress('{}')}\n---\n${netpol('podSelector: {matchLabels: {app: db}}', 'shut')}`,
    ['note p .spec.ingress[0] selects-everything'],
  ],
  [
    'every namespace on every port',
    ingress('{from: [{namespaceSelector: {}}]}'),
    ['warning p .spec.ingress[0].from[0] selects-everything'],
  ],
  [
    'every namespace of an admin policy',
    anp('egress: [{action: Allow, to: [{namespaces: {}}]}]'),
    ['warning p .spec.egress[0].to[0] selects-everything'],
  ],
  // A list of two.
  [
    'namespaces and pods as two items',
    ingress(
      '{from: [{namespaceSelector: {matchLabels: {team: guests}}}, {podSelector: {matchLabels: {app: client}}}]}',
    ),
    [
      'warning p .spec.ingress[0].from list-of-two',
      'warning p .spec.ingress[0].from[1] peer-finds-nobody',
    ],
  ],
  [
    'the same the other way round',
    ingress(
      '{from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {matchLabels: {team: guests}}}]}',
    ),
    ['warning p .spec.ingress[0].from list-of-two'],
  ],
  [
    'a namespace, and pods that are only here',
    ingress(
      '{from: [{namespaceSelector: {matchLabels: {team: guests}}}, {podSelector: {matchLabels: {app: db}}}]}',
    ),
    [],
  ],
  [
    'two namespaces and pods',
    ingress(
      '{from: [{namespaceSelector: {matchLabels: {team: guests}}}, {namespaceSelector: {matchLabels: {team: web}}}, {podSelector: {matchLabels: {app: web}}}]}',
    ),
    [],
  ],
  // DNS.
  [
    'egress without DNS',
    egress('{to: [{podSelector: {matchLabels: {app: db}}}]}'),
    ['warning p .spec.egress dns-forgotten'],
  ],
  [
    'DNS by UDP alone',
    egress('{to: [{podSelector: {matchLabels: {app: db}}}]}, {ports: [{port: 53, protocol: UDP}]}'),
    ['note p .spec.egress dns-forgotten'],
  ],
  [
    'DNS by another policy',
    `${egress('{to: [{podSelector: {matchLabels: {app: db}}}]}')}\n---\n${netpol(`podSelector: {}, policyTypes: [Egress], egress: [${DNS}]`, 'dns')}`,
    [],
  ],
  [
    'egress to addresses alone',
    egress('{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}'),
    ['note p .spec.egress dns-forgotten'],
  ],
  [
    'DNS on the address of the Service',
    egress(
      '{to: [{podSelector: {matchLabels: {app: db}}}]}, {to: [{ipBlock: {cidr: 10.96.0.10/32}}], ports: [{port: 53, protocol: UDP}, {port: 53}]}',
    ),
    [
      'warning p .spec.egress[1].to[0].ipBlock.cidr block-holds-services',
      'warning p .spec.egress dns-forgotten',
    ],
  ],
  [
    'a pod with resolvers of its own',
    netpol(
      'podSelector: {matchLabels: {k8s-app: kube-dns}}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.53/32}}]}]',
      'p',
      'kube-system',
    ),
    [],
  ],
  [
    'DNS dropped by an admin policy',
    `${anp('egress: [{action: Deny, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}}]}]', 'a')}\n---\n${egress(`{to: [{podSelector: {matchLabels: {app: db}}}]}`)}`,
    [],
  ],
  // Port names.
  [
    'a port name that nobody has',
    ingress(`{from: [${CLIENT}], ports: [{port: web}]}`),
    ['warning p .spec.ingress[0].ports[0] unknown-port-name'],
  ],
  [
    'a port name of another protocol',
    ingress(`{from: [${CLIENT}], ports: [{port: http, protocol: UDP}]}`),
    ['warning p .spec.ingress[0].ports[0] unknown-port-name'],
  ],
  [
    'a port name at the other end',
    egress(`${DNS}, {to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: pg}]}`),
    [],
  ],
  [
    'the own port name for egress',
    egress(`${DNS}, {to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: http}]}`),
    ['warning p .spec.egress[1].ports[0] unknown-port-name'],
  ],
  [
    'a port name of addresses',
    egress(`${DNS}, {to: [{ipBlock: {cidr: 203.0.113.0/24}}], ports: [{port: https}]}`),
    ['warning p .spec.egress[1].ports[0] unknown-port-name'],
  ],
  [
    'a port name of a cluster policy',
    cnp(
      'ingress: [{action: Deny, from: [{namespaces: {}}], protocols: [{destinationNamedPort: mysql}]}]',
    ),
    ['warning c .spec.ingress[0].protocols[0] unknown-port-name'],
  ],
])('%s', (_, policies, expected) => {
  expect(lintShop(policies).map(brief)).toEqual(expected);
});
