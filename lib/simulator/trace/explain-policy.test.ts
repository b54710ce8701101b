import { expect, test } from 'vitest';
import type { Flow } from '../base/flow.ts';
import type { ObjectRef } from '../base/object-ref.ts';
import { explain } from './explain.ts';
import type { EvaluatedRule, Place, Step } from './step.ts';

const flow: Flow = {
  protocol: 'tcp',
  source: { address: '10.244.1.7', port: 41288 },
  destination: { address: '10.244.2.5', port: 8080 },
};
const node: Place = { machine: 'node-a' };
const pod: Place = { machine: 'node-a', netns: 'shop/web', device: 'eth0' };

const ref = (kind: string, namespace: string | undefined, name: string, detail?: string) => ({
  kind,
  name,
  ...(namespace === undefined ? {} : { namespace }),
  ...(detail === undefined ? {} : { detail }),
});
const networkPolicy = (name: string, detail: string) => ref('NetworkPolicy', 'shop', name, detail);
const rule = (text: string, because?: ObjectRef, matched = true): EvaluatedRule => ({
  chain: 'KUBE-POD-FW-X',
  number: 1,
  text,
  matched,
  ...(because ? { because } : {}),
});

const CATALOG = rule('-d 10.244.2.5 -j KUBE-POD-FW-X', ref('Pod', 'shop', 'catalog'));
const WEB = rule('-s 10.244.1.7 -j KUBE-POD-FW-Y', ref('Pod', 'shop', 'web'));
const isolates = (name: string) =>
  rule(`-j KUBE-NWPLCY-${name}`, networkPolicy(name, '.spec.podSelector'));
const admits = (name: string, path: string) =>
  rule('-j MARK --set-xmark 0x10000/0x10000', networkPolicy(name, path));
const drops = (name: string, path: string) =>
  rule('-m mark ! --mark 0x10000/0x10000 -j DROP', networkPolicy(name, path));

const forwarded = (verdict: 'accept' | 'drop', ...rules: EvaluatedRule[]): Step[] => [
  { at: 0, place: pod, packet: 1, flow, kind: 'sent', process: 'curl' },
  {
    at: 1,
    place: node,
    packet: 1,
    flow,
    kind: 'netfilter',
    hook: 'FORWARD',
    table: 'filter',
    rules,
    compared: 9,
    verdict,
    after: flow,
  },
  ...(verdict === 'drop'
    ? [{ at: 1, place: node, packet: 1, flow, kind: 'dropped', reason: 'netfilter-drop' } as const]
    : []),
];

const policyHops = (steps: Step[]) => explain(steps).filter(({ layer }) => layer === 'policy');
const said = (steps: Step[]) =>
  policyHops(steps).map(({ title, sentence }) => `${title}: ${sentence}`);

