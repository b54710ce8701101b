import { expect, test } from 'vitest';
import { openPolicyServer } from '../testing/open-policy-server.ts';

const netpol = (rule: object) => ({ podSelector: {}, ingress: [rule] });
const block = (cidr: string, ...except: string[]) =>
  netpol({ from: [{ ipBlock: { cidr, except } }] });
const at = 'spec.ingress[0].from[0].ipBlock';

test.each<[string, object, readonly string[]]>([
  [
    'a block without a length',
    block('10.0.0.1'),
    [
      `${at}.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
  ],
  [
    'a block of a length that no address has',
    block('10.0.0.0/33'),
    [
      `${at}.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
  ],
  ['no block', block(''), [`${at}.cidr: Required value`]],
  [
    'exceptions outside, of the same size, of the other family and of no network',
    block('10.0.0.0/8', '11.0.0.0/16', '10.0.0.0/8', 'fd00::/64', 'ten'),
    [
      `${at}.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of \`cidr\``,
      `${at}.except[1]: Invalid value: "10.0.0.0/8": must be a strict subset of \`cidr\``,
      `${at}.except[2]: Invalid value: "fd00::/64": must be a strict subset of \`cidr\``,
      `${at}.except[3]: Invalid value: "ten": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
  ],
  [
    'a range that ends before it begins',
    netpol({ ports: [{ port: 8080, endPort: 80 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 8080: must be greater than or equal to `port`',
    ],
  ],
  [
    'a range from a name',
    netpol({ ports: [{ port: 'web', endPort: 80 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
  ],
  [
    'a range from nowhere to no port',
    netpol({ ports: [{ endPort: 70000 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 70000: may not be specified when `port` is not specified',
    ],
  ],
  [
    'ports that are none',
    netpol({
      ports: [{ port: 0, endPort: 65536 }, { port: 'a--b' }, { port: '80' }, { port: '' }],
    }),
    [
      'spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ingress[0].ports[0].endPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
      'spec.ingress[0].ports[1].port: Invalid value: "a--b": must not contain consecutive hyphens',
      'spec.ingress[0].ports[2].port: Invalid value: "80": must contain at least one letter (a-z)',
      'spec.ingress[0].ports[3].port: Invalid value: "": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)',
      'spec.ingress[0].ports[3].port: Invalid value: "": must contain at least one letter (a-z)',
    ],
  ],
  [
    'another protocol',
    netpol({ ports: [{ protocol: 'ICMP' }] }),
    [
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
  ],
  [
    'another direction',
    { podSelector: {}, policyTypes: ['ingress'] },
    ['spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress"'],
  ],
  [
    'three directions',
    { podSelector: {}, policyTypes: ['Ingress', 'Egress', 'Ingress'] },
    [
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
    ],
  ],
  [
    'a peer that is nobody',
    netpol({ from: [{}] }),
    ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  ],
  [
    'nothing in a list of peers',
    netpol({ from: [null] }),
    ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  ],
  [
    'a block with pods',
    netpol({ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }),
    ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  ],
  [
    'an unknown operator',
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'Is', values: ['web'] }] } },
    [
      'spec.podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ],
  ],
  [
    'values without need and a lack of them',
    {
      podSelector: {
        matchExpressions: [
          { key: 'app', operator: 'In' },
          { key: 'app', operator: 'Exists', values: ['web'] },
        ],
      },
    },
    [
      "spec.podSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.podSelector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
    ],
  ],
])('the API refuses %s in a NetworkPolicy', (_, spec, expected) => {
  const { create, store } = openPolicyServer();
  const answer = create('NetworkPolicy', spec);
  expect(answer.code).toBe(422);
  expect(answer.message).toBe(
    `NetworkPolicy.networking.k8s.io "default" is invalid: ${
      expected.length > 1 ? `[${expected.join(', ')}]` : expected[0]
    }`,
  );
  expect(store.list('NetworkPolicy')).toEqual([]);
});

test.each([
  ['egress rules', { podSelector: {}, egress: [{}] }, ['Ingress', 'Egress']],
  ['an empty list of egress rules', { podSelector: {}, egress: [] }, ['Ingress']],
  ['nothing', { podSelector: {} }, ['Ingress']],
  ['nothing but an empty list of types', { podSelector: {}, policyTypes: [] }, ['Ingress']],
  ['ingress rules and one type', { ...netpol({}), policyTypes: ['Egress'] }, ['Egress']],
])('a NetworkPolicy with %s is about what the API fills in', (_, spec, policyTypes) => {
  expect(openPolicyServer().create('NetworkPolicy', spec)).toMatchObject({ spec: { policyTypes } });
});

test.each([
  ['a network', block('10.0.0.0/8', '10.1.0.0/16'), []],
  [
    'an address with a length',
    block('10.1.2.3/8', '10.1.2.3/16'),
    [
      `${at}.cidr: CIDR value "10.1.2.3/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.1.2.3/32"?)`,
      `${at}.except[0]: CIDR value "10.1.2.3/16" is ambiguous in this context (should be "10.1.0.0/16" or "10.1.2.3/32"?)`,
    ],
  ],
  [
    'an IPv4 network in an IPv6 one',
    block('::ffff:10.0.0.0/104'),
    [
      `${at}.cidr: non-standard CIDR value "::ffff:10.0.0.0/104" will be considered invalid in a future Kubernetes release: use "10.0.0.0/8"`,
    ],
  ],
  [
    'a network at length',
    block('2001:DB8:0::/64'),
    [
      `${at}.cidr: IPv6 CIDR value "2001:DB8:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")`,
    ],
  ],
])('the API takes %s, and says what it thinks of it', (_, spec, warnings) => {
  const answer = openPolicyServer().create('NetworkPolicy', spec);
  expect(answer.code).toBe(201);
  expect(answer.warnings).toEqual(warnings);
});

test('nothing in a list of rules is an empty rule, as Go reads it', () => {
  const { create } = openPolicyServer();
  expect(create('NetworkPolicy', { podSelector: {}, ingress: [null] })).toMatchObject({
    code: 201,
    spec: { ingress: [{}] },
  });
});
