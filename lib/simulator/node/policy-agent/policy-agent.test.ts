import { expect, test } from 'vitest';
import { MILLISECOND, SECOND } from '../../base/clock.ts';
import type { DaemonSet } from '../../api/apps/daemon-set.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { NetworkPolicy } from '../../api/networking/network-policy.ts';
import { saveIpsets } from '../../linux/netfilter/ipset/print.ts';
import { restoreIptables } from '../../linux/netfilter/parse/parse-iptables.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { createRuleset } from '../../linux/netfilter/ruleset.ts';
import { startProcess } from '../../linux/process.ts';
import type { Program, SocketId } from '../../linux/program.ts';
import { startScenario } from '../../scenario/sandbox.ts';
import { runLine } from '../../shell/run.ts';
import { TOOLS } from '../../shell/tools.ts';
import { fingerprint, restore, save } from '../../snapshot.ts';
import { aPod } from '../../testing/objects.ts';
import { PolicyBench } from '../../testing/policy-bench.ts';
import { enforcesPolicies } from './enforces-policies.ts';

const policy = (name: string, spec: NetworkPolicy['spec']): NetworkPolicy => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name, namespace: 'shop' },
  spec,
});

const app = (name: string) => ({ matchLabels: { app: name } });

const WEB_FROM_CLIENT = policy('web-from-client', {
  podSelector: app('web'),
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ podSelector: app('client') }], ports: [{ protocol: 'TCP', port: 8080 }] }],
});

const NOBODY_TO_WEB = policy('nobody', { podSelector: app('web'), policyTypes: ['Ingress'] });

const benchWith = (policies: readonly KubeObject[], options = {}): PolicyBench => {
  const bench = new PolicyBench(options);
  for (const each of policies) bench.create(each);
  bench.settle();
  return bench;
};

const nodeOf = ({ cluster }: PolicyBench, node = 'node-a') => cluster.network.namespaces[node]!;

const rulesOn = (bench: PolicyBench, node = 'node-a') => {
  const { ruleset, ruleset6, ipsets } = nodeOf(bench, node);
  return (
    printIptablesSave(ruleset, { table: 'filter' }) +
    printIptablesSave(ruleset6, { table: 'filter', family: 6 }) +
    saveIpsets(Object.values(ipsets), bench.cluster.now)
  );
};

const isWritten = (bench: PolicyBench, node = 'node-a') =>
  /KUBE-POD-FW|KUBE-SRC/.test(rulesOn(bench, node));

test('a cluster without policies has no rules of the agent, and neither does a pod that none selects', () => {
  const bench = new PolicyBench({});
  const before = rulesOn(bench);
  expect(before).not.toContain('KUBE-ROUTER');
  bench.create(policy('guests', { podSelector: app('nobody') }));
  bench.settle();
  expect(rulesOn(bench)).toBe(before);
});

test('when the last policy goes its chains, jumps and sets go', () => {
  const bench = new PolicyBench({});
  const before = rulesOn(bench);
  bench.create(WEB_FROM_CLIENT);
  bench.settle();
  expect(isWritten(bench)).toBe(true);
  bench.cluster.store.delete('NetworkPolicy', 'shop', 'web-from-client');
  bench.settle();
  expect(rulesOn(bench)).toBe(before);
});