test.each<[string, Step[], string[]]>([
  [
    'a rule and a peer',
    forwarded('accept', CATALOG, isolates('in'), admits('in', '.spec.ingress[0].from[1]')),
    [
      'catalog · ingress policy: NetworkPolicy `shop/in` admits this connection: ingress rule 1, peer 2',
    ],
  ],
  [
    'a rule without peers',
    forwarded('accept', CATALOG, isolates('in'), admits('in', '.spec.ingress[2]')),
    ['catalog · ingress policy: NetworkPolicy `shop/in` admits this connection: ingress rule 3'],
  ],
  [
    'one policy that does not admit',
    forwarded('drop', CATALOG, isolates('in'), drops('in', '.spec.ingress')),
    [
      'catalog · ingress policy: NetworkPolicy `shop/in` isolates `shop/catalog` for ingress, and no rule of it admits TCP port 8080 from `web`: dropped, nobody is told',
    ],
  ],
  [
    'two policies that do not admit',
    forwarded('drop', CATALOG, isolates('in'), isolates('more'), drops('in', '.spec.ingress')),
    [
      'catalog · ingress policy: 2 NetworkPolicies isolate `shop/catalog` for ingress, and no rule of theirs admits TCP port 8080 from `web`: dropped, nobody is told',
    ],
  ],
  [
    'both pods on one node: egress first, then ingress',
    forwarded(
      'drop',
      WEB,
      isolates('out'),
      admits('out', '.spec.egress[0].to[0]'),
      CATALOG,
      isolates('in'),
      drops('in', '.spec.ingress'),
    ),
    [
      'web · egress policy: NetworkPolicy `shop/out` admits this connection: egress rule 1, peer 1',
      'catalog · ingress policy: NetworkPolicy `shop/in` isolates `shop/catalog` for ingress, and no rule of it admits TCP port 8080 from `web`: dropped, nobody is told',
    ],
  ],
  [
    'egress that is not admitted names where to',
    forwarded('drop', WEB, isolates('out'), drops('out', '.spec.egress')),
    [
      'web · egress policy: NetworkPolicy `shop/out` isolates `shop/web` for egress, and no rule of it admits TCP port 8080 to `10.244.2.5`: dropped, nobody is told',
    ],
  ],
  [
    'a cluster policy in the words of its API',
    forwarded(
      'drop',
      CATALOG,
      rule(
        '-j DROP',
        ref('AdminNetworkPolicy', undefined, 'edge', 'Deny .spec.ingress[1].from[0]'),
      ),
    ),
    [
      'catalog · ingress policy: AdminNetworkPolicy `edge` says Deny for `shop/catalog`: ingress rule 2, peer 1. Dropped, nobody is told',
    ],
  ],
  [
    'what is passed on is decided by who comes later',
    forwarded(
      'accept',
      CATALOG,
      rule('-j RETURN', ref('ClusterNetworkPolicy', undefined, 'edge', 'Pass .spec.ingress[0]')),
      isolates('in'),
      admits('in', '.spec.ingress[0]'),
    ),
    ['catalog · ingress policy: NetworkPolicy `shop/in` admits this connection: ingress rule 1'],
  ],
])('%s', (_name, steps, sentences) => {
  expect(said(steps)).toEqual(sentences);
});

test('a NetworkPolicy never denies', () => {
  const steps = forwarded('drop', CATALOG, isolates('in'), drops('in', '.spec.ingress'));
  expect(said(steps).join()).not.toMatch(/den(y|ies|ied)/i);
});

test('rules that only let a known connection pass are no hop', () => {
  expect(said(forwarded('accept', CATALOG, rule('-m conntrack --ctstate ESTABLISHED')))).toEqual(
    [],
  );
});

test('a rule that did not match decides nothing', () => {
  const missed = rule('-j MARK', networkPolicy('in', '.spec.ingress[0].from[0]'), false);
  expect(said(forwarded('accept', CATALOG, missed))).toEqual([]);
});

test('the hop carries the deciding line, the reason with its path, and whose policy it is', () => {
  const [hop] = policyHops(
    forwarded(
      'accept',
      CATALOG,
      isolates('in'),
      admits('in', '.spec.ingress[0].from[1]'),
      rule(
        '-m mark --mark 0x10000/0x10000 -j RETURN',
        networkPolicy('in', '.spec.ingress[0].from[1]'),
      ),
    ),
  );
  expect(hop?.because).toEqual(networkPolicy('in', '.spec.ingress[0].from[1]'));
  expect(hop?.policy).toEqual({ direction: 'ingress', says: 'Admits', pod: 'shop/catalog' });
  expect(hop?.lines).toEqual([
    { text: '-d 10.244.2.5 -j KUBE-POD-FW-X', isDeciding: false },
    { text: '-j KUBE-NWPLCY-in', isDeciding: false },
    { text: '-j MARK --set-xmark 0x10000/0x10000', isDeciding: true },
  ]);
  expect(hop?.compared).toBe(9);
});

test('a drop ends the way: no other hop tells it again', () => {
  const hops = explain(forwarded('drop', CATALOG, isolates('in'), drops('in', '.spec.ingress')));
  expect(hops.at(-1)?.layer).toBe('policy');
  expect(hops.at(-1)?.steps).toEqual(['netfilter', 'dropped']);
});
