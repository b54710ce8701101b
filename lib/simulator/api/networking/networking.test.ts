import { expect, test } from 'vitest';
import type { KubeObject } from '../meta/object.ts';
import { formatProblem } from '../schema/field-problem.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { INGRESS_CLASS } from './ingress-class-kind.ts';
import { INGRESS } from './ingress-kind.ts';
import type { Ingress } from './ingress.ts';
import { NETWORK_POLICY } from './network-policy-kind.ts';
import { IP_ADDRESS, SERVICE_CIDR } from './service-cidr-kind.ts';

type AnyKind = Pick<KindDescription, 'kind' | 'setDefaults' | 'validate' | 'columns'>;

/** The object with its defaults, as a client would have sent its `spec`. */
function made<T extends KubeObject>(kind: KindDescription<T>, spec: object, name = 'x'): T {
  const object = {
    apiVersion: 'networking.k8s.io/v1',
    kind: kind.kind,
    metadata: { name },
    spec: structuredClone(spec),
  } as unknown as T;
  kind.setDefaults(object);
  return object;
}

function problemsOf(kind: AnyKind, spec: object): string[] {
  const any = kind as KindDescription;
  return any.validate(made(any, spec)).map(formatProblem);
}

const cells = <T extends KubeObject>(kind: KindDescription<T>, object: T) =>
  kind.columns.filter(({ name }) => name !== 'Age').map((column) => column.cell(object, 0));

const backend = { service: { name: 'web', port: { number: 80 } } };
const rule = (path: object) => ({ rules: [{ http: { paths: [{ backend, ...path }] } }] });
const peer = (from: object) => ({ ingress: [{ from: [from] }] });
const port = (ports: object) => ({ egress: [{ ports: [ports] }] });

