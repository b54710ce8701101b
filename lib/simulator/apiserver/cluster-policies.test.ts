import { expect, test } from 'vitest';
import type { KubeObject } from '../api/meta/object.ts';
import {
  openPolicyServer,
  POLICY_KINDS,
  type PolicyKindName,
} from '../testing/open-policy-server.ts';

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
const protocol = (item: object) => from(EVERYONE, { protocols: [item] });

test.each<[string, PolicyKindName, object]>([
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
  expect(openPolicyServer().create(kind, spec).code).toBe(201);
});

const UNCHECKED =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
const NO_PORT_NAMES =
  'networks/nodes/domainNames peer cannot be set with namedPorts since there are no namedPorts for networks/nodes/domainNames';

test.each<[string, PolicyKindName, object, readonly string[]]>([
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
])('the API refuses %s in a %s', (_, kind, spec, expected) => {
  const { create, store } = openPolicyServer();
  const answer = create(kind, spec);
  expect(answer.code).toBe(422);
  const [head = '', ...rest] = answer.message?.split(/ is invalid: /) ?? [];
  expect(head).toBe(`${kind}.${POLICY_KINDS[kind][0].split('/')[0]} "default"`);
  expect(rest.join('')).toBe(expected.length > 1 ? `[${expected.join(', ')}]` : expected[0]);
  expect(store.list(kind)).toEqual([]);
});

test('there is one baseline policy, and it is named default', () => {
  const { create, store } = openPolicyServer();
  expect(create('BaselineAdminNetworkPolicy', banp({}), 'second').message).toBe(
    'BaselineAdminNetworkPolicy.policy.networking.k8s.io "second" is invalid: <nil>: Invalid value: Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
  );
  expect(store.list('BaselineAdminNetworkPolicy')).toEqual([]);
});

test('policies of equal priority are taken', () => {
  const { create, store } = openPolicyServer();
  for (const name of ['a', 'b']) {
    expect(create('AdminNetworkPolicy', anp({}), name).code).toBe(201);
    expect(create('ClusterNetworkPolicy', cnp({}), name).code).toBe(201);
  }
  expect(store.list('ClusterNetworkPolicy')).toHaveLength(2);
});

test('a protocol that is left out is TCP, and a field that nobody knows is dropped', () => {
  const { create } = openPolicyServer();
  const spec = anp(port({ portNumber: { port: 80 } }));
  expect(create('AdminNetworkPolicy', { ...spec, tier: 'Admin' })).toMatchObject({
    metadata: { generation: 1 },
    spec: anp(port({ portNumber: { port: 80, protocol: 'TCP' } })),
  });
});

test('looking for policies that nobody made leaves no trace in the state', () => {
  const { store, send } = openPolicyServer();
  const before = JSON.stringify(store);
  expect(store.list('AdminNetworkPolicy')).toEqual([]);
  expect(send('GET', `${POLICY_KINDS.AdminNetworkPolicy[1]}/x`).code).toBe(404);
  expect(JSON.stringify(store)).toBe(before);
});

test('the definition of a kind that is served already changes nothing', () => {
  const { store, send, create } = openPolicyServer();
  const names = { plural: 'clusternetworkpolicies', kind: 'ClusterNetworkPolicy' };
  store.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'clusternetworkpolicies.policy.networking.k8s.io',
      annotations: { 'api-approved.kubernetes.io': 'https://example.com' },
    },
    spec: {
      group: 'policy.networking.k8s.io',
      names,
      scope: 'Cluster',
      versions: [
        {
          name: 'v1alpha2',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
    status: { conditions: [{ type: 'Established', status: 'True' }] },
  } as KubeObject);
  expect(create('ClusterNetworkPolicy', cnp({ priority: 1001 })).code).toBe(422);
  const { resources } = send('GET', '/apis/policy.networking.k8s.io/v1alpha2') as unknown as {
    resources: readonly { name: string }[];
  };
  expect(resources.map(({ name }) => name)).toEqual([
    'clusternetworkpolicies',
    'clusternetworkpolicies/status',
  ]);
});