test('the layout is the one of kube-router, with the address set of the peer', () => {
  const bench = benchWith([WEB_FROM_CLIENT]);
  const text = rulesOn(bench);
  const near = bench.addressOf('near', 4);
  const chain = new RegExp(
    `-A KUBE-ROUTER-FORWARD -d ${near}/32 .* -j (KUBE-POD-FW-[A-Z2-7]{16})`,
  ).exec(text)?.[1];
  expect(chain).toBeDefined();
  expect(text).toContain(
    '-A FORWARD -m comment --comment "kube-router netpol - TEMCG2JMHZYE7H7T" -j KUBE-ROUTER-FORWARD',
  );
  expect(text).toMatch(
    new RegExp(
      `-A ${chain} -d ${near}/32 -m comment --comment "run through nw policy web-from-client" -j KUBE-NWPLCY-`,
    ),
  );
  expect(text).toMatch(
    /-A KUBE-NWPLCY-[A-Z2-7]{16} -p tcp -m comment --comment "policy name web-from-client namespace shop .spec.ingress\[0\].from\[0\]" -m set --match-set KUBE-SRC-[A-Z2-7]{16} src -m tcp --dport 8080 -j MARK --set-xmark 0x10000\/0x10000/,
  );
  expect(text).toMatch(new RegExp(`add KUBE-SRC-[A-Z2-7]{16} ${bench.addressOf('client', 4)}\n`));
  expect(text).toMatch(
    new RegExp(`add inet6:KUBE-SRC-[A-Z2-7]{16} ${bench.addressOf('client', 6)}\n`),
  );
});

test('what is printed loads again as the same rules and sets', () => {
  const bench = benchWith([
    WEB_FROM_CLIENT,
    policy('blocks', {
      podSelector: app('web'),
      ingress: [
        {
          from: [
            { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] } },
            { ipBlock: { cidr: '::/0' } },
          ],
          ports: [{ protocol: 'UDP', port: 'talk' }],
        },
      ],
    }),
  ]);
  const { ruleset, ruleset6, ipsets } = nodeOf(bench);
  const sets = Object.keys(ipsets);
  for (const [rules, family] of [
    [ruleset, 4],
    [ruleset6, 6],
  ] as const) {
    const text = printIptablesSave(rules, { family });
    const again = restoreIptables(createRuleset(), text, { family, sets });
    expect(again.ok && printIptablesSave(again.ruleset, { family })).toBe(text);
  }
  const saved = saveIpsets(Object.values(ipsets), bench.cluster.now);
  expect(saved).not.toContain('/0');
  expect(saved).toContain('hash:ip,port');
  for (const name of sets) delete ipsets[name];
  const place = { type: 'node', node: 'node-a' } as const;
  const context = { cluster: bench.cluster, place, namespace: 'default', stdin: saved, files: {} };
  expect(TOOLS['ipset']!(['restore'], context)).toMatchObject({ stdout: '', exitCode: 0 });
  expect(saveIpsets(Object.values(ipsets), bench.cluster.now)).toBe(saved);
});

test('a policy with the longest name has comments that the kernel takes', () => {
  const bench = benchWith([
    { ...NOBODY_TO_WEB, metadata: { name: 'n'.repeat(253), namespace: 'shop' } },
  ]);
  const text = printIptablesSave(nodeOf(bench).ruleset);
  expect(restoreIptables(createRuleset(), text).ok).toBe(true);
  expect(bench.ask('client', 'near:8080', 4)).toBe('silence');
});

test.each(['iptables', 'nftables'] as const)(
  'in %s mode pods and policies are told apart whose namespace and name read the same in one word',
  (proxyMode) => {
    const bench = new PolicyBench({ proxyMode });
    for (const name of ['a', 'ab'])
      bench.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    bench.addPod('bc', { namespace: 'a', nodeName: 'node-a', app: 'web' });
    bench.addPod('c', { namespace: 'ab', nodeName: 'node-a', app: 'web' });
    const everyPod = policy('bn', { podSelector: {} });
    bench.create({ ...everyPod, metadata: { name: 'bn', namespace: 'a' } });
    bench.create({
      ...policy('n', { podSelector: {}, ingress: [{ from: [{ namespaceSelector: {} }] }] }),
      metadata: { name: 'n', namespace: 'ab' },
    });
    bench.settle();
    expect(bench.ask('client', 'bc:8080', 4)).toBe('silence');
    expect(bench.ask('client', 'c:8080', 4)).toBe('answered');
  },
);

