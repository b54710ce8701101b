import { expect, test } from 'vitest';
import { openSandbox, type Scenario } from '#lib/simulator/index.ts';
import { answerPolicies } from './answer-policies.ts';
import type { PolicyQuestion } from './policy-protocol.ts';

const pod = (namespace: string, name: string, more: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name} } }
spec: { containers: [{ name: ${name}, ${more} }] }
`;
const SERVER =
  'image: registry.k8s.io/e2e-test-images/agnhost:2.57, args: [netexec], ports: [{ containerPort: 8080 }]';
const CLIENT = 'image: nicolaka/netshoot, args: [sleep, infinity]';

const POLICY = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: catalog-in, namespace: shop }
spec:
  podSelector: { matchLabels: { app: catalog } }
  policyTypes: [Ingress]
  ingress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }]
`;

const scenario = (networkPolicies: 'enforced' | 'ignored'): Scenario => ({
  name: 'shop',
  cluster: { networkPolicies },
  manifests: [
    'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n',
    pod('shop', 'catalog', SERVER),
    pod('shop', 'web', CLIENT),
    pod('shop', 'cart', CLIENT),
  ],
});

function ask(question: PolicyQuestion, where: 'enforced' | 'ignored' = 'enforced') {
  const open = (applied: readonly string[]) =>
    openSandbox({
      version: 1,
      scenario: scenario(where),
      seed: 'test',
      actions: applied.map((yaml) => ({ type: 'apply', yaml })),
    });
  return answerPolicies(question, { now: open([POLICY]), earlier: () => open([]) });
}

const CELL = { to: 'shop/catalog', port: { protocol: 'TCP', port: 8080 } } as const;

test('the picture since the start names what was lost, and nothing that was kept', () => {
  const answer = ask({ type: 'reachability', since: 'start' });
  if (answer.type !== 'reachability') throw new Error(answer.type);
  const lost = answer.change?.lost.map(({ from, to, port }) => `${from} ${to} ${port?.port}`);
  expect(lost).toContain('shop/cart shop/catalog 8080');
  expect(lost).not.toContain('shop/web shop/catalog 8080');
  expect(answer.change?.gained).toEqual([]);
  expect(answer.ports).toContainEqual({ protocol: 'TCP', port: 8080 });
});

test('a cell tells the policy, its word, its rule and its path', () => {
  const answer = ask({ type: 'cell', cell: { from: 'shop/web', ...CELL } });
  if (answer.type !== 'cell') throw new Error(answer.type);
  const [only, ...others] = answer.judged;
  expect(others).toEqual([]);
  expect(only?.example.verdict.outcome).toBe('admitted');
  expect(only?.example.verdict.ingress.policies).toEqual([
    expect.objectContaining({
      policy: { kind: 'NetworkPolicy', namespace: 'shop', name: 'catalog-in' },
      word: 'Admits',
      peer: { index: 0, path: '.spec.ingress[0].from[0]' },
    }),
  ]);
});

test('a cell that does not get through says so', () => {
  const answer = ask({ type: 'cell', cell: { from: 'shop/cart', ...CELL } });
  if (answer.type !== 'cell') throw new Error(answer.type);
  expect(answer.judged[0]?.example.verdict.ingress.policies[0]?.word).toBe('Does not admit');
  expect(answer.judged[0]?.example.verdict.outcome).toBe('not-admitted');
  expect(answer.judged[0]?.example.told).toEqual({
    connection: '`shop/cart` may not reach `shop/catalog` on TCP port 8080.',
    egress: 'No policy isolates `shop/cart` for egress, so that everything passes.',
    ingress:
      'NetworkPolicy `shop/catalog-in` isolates `shop/catalog` for ingress and admits it by no rule: `.spec.ingress[0]` names other peers.',
  });
});

test('where nobody enforces policies, the account and the picture say so', () => {
  const cell = ask({ type: 'cell', cell: { from: 'shop/cart', ...CELL } }, 'ignored');
  if (cell.type !== 'cell') throw new Error(cell.type);
  expect(cell.judged[0]?.example.verdict.ingress.decidedBy).toBe('not-enforced');
  const picture = ask({ type: 'reachability' }, 'ignored');
  if (picture.type !== 'reachability') throw new Error(picture.type);
  expect(picture.view.enforcement.where).toBe('nowhere');
  expect(picture.view.enforcement.sentence).toBeTruthy();
});

test('ICMP is nothing that policies judge', () => {
  const end = { address: '10.244.0.1', port: 0 };
  const flow = { protocol: 'icmp', source: end, destination: end } as const;
  expect(ask({ type: 'judge', flow })).toEqual({ type: 'judge' });
});