test.each<[string, AnyKind, object, string[]]>([
  [
    'nothing',
    INGRESS,
    {},
    ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
  ],
  ['a default backend', INGRESS, { defaultBackend: backend }, []],
  [
    'no path type',
    INGRESS,
    rule({ path: '/' }),
    ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'],
  ],
  [
    'a relative path',
    INGRESS,
    rule({ path: 'a', pathType: 'Prefix' }),
    ['spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path'],
  ],
  [
    'a path with dots',
    INGRESS,
    rule({ path: '/a/..', pathType: 'Exact' }),
    ['spec.rules[0].http.paths[0].path: Invalid value: "/a/..": cannot end with \'/..\''],
  ],
  [
    'another path type',
    INGRESS,
    rule({ path: '/', pathType: 'Regex' }),
    [
      'spec.rules[0].http.paths[0].pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"',
    ],
  ],
  ['an empty path of its own kind', INGRESS, rule({ pathType: 'ImplementationSpecific' }), []],
  [
    'an address as the host',
    INGRESS,
    { rules: [{ host: '10.0.0.1' }] },
    ['spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address'],
  ],
  [
    'a wildcard in the middle',
    INGRESS,
    { rules: [{ host: 'a.*.com' }] },
    [
      "spec.rules[0].host: Invalid value: \"a.*.com\": a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ],
  ],
  [
    'no port',
    INGRESS,
    { defaultBackend: { service: { name: 'web' } } },
    ['spec.defaultBackend: Required value: port name or number is required'],
  ],
  [
    'two ports',
    INGRESS,
    { defaultBackend: { service: { name: 'web', port: { name: 'http', number: 80 } } } },
    ['spec.defaultBackend: Invalid value: "": cannot set both port name & port number'],
  ],
  [
    'no backend',
    INGRESS,
    { defaultBackend: {} },
    ['spec.defaultBackend: Invalid value: "": resource or service backend is required'],
  ],
  [
    'a class without a domain',
    INGRESS_CLASS,
    { controller: 'nginx' },
    [
      'spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
  ],
  [
    'parameters in a namespace',
    INGRESS_CLASS,
    { controller: 'acme.io/x', parameters: { kind: 'A', name: 'b', scope: 'Namespace' } },
    ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  ],
  [
    'a peer that is none',
    NETWORK_POLICY,
    peer({}),
    ['spec.ingress[0].from[0]: Required value: must specify a peer'],
  ],
  [
    'a block and pods',
    NETWORK_POLICY,
    peer({ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }),
    ['spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer'],
  ],
  [
    'no prefix',
    NETWORK_POLICY,
    peer({ ipBlock: { cidr: '10.0.0.1' } }),
    [
      'spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
    ],
  ],
  [
    'an exception elsewhere',
    NETWORK_POLICY,
    peer({
      ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16', '192.168.0.0/16', '10.0.0.0/8'] },
    }),
    [
      'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "192.168.0.0/16": must be a strict subset of `cidr`',
      'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
  ],
  [
    'a range that ends before it begins',
    NETWORK_POLICY,
    port({ port: 80, endPort: 79 }),
    ['spec.egress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to `port`'],
  ],
  [
    'a range of names',
    NETWORK_POLICY,
    port({ port: 'http', endPort: 90 }),
    [
      'spec.egress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric',
    ],
  ],
  [
    'another protocol',
    NETWORK_POLICY,
    port({ protocol: 'ICMP' }),
    [
      'spec.egress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"',
    ],
  ],
  [
    'a label value that is none',
    NETWORK_POLICY,
    { podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b!'] }] } },
    [
      "spec.podSelector.matchExpressions[0].values[0]: Invalid value: \"b!\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
    ],
  ],
  [
    'another direction',
    NETWORK_POLICY,
    { policyTypes: ['Both'] },
    ['spec.policyTypes[0]: Unsupported value: "Both": supported values: "Ingress", "Egress"'],
  ],
  ['no range', SERVICE_CIDR, {}, ['spec.cidrs: Required value: at least one CIDR required']],
  [
    'two of one family',
    SERVICE_CIDR,
    { cidrs: ['10.0.0.0/16', '10.1.0.0/16'] },
    [
      'spec.cidrs: Invalid value: ["10.0.0.0/16","10.1.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
  ],
  ['no parent', IP_ADDRESS, {}, ['spec.parentRef: Required value']],
])('%s: the API says why', (_, kind, spec, expected) => {
  expect(problemsOf(kind, spec)).toEqual(expected);
});

test('a policy with egress rules is about both directions, and its ports speak TCP', () => {
  const policy = made(NETWORK_POLICY, { egress: [{ ports: [{ port: 53 }] }] });
  expect(policy.spec).toEqual({
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
  });
  expect(made(NETWORK_POLICY, {}).spec.policyTypes).toEqual(['Ingress']);
  expect(cells(NETWORK_POLICY, policy)).toEqual(['x', '<none>']);
});

test('an Ingress shows class, hosts, addresses and ports', () => {
  const hosts = ['a.io', 'b.io', 'c.io', 'd.io', 'e.io'].map((host) => ({ host }));
  const one: Ingress = {
    ...made(INGRESS, { ingressClassName: 'nginx', rules: hosts, tls: [{}] }),
    status: { loadBalancer: { ingress: [{ hostname: 'lb.io' }, { ip: '10.0.0.9' }] } },
  };
  expect(cells(INGRESS, one)).toEqual([
    'x',
    'nginx',
    'a.io,b.io,c.io + 2 more...',
    '10.0.0.9,lb.io',
    '80, 443',
  ]);
  expect(cells(INGRESS, made(INGRESS, { defaultBackend: backend }))).toEqual([
    'x',
    '<none>',
    '*',
    '',
    '80',
  ]);
});

test('a range may become dual stack and nothing else', () => {
  const update = (before: string[], after: string[]) =>
    SERVICE_CIDR.validateUpdate(
      made(SERVICE_CIDR, { cidrs: after }),
      made(SERVICE_CIDR, { cidrs: before }),
    ).map(formatProblem);
  expect(update(['10.0.0.0/16'], ['10.0.0.0/16', 'fd00::/112'])).toEqual([]);
  expect(update(['10.0.0.0/16'], ['10.1.0.0/16'])).toEqual([
    'spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable',
  ]);
  expect(update(['10.0.0.0/16', 'fd00::/112'], ['10.0.0.0/16'])).toEqual([
    'spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable',
  ]);
});

test('an IPAddress is named by the address as it is printed', () => {
  const parentRef = { resource: 'services', namespace: 'default', name: 'kubernetes' };
  expect(cells(IP_ADDRESS, made(IP_ADDRESS, { parentRef }, '10.96.0.1'))).toEqual([
    '10.96.0.1',
    'services/default/kubernetes',
  ]);
  expect(IP_ADDRESS.nameProblems('fd00::1')).toEqual([]);
  expect(IP_ADDRESS.nameProblems('FD00::0001')).toEqual(['must be in canonical form ("fd00::1")']);
});