test('rules that stay the same go on counting', () => {
  const bench = benchWith([NOBODY_TO_WEB]);
  const drops = () =>
    /\[(\d+):\d+\] -A KUBE-POD-FW-\S+ -d \S+ .*rule to DROP traffic destined for POD name:near/.exec(
      printIptablesSave(nodeOf(bench).ruleset, { table: 'filter', counters: 'all' }),
    )?.[1];
  // A datagram: nobody sends it again.
  bench.ask('visitor', 'near:8081/udp', 4);
  const counted = Number(drops());
  expect(counted).toBe(1);
  bench.create(policy('client', { podSelector: app('client') }));
  bench.settle();
  expect(rulesOn(bench)).toContain('nw policy client');
  expect(Number(drops())).toBe(counted);
});

test('an agent that is stopped leaves its rules, and reads everything when it starts', () => {
  const bench = benchWith([NOBODY_TO_WEB]);
  const { cluster } = bench;
  for (const node of ['node-a', 'node-b']) cluster.setAgent('policy-agent', node, 'stopped');
  cluster.store.delete('NetworkPolicy', 'shop', 'nobody');
  bench.settle();
  expect(bench.ask('client', 'near:8080', 4)).toBe('silence');
  for (const node of ['node-a', 'node-b']) cluster.setAgent('policy-agent', node, 'running');
  bench.settle();
  expect(bench.ask('client', 'near:8080', 4)).toBe('answered');
  expect(isWritten(bench)).toBe(false);
});

test('a label decides, on the pod and on the namespace', () => {
  const bench = benchWith([
    policy('guests', {
      podSelector: app('web'),
      ingress: [{ from: [{ namespaceSelector: { matchLabels: { door: 'open' } } }] }],
    }),
  ]);
  const { store } = bench.cluster;
  const relabel = (
    kind: string,
    namespace: string | undefined,
    name: string,
    labels: Record<string, string>,
  ) => {
    const object = structuredClone(store.get(kind, namespace, name)!);
    object.metadata.labels = labels;
    expect(store.update(object).ok).toBe(true);
    bench.settle();
  };
  expect(bench.ask('visitor', 'near:8080', 6)).toBe('silence');
  relabel('Namespace', undefined, 'guest', { door: 'open' });
  expect(bench.ask('visitor', 'near:8080', 6)).toBe('answered');
  expect(bench.ask('client', 'near:8080', 6)).toBe('silence');
  relabel('Pod', 'shop', 'near', { app: 'other' });
  expect(bench.ask('client', 'near:8080', 6)).toBe('answered');
  expect(bench.ask('client', 'far:8080', 6)).toBe('silence');
});

/** `talk ADDRESS PORT`: connects, says nothing for five seconds, then asks; ends with 0 when it is answered. */
const TALK: Program = {
  name: 'talk',
  start([address = '', port = '0'], calls) {
    const result = calls.connect({ address, port: Number(port) });
    return { socket: result.ok ? result.socket : '' };
  },
  handle(state, event, calls) {
    const { socket } = state as { socket: SocketId };
    if (event.type === 'connected') calls.setTimer('ask', 5 * SECOND);
    else if (event.type === 'timer') calls.send(socket, { kind: 'bytes', text: 'hello' });
    else if (event.type === 'data') calls.exit(0);
  },
};

test.each(['iptables', 'nftables'] as const)(
  'in %s mode a new policy does not cut connections that stand',
  (proxyMode) => {
    const bench = new PolicyBench({ proxyMode });
    const { cluster } = bench;
    Object.assign(cluster.environment.programs, { talk: TALK });
    const spaces = Object.values(cluster.network.namespaces);
    const pid = startProcess(cluster.network, cluster.environment, {
      program: 'talk',
      args: [bench.addressOf('near', 4), '8080'],
      namespace: spaces.find(({ label }) => label === 'shop/client')!.id,
      hostname: 'client',
      files: {},
      environment: {},
    });
    cluster.advance(SECOND);
    bench.create(NOBODY_TO_WEB);
    cluster.advance(SECOND);
    expect(bench.ask('client', 'near:8080', 4)).toBe('silence');
    expect(cluster.network.processes[pid]?.exitCode).toBeUndefined();
    cluster.advance(6 * SECOND);
    expect(cluster.network.processes[pid]?.exitCode).toBe(0);
  },
);

