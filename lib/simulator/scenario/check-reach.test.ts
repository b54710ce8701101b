import { expect, test } from 'vitest';
import { gradeSandbox } from './grade.ts';
import type { Check } from './checks.ts';
import { act, openSandbox } from './sandbox.ts';
import type { Scenario } from './scenario.ts';
import { ENGINE_VERSION } from './transcript.ts';

const pod = (namespace: string, name: string, image: string, args: string, port = '') => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {app: ${name}}}
spec:
  containers: [{name: ${name}, image: ${image}, args: ${args}${port}}]
`;
const AGNHOST = 'registry.k8s.io/e2e-test-images/agnhost:2.57';
const NETSHOOT = 'nicolaka/netshoot';
const SLEEP = '[sleep, infinity]';

const SHOP: Scenario = {
  name: 'shop',
  namespace: 'shop',
  cluster: { networkPolicies: 'enforced' },
  manifests: [
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: guest}\n',
    pod('shop', 'catalog', AGNHOST, '[netexec]', ', ports: [{containerPort: 8080}]'),
    pod('shop', 'web', NETSHOOT, SLEEP),
    pod('guest', 'visitor', NETSHOOT, SLEEP),
    `apiVersion: v1
kind: Service
metadata: {name: catalog, namespace: shop}
spec: {selector: {app: catalog}, ports: [{port: 80, targetPort: 8080}]}
`,
  ],
};

const policy = (from: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: catalog-in, namespace: shop}
spec:
  podSelector: {matchLabels: {app: catalog}}
  policyTypes: [Ingress]
  ingress: [{from: ${from}}]
`;

const FROM_WEB = '[{podSelector: {matchLabels: {app: web}}}]';
const FROM_ANY = '[{namespaceSelector: {}}]';
const FROM_APP_ANYWHERE = '[{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}]';

const ISOLATION: Check = {
  type: 'isolation',
  title: 'only web',
  to: 'shop/catalog pod:8080',
  from: ['shop/web'],
};

function gradeAfter(
  start: readonly string[],
  applied: readonly string[],
  checks: readonly Check[],
) {
  const scenario: Scenario = { ...SHOP, manifests: [...SHOP.manifests, ...start] };
  const sandbox = openSandbox({ version: ENGINE_VERSION, scenario, seed: 'test', actions: [] });
  for (const yaml of applied) act(sandbox, { type: 'apply', yaml });
  return gradeSandbox(sandbox, checks, { scenario, seed: 'test' }).findings.map(
    ({ passed, observed }) => [passed, observed] as const,
  );
}

test('isolation: without policies everybody gets through, and the finding names who should not', () => {
  expect(gradeAfter([], [], [ISOLATION])).toEqual([
    [false, expect.stringMatching(/guest\/visitor/)],
  ]);
});

test('isolation: exactly those that the policy admits get through', () => {
  const inShop = { ...ISOLATION, to: 'shop/catalog:80' };
  expect(gradeAfter([policy(FROM_WEB)], [], [ISOLATION, inShop])).toEqual([
    [true, 'only shop/web'],
    [true, 'only shop/web'],
  ]);
});

test('isolation: nobody at all, and who is shut out that should get through', () => {
  expect(
    gradeAfter(
      [policy('[{podSelector: {matchLabels: {app: nobody}}}]')],
      [],
      [{ ...ISOLATION, from: [] }, ISOLATION],
    ),
  ).toEqual([
    [true, 'nobody gets through'],
    [false, '1 shut out: shop/web'],
  ]);
});

test('isolation: a pod that does not exist yet tries too', () => {
  const newcomers = [{ name: 'impostor', namespace: 'guest', labels: { app: 'web' } }];
  const check = { ...ISOLATION, newcomers };
  expect(gradeAfter([policy(FROM_WEB)], [], [check])).toEqual([[true, 'only shop/web']]);
  expect(gradeAfter([policy(FROM_APP_ANYWHERE)], [], [check])).toEqual([
    [false, '1 open too much: guest/impostor'],
  ]);
});

test('isolation: a newcomer of a namespace that does not exist yet may be one of those that get in', () => {
  const newcomers = [
    {
      name: 'probe',
      namespace: 'audit',
      labels: { app: 'web' },
      namespaceLabels: { team: 'audit' },
    },
  ];
  const audit = '[{namespaceSelector: {matchLabels: {team: audit}}}]';
  expect(
    gradeAfter([policy(audit)], [], [{ ...ISOLATION, from: ['audit/probe'], newcomers }]),
  ).toEqual([[true, 'only audit/probe']]);
});

test('isolation: a name that no pod has is a fault of its own', () => {
  expect(
    gradeAfter([policy(FROM_WEB)], [], [{ ...ISOLATION, from: ['shop/web', 'shop/cart'] }]),
  ).toEqual([[false, '1 not there: shop/cart']]);
});

test('blast radius: a policy that admits more than was asked for is new', () => {
  const check: Check = { type: 'blast-radius', title: 'nothing else', allowed: ['shop/web -> *'] };
  const start = [policy('[{podSelector: {matchLabels: {app: nobody}}}]')];
  expect(gradeAfter(start, [policy(FROM_WEB)], [check])).toEqual([[true, '0 new']]);
  const [finding] = gradeAfter(start, [policy(FROM_ANY)], [check]);
  expect(finding).toEqual([
    false,
    expect.stringMatching(/^\d+ new: guest\/visitor -> shop\/catalog/),
  ]);
});

test('blast radius: with mayLose a policy that cuts more than was asked for is lost', () => {
  const check: Check = {
    type: 'blast-radius',
    title: 'nothing else',
    allowed: [],
    mayLose: ['guest/* -> shop/catalog*'],
  };
  const [only, all] = [
    gradeAfter(
      [],
      [
        policy(
          '[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}, {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]',
        ),
      ],
      [check],
    ),
    gradeAfter([], [policy(FROM_WEB)], [check]),
  ];
  expect(only).toEqual([[true, '0 new, 0 lost']]);
  expect(all).toEqual([[false, expect.stringMatching(/^\d+ lost: .*kube-system/)]]);
});

test('blast radius: what an egress policy opens towards the outside counts', () => {
  const egress = (to: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web-out, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{to: ${to}}]}
`;
  const check: Check = {
    type: 'blast-radius',
    title: 'nothing else',
    allowed: ['shop/web -> kube-system/*'],
  };
  const start = [egress('[{podSelector: {matchLabels: {app: catalog}}}]')];
  const [finding] = gradeAfter(start, [egress('[{ipBlock: {cidr: 0.0.0.0/0}}]')], [check]);
  expect(finding).toEqual([
    false,
    expect.stringMatching(/new: .*outside (on-premises|web-server):80/),
  ]);
});
