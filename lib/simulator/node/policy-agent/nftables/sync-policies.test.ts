import { expect, test } from 'vitest';
import type { Pod } from '../../../api/core/pod.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { NetworkPolicy } from '../../../api/networking/network-policy.ts';
import type { AdminNetworkPolicy } from '../../../api/policy-networking/admin-network-policy.ts';
import { applyNftCommands } from '../../../linux/netfilter/nft/apply-commands.ts';
import type { NftTable } from '../../../linux/netfilter/nft/model.ts';
import { parseNftScript } from '../../../linux/netfilter/nft/parse/parse-script.ts';
import { listTable } from '../../../linux/netfilter/nft/print/list-ruleset.ts';
import { PolicyBench } from '../../../testing/policy-bench.ts';

const policy = (name: string, spec: NetworkPolicy['spec']): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});

const app = (name: string) => ({ matchLabels: { app: name } });

const WEB = policy('web', {
  podSelector: app('web'),
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: app('client') }], ports: [{ port: 8080 }, { port: 'http' }] }],
});

const BLOCKS = policy('blocks', {
  podSelector: app('web'),
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/30', except: ['10.0.0.1/32'] } }] }],
});

const ADMIN: AdminNetworkPolicy = {
  apiVersion: 'policy.networking.k8s.io/v1alpha1',
  kind: 'AdminNetworkPolicy',
  metadata: { name: 'first' },
  spec: {
    priority: 10,
    subject: { namespaces: {} },
    egress: [
      { action: 'Pass', to: [{ namespaces: { matchLabels: { team: 'shop' } } }] },
      { action: 'Deny', to: [{ nodes: {} }], ports: [{ portRange: { start: 1, end: 99 } }] },
    ],
  },
};

function aBench(...policies: KubeObject[]): PolicyBench {
  const bench = new PolicyBench({ proxyMode: 'nftables' });
  for (const each of policies) bench.create(each);
  bench.settle();
  return bench;
}

const tableOn = ({ cluster }: PolicyBench, node: string, family = 'ip'): NftTable | undefined =>
  cluster.network.namespaces[node]?.nftables.tables[`${family} network-policies`];

function textOn(bench: PolicyBench, node: string, family = 'ip'): string {
  const table = tableOn(bench, node, family);
  return table ? listTable(table, { now: bench.cluster.now, stateless: true }) : '';
}

/** Hashes and addresses put in words, so that texts can be read. */
function readable(text: string, bench: PolicyBench): string {
  const pods = ['client', 'near', 'far', 'visitor'];
  const named = pods.reduce(
    (all, pod) => all.replaceAll(bench.addressOf(pod, 4), `<${pod}>`),
    text.replaceAll(/(addresses|ports|networks)-[A-Z2-7]{16}/g, '$1-#'),
  );
  return named.replaceAll(/(egress|ingress)-[A-Z2-7]{8}/g, '$1-#').replaceAll('\t', '  ');
}

function edit<T extends KubeObject>(bench: PolicyBench, object: T, change: (it: T) => void): void {
  const { store } = bench.cluster;
  const { namespace, name } = object.metadata;
  const edited = structuredClone(store.get<T>(object.kind, namespace, name)!);
  change(edited);
  expect(store.update(edited)).toMatchObject({ ok: true });
  bench.settle();
}

test('a node lists its policies as a table of maps, sets and chains', () => {
  const bench = aBench(WEB);
  expect(readable(textOn(bench, 'node-b'), bench)).toBe(`table ip network-policies {
  comment "rules for network policies"
  map ingress-pods {
    type ipv4_addr : verdict
    elements = { <far> comment "shop/far" : goto pods-ingress-# }
  }

  set loopback {
    type ipv4_addr . ipv4_addr
    elements = { <far> . <far> }
  }

  set addresses-# {
    type ipv4_addr
    comment "pods with app=client in namespace shop"
    elements = { <client> }
  }

  set ports-# {
    type ipv4_addr . inet_proto . inet_service
    comment "port http of pods with app=web in namespace shop"
    elements = { <far> . tcp . 8080,
           <near> . tcp . 8080 }
  }

  chain ingress {
    type filter hook forward priority filter - 5; policy accept;
    ct state established,related accept
    ip saddr . ip daddr @loopback accept comment "a pod and itself"
    ip daddr vmap @ingress-pods
  }

  chain pods-ingress-# {
    jump ingress-#-shop/web
    counter drop comment "isolated for ingress"
  }

  chain ingress-#-shop/web {
    ip saddr @addresses-# tcp dport 8080 counter accept comment "NetworkPolicy shop/web .spec.ingress[0].from[0]"
    ip saddr @addresses-# ip daddr . meta l4proto . th dport @ports-# counter accept comment "NetworkPolicy shop/web .spec.ingress[0].from[0]"
  }
}
`);
});

test('the family that a policy does not speak of has no rule for its networks, and lets neighbours find each other', () => {
  const bench = aBench(BLOCKS);
  expect(readable(textOn(bench, 'node-b'), bench)).toContain(
    'elements = { 10.0.0.0, 10.0.0.2/31 }',
  );
  const text = textOn(bench, 'node-b', 'ip6');
  expect(text).not.toContain('networks-');
  expect(text).toContain('icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept');
});

test('the admin tier is asked on the way to the node, too, and to pass on is to leave its chain', () => {
  const text = readable(textOn(aBench(ADMIN), 'node-a'), aBench(ADMIN));
  expect(text).toContain('type filter hook input priority filter - 10');
  expect(text).toContain(`chain admin-egress-# {
    ip daddr @addresses-# counter return comment "AdminNetworkPolicy first Pass .spec.egress[0].to[0]"
    ip daddr @addresses-# tcp dport 1-99 counter drop comment "AdminNetworkPolicy first Deny .spec.egress[1].to[0]"
  }`);
});