test('the rules of a new pod stand before its first container starts', () => {
  const bench = benchWith([NOBODY_TO_WEB]);
  bench.addPod('newcomer', { namespace: 'shop', nodeName: 'node-a', app: 'web' });
  const isStarted = () =>
    bench.podNamed('newcomer')?.status?.containerStatuses?.some(({ state }) => state?.running);
  let written: number | undefined;
  while (!isStarted()) {
    bench.cluster.advance(MILLISECOND);
    if (written === undefined && rulesOn(bench).includes('POD name:newcomer'))
      written = bench.cluster.now;
  }
  expect(written).toBeLessThan(bench.cluster.now - 20 * MILLISECOND);
});

test('a pod that ends keeps its rules until its containers have ended', () => {
  const bench = benchWith([NOBODY_TO_WEB]);
  const { cluster } = bench;
  // sleep, as the first process of its container, does not hear SIGTERM.
  const sleeper = aPod(
    'sleeper',
    {
      nodeName: 'node-a',
      containers: [{ name: 'main', image: 'busybox', command: ['sleep', '1000'] }],
    },
    { app: 'web' },
  );
  bench.create({ ...sleeper, metadata: { ...sleeper.metadata, namespace: 'shop' } });
  bench.settle();
  cluster.store.delete('Pod', 'shop', 'sleeper', { gracePeriodSeconds: 10 });
  cluster.advance(5 * SECOND);
  expect(bench.podNamed('sleeper')).toBeDefined();
  expect(rulesOn(bench)).toContain('POD name:sleeper');
  cluster.advance(20 * SECOND);
  expect(bench.podNamed('sleeper')).toBeUndefined();
  expect(rulesOn(bench)).not.toContain('POD name:sleeper');
});

test.each(['iptables', 'nftables'] as const)(
  'in %s mode the steps name pods, policies and paths',
  (proxyMode) => {
    const bench = benchWith([WEB_FROM_CLIENT], { proxyMode });
    const becauses = () => {
      const trace = bench.cluster.trace(Object.keys(bench.cluster.state.traces).at(-1) ?? '');
      return (trace?.steps ?? []).flatMap((step) =>
        step.kind === 'netfilter'
          ? [...step.rules.filter(({ matched }) => matched), step].flatMap(({ because }) =>
              because ? [`${because.kind} ${because.name} ${because.detail ?? ''}`.trim()] : [],
            )
          : [],
      );
    };
    bench.ask('client', 'near:8080', 4);
    expect(becauses()).toEqual(
      expect.arrayContaining([
        ...(proxyMode === 'iptables' ? ['Pod near'] : []),
        'NetworkPolicy web-from-client .spec.podSelector',
        'NetworkPolicy web-from-client .spec.ingress[0].from[0]',
      ]),
    );
    bench.ask('visitor', 'near:8080', 4);
    expect(becauses()).toContain('NetworkPolicy web-from-client .spec.ingress');
  },
);

const KUBE_ROUTER: DaemonSet = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'kube-router', namespace: 'kube-system' },
  spec: {
    selector: { matchLabels: { 'k8s-app': 'kube-router' } },
    template: {
      metadata: { labels: { 'k8s-app': 'kube-router' } },
      spec: {
        hostNetwork: true,
        containers: [
          {
            name: 'kube-router',
            image: 'docker.io/cloudnativelabs/kube-router:v2.6.0',
            args: ['--run-router=false', '--run-firewall=true', '--run-service-proxy=false'],
            securityContext: { privileged: true },
            livenessProbe: { httpGet: { path: '/healthz', port: 20_244 } },
          },
        ],
      },
    },
  },
};

