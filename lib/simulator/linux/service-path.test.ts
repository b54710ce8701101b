import { expect, test } from 'vitest';
import { SECOND } from '../base/clock.ts';
import {
  addPod,
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoNodes,
  type Lab,
} from '../testing/lab.ts';
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import { printTrace } from '../trace/print-trace.ts';

/** What kube-proxy would write for one Service 10.96.0.17:80 with the given endpoint, masquerading marked packets. */
const service = (endpoint: string, pod = endpoint.replace(/:.*/, '')) => `*nat
:KUBE-SERVICES - [0:0]
:KUBE-SVC-CATALOG - [0:0]
:KUBE-SEP-ONE - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-SERVICES -d 10.96.0.17/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-CATALOG
-A KUBE-SVC-CATALOG ! -s 10.244.0.0/16 -d 10.96.0.17/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-CATALOG -j KUBE-SEP-ONE
-A KUBE-SEP-ONE -s ${pod}/32 -j KUBE-MARK-MASQ
-A KUBE-SEP-ONE -p tcp -m tcp -j DNAT --to-destination ${endpoint}
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
`;

function ask(lab: Lab, from: string, to: string, limit = 200 * SECOND): string {
  const client = run(lab, from, 'tcp-client', [to], openTrace(lab));
  runUntilIdle(lab, limit);
  return outputOf(lab, client) ?? '';
}

const VIP = '10.96.0.17:80';

test.each([
  [
    'a pod reaches a pod of another node under its own address',
    'web',
    '10.244.2.5:8080',
    '10.244.1.7',
  ],
  ['a pod reaches a pod of its node under its own address', 'web', '10.244.1.9:8080', '10.244.1.7'],
  ['a node reaches its pod from the bridge', 'node-a', '10.244.1.9:8080', '10.244.1.1'],
  [
    'a node reaches a pod of another node from its own address',
    'node-a',
    '10.244.2.5:8080',
    '192.168.10.11',
  ],
  ['a pod reaches another node', 'web', '192.168.10.12:8080', '10.244.1.7'],
  ['a node reaches another node', 'node-a', '192.168.10.12:8080', '192.168.10.11'],
])('%s', (_, from, to, seen) => {
  const lab = twoNodes();
  for (const server of ['catalog', 'shop', 'node-b']) run(lab, server, 'tcp-server', ['8080']);
  const answer = ask(lab, from, to);
  expect(answer, printTrace(stepsOf(lab))).toBe(`hello ${seen}`);
});

test.each([
  ['a Service with an endpoint on another node', 'web', '10.244.2.5:8080', 'hello 10.244.1.7'],
  ['a Service with an endpoint on the same node', 'web', '10.244.1.9:8080', 'hello 10.244.1.7'],
  ['a Service whose endpoint is the client itself', 'shop', '10.244.1.9:8080', 'hello 10.244.1.1'],
  [
    'a Service from the node, endpoint elsewhere',
    'node-a',
    '10.244.2.5:8080',
    'hello 192.168.10.11',
  ],
  ['a Service from the node, endpoint here', 'node-a', '10.244.1.9:8080', 'hello 10.244.1.1'],
])('%s answers under the ClusterIP', (_, from, endpoint, expected) => {
  const lab = twoNodes();
  for (const server of ['catalog', 'shop']) run(lab, server, 'tcp-server', ['8080']);
  loadRules(lab, 'node-a', service(endpoint));
  const answer = ask(lab, from, VIP);
  expect(answer, printTrace(stepsOf(lab))).toBe(expected);
});

test('without bridge-nf-call-iptables the answer of a neighbour pod comes from the wrong address', () => {
  const lab = twoNodes();
  run(lab, 'shop', 'tcp-server', ['8080']);
  loadRules(lab, 'node-a', service('10.244.1.9:8080'));
  namespaceOf(lab, 'node-a').sysctls['bridge.bridge-nf-call-iptables'] = '0';
  expect(ask(lab, 'web', VIP)).toBe('ETIMEDOUT');
  const reset = stepsOf(lab).find(({ kind }) => kind === 'refused');
  expect(reset?.place.netns, printTrace(stepsOf(lab))).toBe('lab/web');
});

test('a pod does not reach itself by its Service when hairpin mode is off', () => {
  const lab = twoNodes();
  addPod(lab, 'node-a', 'cart', '10.244.1.20', { hairpin: 'off' });
  run(lab, 'cart', 'tcp-server', ['8080']);
  loadRules(lab, 'node-a', service('10.244.1.20:8080'));
  expect(ask(lab, 'cart', VIP)).toBe('ETIMEDOUT');
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'no-hairpin' }),
  );
  expect(dispositionOf(stepsOf(lab))).toBe('dropped');
});

test('without masquerade a pod drops its own packet as a martian', () => {
  const lab = twoNodes();
  run(lab, 'shop', 'tcp-server', ['8080']);
  loadRules(lab, 'node-a', service('10.244.1.9:8080', '192.0.2.1'));
  expect(ask(lab, 'shop', VIP)).toBe('ETIMEDOUT');
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'martian-source' }),
  );
});

test('a Service without an endpoint is refused by the node', () => {
  const lab = twoNodes();
  const reject =
    '-d 10.96.0.17/32 -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable';
  loadRules(lab, 'node-a', `*filter\n-A FORWARD ${reject}\n-A OUTPUT ${reject}\nCOMMIT\n`);
  for (const from of ['web', 'node-a']) {
    expect(ask(lab, from, VIP), printTrace(stepsOf(lab))).toBe('ECONNREFUSED');
    expect(dispositionOf(stepsOf(lab))).toBe('refused');
  }
});

