import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import type { KubeObject, Status } from '../api/meta/object.ts';
import { createStore, createStoreState } from './create-store.ts';
import { handleRequest } from './rest.ts';
import type { RestRequest } from './rest-types.ts';

const NOW = 1_700_000_000 * SECOND;
const GROUP = '/apis/policy.networking.k8s.io';

const KINDS = {
  NetworkPolicy: [
    'networking.k8s.io/v1',
    '/apis/networking.k8s.io/v1/namespaces/default/networkpolicies',
  ],
  AdminNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha1',
    `${GROUP}/v1alpha1/adminnetworkpolicies`,
  ],
  BaselineAdminNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha1',
    `${GROUP}/v1alpha1/baselineadminnetworkpolicies`,
  ],
  ClusterNetworkPolicy: [
    'policy.networking.k8s.io/v1alpha2',
    `${GROUP}/v1alpha2/clusternetworkpolicies`,
  ],
} as const;

type Kind = keyof typeof KINDS;

function openServer() {
  const store = createStore({
    state: createStoreState(),
    now: () => NOW,
    random: seedRandom('policies'),
  });
  store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } });
  const send = (method: RestRequest['method'], path: string, body?: unknown) => {
    const response = handleRequest(
      {
        method,
        path,
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? '' : JSON.stringify(body),
      },
      { store, options: { kubernetesVersion: '1.35' }, now: NOW },
    );
    if (!('body' in response)) throw new Error('a stream is no answer to this');
    const { status: code, body: text, warnings } = response;
    return { ...(JSON.parse(text) as KubeObject & Status), code, warnings };
  };
  const create = (kind: Kind, spec: unknown, name = 'default') =>
    send('POST', KINDS[kind][1], {
      apiVersion: KINDS[kind][0],
      kind,
      metadata: { name },
      spec,
    });
  return { store, send, create };
}

const EVERYONE = { namespaces: {} };
const anp = (more: object) => ({ priority: 10, subject: EVERYONE, ...more });
const banp = (more: object) => ({ subject: EVERYONE, ...more });
const cnp = (more: object) => ({ tier: 'Admin', ...anp(more) });
const to = (peer: object, more: object = {}) => ({
  egress: [{ action: 'Deny', to: [peer], ...more }],
});
const from = (peer: object, more: object = {}) => ({
  ingress: [{ action: 'Deny', from: [peer], ...more }],
});
const port = (item: object) => from(EVERYONE, { ports: [item] });
const netpol = (rule: object) => ({ podSelector: {}, ingress: [rule] });
const block = (cidr: string, ...except: string[]) =>
  netpol({ from: [{ ipBlock: { cidr, except } }] });
const at = 'spec.ingress[0].from[0].ipBlock';
const protocol = (item: object) => from(EVERYONE, { protocols: [item] });

test.each<[string, Kind, object]>([
  ['an empty one', 'AdminNetworkPolicy', anp({})],
  ['the highest priority', 'AdminNetworkPolicy', anp({ priority: 0 })],
  [
    'pods of namespaces',
    'AdminNetworkPolicy',
    anp(from({ pods: { namespaceSelector: {}, podSelector: {} } })),
  ],
  ['nodes', 'AdminNetworkPolicy', anp(to({ nodes: {} }))],
  [
    'networks of both families',
    'AdminNetworkPolicy',
    anp(to({ networks: ['10.0.0.0/8', '::/0'] })),
  ],
  // The rule of v1alpha1 looks for a colon or a dot alone.
  [
    'a network that is none, of v1alpha1',
    'AdminNetworkPolicy',
    anp(to({ networks: ['10.0.0/99'] })),
  ],
  ['domain names', 'AdminNetworkPolicy', anp(to({ domainNames: ['*.example.com', 'a.b.'] }))],
  [
    'a port range of one port',
    'AdminNetworkPolicy',
    anp(port({ portRange: { start: 5, end: 5 } })),
  ],
  ['a port name', 'AdminNetworkPolicy', anp(to(EVERYONE, { ports: [{ namedPort: 'web' }] }))],
  ['networks', 'BaselineAdminNetworkPolicy', banp(to({ networks: ['0.0.0.0/0'] }))],
  ['the baseline tier', 'ClusterNetworkPolicy', cnp({ tier: 'Baseline' })],
  ['pods without namespaces', 'ClusterNetworkPolicy', cnp(from({ pods: { podSelector: {} } }))],
  [
    'a range',
    'ClusterNetworkPolicy',
    cnp(protocol({ tcp: { destinationPort: { range: { start: 1, end: 65535 } } } })),
  ],
  ['a port name', 'ClusterNetworkPolicy', cnp(protocol({ destinationNamedPort: 'web' }))],
])('the API takes %s in a %s', (_, kind, spec) => {
  expect(openServer().create(kind, spec).code).toBe(201);
});

const UNCHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
const NO_PORT_NAMES =
  'networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames';

test.each<[string, Kind, object, readonly string[]]>([
  [
    'a priority over 1000',
    'AdminNetworkPolicy',
    anp({ priority: 1001 }),
    [
      'spec.priority: Invalid value: 1001: spec.priority in body should be less than or equal to 1000',
    ],
  ],
  [
    'a priority below 0',
    'ClusterNetworkPolicy',
    cnp({ priority: -1 }),
    [
      'spec.priority: Invalid value: -1: spec.priority in body should be greater than or equal to 0',
    ],
  ],
  [
    'nothing',
    'AdminNetworkPolicy',
    {},
    ['spec.priority: Required value', 'spec.subject: Required value', UNCHECKED],
  ],
  ['no tier', 'ClusterNetworkPolicy', anp({}), ['spec.tier: Required value', UNCHECKED]],
  [
    'an unknown tier',
    'ClusterNetworkPolicy',
    anp({ tier: 'Network' }),
    ['spec.tier: Unsupported value: "Network": supported values: "Admin", "Baseline"', UNCHECKED],
  ],
  [
    'the action of another version',
    'ClusterNetworkPolicy',
    cnp(from(EVERYONE, { action: 'Allow' })),
    [
      'spec.ingress[0].action: Unsupported value: "Allow": supported values: "Accept", "Deny", "Pass"',
      UNCHECKED,
    ],
  ],
  [
    'Pass',
    'BaselineAdminNetworkPolicy',
    banp(to(EVERYONE, { action: 'Pass' })),
    [
      'spec.egress[0].action: Unsupported value: "Pass": supported values: "Allow", "Deny"',
      UNCHECKED,
    ],
  ],
  [
    'two forms of a peer',
    'AdminNetworkPolicy',
    anp(to({ ...EVERYONE, nodes: {} })),
    ['spec.egress[0].to[0]: Too many: 2: must have at most 1 items', UNCHECKED],
  ],
  [
    'no form of a peer',
    'ClusterNetworkPolicy',
    cnp(from({})),
    [
      'spec.ingress[0].from[0]: Invalid value: 0: spec.ingress[0].from[0] in body should have at least 1 properties',
    ],
  ],
  [
    'a subject of two forms',
    'ClusterNetworkPolicy',
    cnp({ subject: { ...EVERYONE, pods: { podSelector: {} } } }),
    ['spec.subject: Too many: 2: must have at most 1 items', UNCHECKED],
  ],
  [
    'nobody',
    'AdminNetworkPolicy',
    anp({ ingress: [{ action: 'Deny', from: [] }] }),
    [
      'spec.ingress[0].from: Invalid value: 0: spec.ingress[0].from in body should have at least 1 items',
    ],
  ],
  [
    'port 0',
    'AdminNetworkPolicy',
    anp(port({ portNumber: { port: 0 } })),
    [
      'spec.ingress[0].ports[0].portNumber.port: Invalid value: 0: spec.ingress[0].ports[0].portNumber.port in body should be greater than or equal to 1',
    ],
  ],
  [
    'a port in words',
    'AdminNetworkPolicy',
    anp(port({ portNumber: { port: 'web' } })),
    [
      'spec.ingress[0].ports[0].portNumber.port: Invalid value: "string": spec.ingress[0].ports[0].portNumber.port in body must be of type integer: "string"',
      UNCHECKED,
    ],
  ],
  [
    'a range that ends where it starts',
    'ClusterNetworkPolicy',
    cnp(protocol({ udp: { destinationPort: { range: { start: 5, end: 5 } } } })),
    [
      'spec.ingress[0].protocols[0].udp.destinationPort.range: Invalid value: Start port must be less than End port',
    ],
  ],
  [
    'a protocol without a port',
    'ClusterNetworkPolicy',
    cnp(protocol({ tcp: {} })),
    [
      'spec.ingress[0].protocols[0].tcp: Invalid value: 0: spec.ingress[0].protocols[0].tcp in body should have at least 1 properties',
    ],
  ],
  [
    'a network without a length',
    'ClusterNetworkPolicy',
    cnp(to({ networks: ['10.0.0.1'] })),
    ['spec.egress[0].to[0].networks[0]: Invalid value: "10.0.0.1": Invalid CIDR format provided'],
  ],
  [
    'a network twice',
    'ClusterNetworkPolicy',
    cnp(to({ networks: ['10.0.0.0/8', '10.0.0.0/8'] })),
    ['spec.egress[0].to[0].networks[1]: Duplicate value: "10.0.0.0/8"'],
  ],
  [
    'a network of words',
    'AdminNetworkPolicy',
    anp(to({ networks: ['everywhere'] })),
    [
      'spec.egress[0].to[0].networks[0]: Invalid value: "everywhere": CIDR must be either an IPv4 or IPv6 address. IPv4 address embedded in IPv6 addresses are not supported',
    ],
  ],
  [
    'a domain name with a star inside',
    'ClusterNetworkPolicy',
    cnp(to({ domainNames: ['a.*.com'] })),
    [
      'spec.egress[0].to[0].domainNames[0]: Invalid value: "a.*.com": spec.egress[0].to[0].domainNames[0] in body should match \'^(\\*\\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\\.?$\'',
    ],
  ],
  [
    'a port name for nodes',
    'AdminNetworkPolicy',
    anp(to({ nodes: {} }, { ports: [{ namedPort: 'web' }] })),
    [`spec.egress[0]: Invalid value: ${NO_PORT_NAMES}`],
  ],
  [
    'a port name for domain names',
    'ClusterNetworkPolicy',
    cnp(to({ domainNames: ['a.com'] }, { protocols: [{ destinationNamedPort: 'web' }] })),
    [`spec.egress[0]: Invalid value: ${NO_PORT_NAMES}`],
  ],
  [
    'a port name for networks',
    'BaselineAdminNetworkPolicy',
    banp(to({ networks: ['::/0'] }, { ports: [{ namedPort: 'web' }] })),
    [
      'spec.egress[0]: Invalid value: networks/nodes peer cannot be set with namedPorts since there are no namedPorts for networks/nodes',
    ],
  ],
  [
    'a long name of a rule',
    'AdminNetworkPolicy',
    anp(from(EVERYONE, { name: 'x'.repeat(101) })),
    ['spec.ingress[0].name: Too long: may not be more than 100 bytes', UNCHECKED],
  ],
  [
    'a block without a length',
    'NetworkPolicy',
    block('10.0.0.1'),
    [
      `${at}.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
  ],
  [
    'a block of a length that no address has',
    'NetworkPolicy',
    block('10.0.0.0/33'),
    [
      `${at}.cidr: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ],
  ],
  ['no block', 'NetworkPolicy', block(''), [`${at}.cidr: Required value`]],
  [
    'exceptions outside, of the same size, of the other family and of no network',
    'NetworkPolicy',
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
    'NetworkPolicy',
    netpol({ ports: [{ port: 8080, endPort: 80 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 8080: must be greater than or equal to `port`',
    ],
  ],
  [
    'a range from a name',
    'NetworkPolicy',
    netpol({ ports: [{ port: 'web', endPort: 80 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric',
    ],
  ],
  [
    'a range from nowhere to no port',
    'NetworkPolicy',
    netpol({ ports: [{ endPort: 70000 }] }),
    [
      'spec.ingress[0].ports[0].endPort: Invalid value: 70000: may not be specified when `port` is not specified',
    ],
  ],
  [
    'ports that are none',
    'NetworkPolicy',
    netpol({ ports: [{ port: 0, endPort: 65536 }, { port: 'a--b' }, { port: '80' }] }),
    [
      'spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
      'spec.ingress[0].ports[0].endPort: Invalid value: 65536: must be between 1 and 65535, inclusive',
      'spec.ingress[0].ports[1].port: Invalid value: "a--b": must not contain consecutive hyphens',
      'spec.ingress[0].ports[2].port: Invalid value: "80": must contain at least one letter (a-z)',
    ],
  ],
  [
    'another protocol',
    'NetworkPolicy',
    netpol({ ports: [{ protocol: 'ICMP' }] }),
    [
      'spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
  ],
  [
    'another direction',
    'NetworkPolicy',
    { podSelector: {}, policyTypes: ['ingress'] },
    ['spec.policyTypes[0]: Unsupported value: "ingress": supported values: "Ingress", "Egress"'],
  ],
  [
    'three directions',
    'NetworkPolicy',
    { podSelector: {}, policyTypes: ['Ingress', 'Egress', 'Ingress'] },
    [
      'spec.policyTypes: Invalid value: ["Ingress","Egress","Ingress"]: may not specify more than two policyTypes',
    ],
  ],
  [
    'a peer that is nobody',
    'NetworkPolicy',
    netpol({ from: [{}] }),
    ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  ],
  [
    'a block with pods',
    'NetworkPolicy',
    netpol({ from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] }),
    ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  ],
  [
    'an unknown operator',
    'NetworkPolicy',
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'Is', values: ['web'] }] } },
    [
      'spec.podSelector.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator',
    ],
  ],
  [
    'values without need and a lack of them',
    'NetworkPolicy',
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
])('the API refuses %s in a %s', (_, kind, spec, expected) => {
  const { create, store } = openServer();
  const answer = create(kind, spec);
  expect(answer.code).toBe(422);
  const [head = '', ...rest] = answer.message?.split(/ is invalid: /) ?? [];
  expect(head).toBe(`${kind}.${KINDS[kind][0].split('/')[0]} "default"`);
  expect(rest.join('')).toBe(expected.length > 1 ? `[${expected.join(', ')}]` : expected[0]);
  expect(store.list(kind)).toEqual([]);
});

test('there is one baseline policy, and it is named default', () => {
  const { create, store } = openServer();
  expect(create('BaselineAdminNetworkPolicy', banp({}), 'second').message).toBe(
    'BaselineAdminNetworkPolicy.policy.networking.k8s.io "second" is invalid: <nil>: Invalid value: Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
  );
  expect(store.list('BaselineAdminNetworkPolicy')).toEqual([]);
});

test('policies of equal priority are taken', () => {
  const { create, store } = openServer();
  for (const name of ['a', 'b']) {
    expect(create('AdminNetworkPolicy', anp({}), name).code).toBe(201);
    expect(create('ClusterNetworkPolicy', cnp({}), name).code).toBe(201);
  }
  expect(store.list('ClusterNetworkPolicy')).toHaveLength(2);
});

test('a protocol that is left out is TCP, and a field that nobody knows is dropped', () => {
  const { create } = openServer();
  const spec = anp(port({ portNumber: { port: 80 } }));
  expect(create('AdminNetworkPolicy', { ...spec, tier: 'Admin' })).toMatchObject({
    metadata: { generation: 1 },
    spec: anp(port({ portNumber: { port: 80, protocol: 'TCP' } })),
  });
});

test('looking for policies that nobody made leaves no trace in the state', () => {
  const { store, send } = openServer();
  const before = JSON.stringify(store);
  expect(store.list('AdminNetworkPolicy')).toEqual([]);
  expect(send('GET', `${KINDS.AdminNetworkPolicy[1]}/x`).code).toBe(404);
  expect(JSON.stringify(store)).toBe(before);
});

test.each([
  ['egress rules', { podSelector: {}, egress: [{}] }, ['Ingress', 'Egress']],
  ['an empty list of egress rules', { podSelector: {}, egress: [] }, ['Ingress']],
  ['nothing', { podSelector: {} }, ['Ingress']],
  ['nothing but an empty list of types', { podSelector: {}, policyTypes: [] }, ['Ingress']],
  ['ingress rules and one type', { ...netpol({}), policyTypes: ['Egress'] }, ['Egress']],
])('a NetworkPolicy with %s is about what the API fills in', (_, spec, policyTypes) => {
  expect(openServer().create('NetworkPolicy', spec)).toMatchObject({ spec: { policyTypes } });
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
    'a network at length',
    block('2001:DB8:0::/64'),
    [
      `${at}.cidr: IPv6 CIDR value "2001:DB8:0::/64" should be in RFC 5952 canonical format ("2001:db8::/64")`,
    ],
  ],
])('the API takes %s, and says what it thinks of it', (_, spec, warnings) => {
  const answer = openServer().create('NetworkPolicy', spec);
  expect(answer.code).toBe(201);
  expect(answer.warnings).toEqual(warnings);
});