test.each(['routed', 'vxlan'] as const)(
  '%s has nobody who makes rules, until a kube-router runs',
  (cni) => {
    const bench = benchWith([NOBODY_TO_WEB], { cni, networkPolicies: undefined });
    const { cluster } = bench;
    const isEnforced = () => enforcesPolicies(cluster, 'node-a');
    expect(isEnforced()).toBe(false);
    expect(bench.ask('client', 'near:8080', 4)).toBe('answered');
    bench.create(KUBE_ROUTER);
    cluster.advance(20 * SECOND);
    expect(isEnforced()).toBe(true);
    expect(bench.ask('client', 'near:8080', 4)).toBe('silence');
    expect(bench.ask('client', 'far:8080', 6)).toBe('silence');
    cluster.store.delete('DaemonSet', 'kube-system', 'kube-router');
    cluster.advance(60 * SECOND);
    expect(isEnforced()).toBe(false);
    cluster.store.delete('NetworkPolicy', 'shop', 'nobody');
    bench.settle();
    expect(bench.ask('client', 'near:8080', 4)).toBe('silence');
    // Its rules outlive it; the next one finds no policy for them.
    bench.create(KUBE_ROUTER);
    cluster.advance(20 * SECOND);
    expect(bench.ask('client', 'near:8080', 4)).toBe('answered');
    expect(isWritten(bench)).toBe(false);
  },
);

test.each([
  ['without the firewall', { args: ['--run-firewall=false'] }],
  ['without a privilege', { securityContext: {} }],
] as const)('a kube-router %s makes no rules', (_, change) => {
  const router = structuredClone(KUBE_ROUTER);
  Object.assign(router.spec.template.spec.containers[0]!, structuredClone(change));
  const bench = benchWith([NOBODY_TO_WEB, router], { networkPolicies: 'ignored' });
  bench.cluster.advance(20 * SECOND);
  expect(bench.ask('client', 'near:8080', 4)).toBe('answered');
});

test('a set that somebody has changed by hand is put right, and only there', () => {
  const bench = benchWith([WEB_FROM_CLIENT]);
  const sets = nodeOf(bench).ipsets;
  const name = Object.keys(sets).find((each) => each.startsWith('KUBE-SRC-'))!;
  const before = rulesOn(bench);
  const other = rulesOn(bench, 'node-b');
  const place = { type: 'node', node: 'node-a' } as const;
  const context = { cluster: bench.cluster, place, namespace: 'default', stdin: '', files: {} };
  TOOLS['ipset']!(['add', name, bench.addressOf('visitor', 4)], context);
  expect(bench.ask('visitor', 'near:8080', 4)).toBe('answered');
  expect(rulesOn(bench, 'node-b')).toBe(other);
  bench.create(policy('other', { podSelector: app('nobody') }));
  bench.settle();
  expect(rulesOn(bench)).toBe(before);
});

test('a restored cluster writes nothing that stands already', () => {
  const bench = benchWith([WEB_FROM_CLIENT]);
  const again = restore(save(bench.cluster));
  const network = fingerprint(again.network.namespaces['node-a']!.ruleset);
  for (const { name } of again.options.nodes) again.setAgent('policy-agent', name, 'stopped');
  for (const { name } of again.options.nodes) again.setAgent('policy-agent', name, 'running');
  again.settle();
  expect(fingerprint(again.network.namespaces['node-a']!.ruleset)).toBe(network);
});

test.each([
  ['enforced', 'active\n'],
  ['ignored', 'Failed to is-active policy-agent.service: Unit policy-agent.service not found.\n'],
] as const)('where policies are %s systemctl says of the agent: %s', (networkPolicies, said) => {
  const { terminal, shell } = startScenario(
    { name: 'agent', manifests: [], cluster: { networkPolicies } },
    'agent',
  );
  const answer = runLine('ssh node-a systemctl is-active policy-agent', terminal, shell);
  expect(answer).toBe(said);
});