test('pods that the same policies select share their chain', () => {
  const bench = aBench(WEB, ADMIN);
  const { chains = {}, sets = {} } = tableOn(bench, 'node-b') ?? {};
  const verdicts = Object.values(sets['egress-pods']?.elements ?? {}).map((each) => each.verdict);
  expect(verdicts.length).toBeGreaterThan(1);
  expect(new Set(verdicts.map((each) => JSON.stringify(each))).size).toBe(1);
  expect(Object.keys(chains).filter((name) => name.startsWith('pods-egress'))).toHaveLength(1);
});

test('what did not change is not written again: handles and counters stay', () => {
  const bench = aBench(WEB, BLOCKS);
  expect(bench.ask('client', 'far:8080', 4)).toBe('answered');
  expect(bench.ask('visitor', 'far:8080', 4)).toBe('silence');
  const chainOf = (name: string) =>
    Object.values(tableOn(bench, 'node-b')?.chains ?? {}).find((each) => each.name.endsWith(name));
  const before = structuredClone(chainOf('shop/web'));
  const others = structuredClone(chainOf('shop/blocks'));
  expect(before?.rules.map(({ counts }) => counts?.packets)).toEqual([1, undefined]);
  edit(bench, WEB, ({ spec }) => {
    spec.ingress?.push({ from: [{ podSelector: app('none') }] });
  });
  const after = chainOf('shop/web');
  expect(after?.rules.slice(0, 2)).toEqual(before?.rules);
  expect(after?.rules).toHaveLength(3);
  expect(chainOf('shop/blocks')).toEqual(others);
  edit(bench, WEB, ({ spec }) => {
    spec.ingress?.[0]?.ports?.unshift({ protocol: 'TCP', port: 9000 });
  });
  expect(chainOf('shop/web')?.rules.slice(1, 3)).toEqual(before?.rules);
  expect(chainOf('shop/web')?.rules).toHaveLength(4);
});

test('a pod with another label moves from set to set, and the chains stay', () => {
  const bench = aBench(WEB);
  const before = structuredClone(tableOn(bench, 'node-b')!);
  edit<Pod>(bench, bench.podNamed('client')!, ({ metadata }) => {
    metadata.labels = { app: 'other' };
  });
  const after = tableOn(bench, 'node-b')!;
  expect(after.chains).toEqual(before.chains);
  const name = Object.keys(after.sets).find((each) => each.startsWith('addresses'))!;
  expect(Object.keys(before.sets[name]!.elements)).toEqual([bench.addressOf('client', 4)]);
  expect(after.sets[name]!.elements).toEqual({});
  expect(bench.ask('client', 'far:8080', 4)).toBe('silence');
});

test('with the last policy the tables go', () => {
  const bench = aBench(WEB);
  expect(tableOn(bench, 'node-b', 'ip6')).toBeDefined();
  bench.cluster.store.delete('NetworkPolicy', 'shop', 'web', {});
  bench.settle();
  for (const node of ['node-a', 'node-b'])
    for (const family of ['ip', 'ip6']) expect(tableOn(bench, node, family)).toBeUndefined();
});

test.each([
  ['flush table ip network-policies'],
  ['flush ruleset ip'],
  ['flush map ip network-policies ingress-pods'],
  ['add set ip network-policies ports { type ipv4_addr; }'],
  ['add chain ip network-policies more; add rule ip network-policies ingress goto more'],
  [
    'flush chain ip network-policies ingress; delete map ip network-policies ingress-pods; add map ip network-policies ingress-pods { type ipv4_addr . inet_service : verdict; }',
  ],
])('what somebody did by hand (%s) is put right in the next round', (script) => {
  const bench = aBench(WEB);
  const right = textOn(bench, 'node-b');
  const { nftables } = bench.cluster.network.namespaces['node-b']!;
  const parsed = parseNftScript(script.replaceAll('; ', '\n').replaceAll(/addr;?\n}/g, 'addr; }'));
  if (!parsed.ok) throw new Error(`${script} is no script`);
  expect(applyNftCommands(nftables, parsed.commands, bench.cluster.now)).toBeUndefined();
  expect(textOn(bench, 'node-b')).not.toBe(right);
  edit(bench, WEB, ({ metadata }) => {
    metadata.labels = { touched: 'yes' };
  });
  const inOrder = (text: string) => text.split('\n').sort();
  expect(inOrder(textOn(bench, 'node-b'))).toEqual(inOrder(right));
});

test('the rules of a packet name the pods and the policies that they are for', () => {
  const bench = aBench(WEB);
  expect(bench.ask('visitor', 'far:8080', 4)).toBe('silence');
  const { steps = [] } = bench.cluster.trace(Object.keys(bench.cluster.state.traces).at(-1)!) ?? {};
  const rules = steps.flatMap((step) => (step.kind === 'netfilter' ? step.rules : []));
  const reasons = rules.filter(({ matched }) => matched).flatMap(({ because }) => because ?? []);
  // The first segment; it is sent again.
  expect(reasons.slice(0, 3)).toEqual([
    { kind: 'Pod', namespace: 'shop', name: 'far' },
    { kind: 'NetworkPolicy', namespace: 'shop', name: 'web', detail: '.spec.podSelector' },
    { kind: 'NetworkPolicy', namespace: 'shop', name: 'web', detail: '.spec.ingress' },
  ]);
});