test('without a default route a node reaches no ClusterIP: rules are read after routes', () => {
  const lab = twoNodes();
  const { routes } = namespaceOf(lab, 'node-a');
  routes.splice(
    routes.findIndex(({ destination }) => destination === '0.0.0.0/0'),
    1,
  );
  loadRules(lab, 'node-a', service('10.244.2.5:8080'));
  run(lab, 'catalog', 'tcp-server', ['8080']);
  expect(ask(lab, 'node-a', VIP)).toBe('ENETUNREACH');
  expect(ask(lab, 'web', VIP)).toBe('hello 10.244.1.7');
});

test('a node port on 127.0.0.1 needs route_localnet', () => {
  const nodePort = service('10.244.2.5:8080').replaceAll(
    '-d 10.96.0.17/32 -p tcp -m tcp --dport 80',
    '-p tcp -m tcp --dport 30080',
  );
  for (const [value, expected] of [
    ['0', 'ETIMEDOUT'],
    ['1', 'hello 192.168.10.11'],
  ] as const) {
    const lab = twoNodes();
    run(lab, 'catalog', 'tcp-server', ['8080']);
    loadRules(lab, 'node-a', nodePort);
    namespaceOf(lab, 'node-a').sysctls['ipv4.conf.all.route_localnet'] = value;
    expect(ask(lab, 'node-a', '127.0.0.1:30080'), printTrace(stepsOf(lab))).toBe(expected);
  }
});

test('a node that does not forward drops in silence', () => {
  const lab = twoNodes();
  namespaceOf(lab, 'node-b').sysctls['ipv4.ip_forward'] = '0';
  expect(ask(lab, 'web', '10.244.2.5:8080')).toBe('ETIMEDOUT');
  expect(stepsOf(lab)).toContainEqual(
    expect.objectContaining({ kind: 'dropped', reason: 'not-forwarding' }),
  );
});

test('rp_filter drops what would be answered by another device', () => {
  const lab = twoNodes();
  const node = namespaceOf(lab, 'node-b');
  node.routes.splice(
    0,
    node.routes.length,
    ...node.routes.filter(({ destination }) => destination !== '10.244.1.0/24'),
  );
  node.routes.push({ destination: '10.244.1.0/24', device: 'cni0' });
  run(lab, 'catalog', 'tcp-server', ['8080']);
  const reasonOf = (mode: string) => {
    node.sysctls['ipv4.conf.all.rp_filter'] = mode;
    delete lab.traces['t'];
    ask(lab, 'web', '10.244.2.5:8080', SECOND / 2);
    return stepsOf(lab).find((step) => step.kind === 'dropped')?.reason;
  };
  expect(reasonOf('1')).toBe('rp-filter');
  expect(reasonOf('2')).toBeUndefined();
});

test('the hops of a SYN to a ClusterIP read as a person would tell them', () => {
  const lab = twoNodes();
  run(lab, 'catalog', 'tcp-server', ['8080']);
  loadRules(lab, 'node-a', service('10.244.2.5:8080'));
  loadRules(lab, 'node-b', service('10.244.2.5:8080'));
  ask(lab, 'web', VIP);
  const hops = explain(stepsOf(lab));
  const syn = hops.filter(({ packet }) => packet === hops[0]?.packet);
  const mac = namespaceOf(lab, 'catalog').links['eth0']?.mac ?? '';
  expect(syn.map(({ title, sentence }) => `${title}: ${sentence}`)).toEqual([
    'web · eth0: Default route: `via 10.244.1.1 dev eth0`',
    "node-a · cni0: Frame is for the bridge's own MAC: up to the node",
    'node-a · PREROUTING: `KUBE-SEP-ONE` rewrites the destination',
    'node-a · route: `10.244.2.0/24 via 192.168.10.12`',
    'node-a · POSTROUTING: No mark, so no masquerade',
    'node-b · route: `10.244.2.0/24 dev cni0`',
    `node-b · cni0: FDB: \`${mac}\` on \`veth-catalog\``,
    'catalog · socket: Listening on `:8080`',
  ]);
  const rewrite = syn[2];
  expect(rewrite?.before.destination).toEqual({ address: '10.96.0.17', port: 80 });
  expect(rewrite?.after.destination).toEqual({ address: '10.244.2.5', port: 8080 });
  expect(rewrite?.layer).toBe('netfilter');
  expect(rewrite?.lines.find(({ isDeciding }) => isDeciding)?.text).toBe(
    '-A KUBE-SEP-ONE -p tcp -m tcp -j DNAT --to-destination 10.244.2.5:8080',
  );
  const answer = hops.filter(({ packet }) => packet === (hops[0]?.packet ?? 0) + 1);
  expect(answer.every(({ direction }) => direction === 'reply')).toBe(true);
  expect(answer.map(({ title }) => title)).toEqual([
    'catalog · eth0',
    'node-b · cni0',
    'node-b · route',
    'node-a · route',
    // The kernel puts the ClusterIP back into the source when the answer leaves (nat, POSTROUTING).
    'node-a · conntrack',
    'node-a · cni0',
    'web · socket',
  ]);
});

test('a rule that refuses a translated packet answers in the name of the ClusterIP', () => {
  const lab = twoNodes();
  for (const reject of ['tcp-reset', 'icmp-port-unreachable']) {
    loadRules(lab, 'node-a', service('10.244.2.5:8080'));
    loadRules(
      lab,
      'node-a',
      `*filter\n-A FORWARD -d 10.244.2.5/32 -p tcp -j REJECT --reject-with ${reject}\nCOMMIT\n`,
    );
    expect(ask(lab, 'web', VIP, SECOND / 2), printTrace(stepsOf(lab))).toBe('ECONNREFUSED');
  }
});
