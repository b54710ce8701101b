import { expect, test } from 'vitest';
import { dispositionOf } from '../trace/disposition.ts';
import { explain } from '../trace/explain.ts';
import {
  loadRules,
  namespaceOf,
  openTrace,
  outputOf,
  run,
  runUntilIdle,
  stepsOf,
  twoNodes,
} from '../testing/lab.ts';
import type { PolicyRule, Route } from './network.ts';
import {
  addRule,
  defaultRules,
  deleteRule,
  formatRule,
  nextPriority,
  parseTableName,
} from './policy-rules.ts';
import { addRoute, deleteRoute, findRoute, formatRoute, routesOfTable } from './routes.ts';

const rule = (more: Partial<PolicyRule>): PolicyRule => ({
  version: 4,
  priority: 100,
  action: { type: 'lookup', table: 100 },
  ...more,
});

// Every line was printed by iproute2 6.1 on Linux 6.18.
test.each<[PolicyRule, string]>([
  [rule({}), '100:\tfrom all lookup 100'],
  [
    rule({
      from: '10.1.0.0/16',
      to: '10.2.0.5/32',
      mark: { value: 0x10, mask: 0xf0 },
      inDevice: 'eth0',
    }),
    '100:\tfrom 10.1.0.0/16 to 10.2.0.5 fwmark 0x10/0xf0 iif eth0 lookup 100',
  ],
  [
    rule({ priority: 32765, mark: { value: 1, mask: 0xffffffff } }),
    '32765:\tfrom all fwmark 0x1 lookup 100',
  ],
  [
    rule({
      priority: 99,
      not: true,
      from: '1.2.3.4/32',
      outDevice: 'eth0',
      action: { type: 'lookup', table: 254, suppressPrefix: 0 },
    }),
    '99:\tnot from 1.2.3.4 oif eth0 lookup main suppress_prefixlength 0',
  ],
  [
    rule({ priority: 98, from: '9.9.9.9/32', action: { type: 'blackhole' } }),
    '98:\tfrom 9.9.9.9 blackhole',
  ],
])('ip rule prints a rule', (given, text) => {
  expect(formatRule(given)).toBe(text);
});

test.each<[Route, string]>([
  [{ destination: '10.9.0.0/16', device: '', type: 'blackhole' }, 'blackhole 10.9.0.0/16'],
  [
    { destination: '10.10.0.0/16', device: '', type: 'unreachable', metric: 20 },
    'unreachable 10.10.0.0/16 metric 20',
  ],
  [
    { destination: '0.0.0.0/0', device: 'lo', type: 'local', scope: 'host', table: 100 },
    'local default dev lo scope host',
  ],
  [
    {
      destination: '10.12.0.0/16',
      via: '10.0.0.2',
      device: 'eth0',
      protocol: 'static',
      metric: 100,
      onlink: true,
    },
    '10.12.0.0/16 via 10.0.0.2 dev eth0 proto static metric 100 onlink',
  ],
])('ip route prints a route', (route, text) => {
  expect(formatRoute(route)).toBe(text);
});

test('rules stand by priority, those of one priority as they came, and none stands twice', () => {
  const namespace = { rules: defaultRules() };
  const [first, second] = [rule({ from: '10.1.0.0/16' }), rule({ from: '10.2.0.0/16' })];
  expect(nextPriority(namespace, 4)).toBe(32_765);
  for (const each of [first, second]) expect(addRule(namespace, each)).toBeUndefined();
  expect(addRule(namespace, second)).toBe('RTNETLINK answers: File exists');
  expect(nextPriority(namespace, 4)).toBe(99);
  expect(namespace.rules.filter(({ version }) => version === 4).map(formatRule)).toEqual([
    '0:\tfrom all lookup local',
    '100:\tfrom 10.1.0.0/16 lookup 100',
    '100:\tfrom 10.2.0.0/16 lookup 100',
    '32766:\tfrom all lookup main',
    '32767:\tfrom all lookup default',
  ]);
  expect(deleteRule(namespace, { version: 4, from: '10.2.0.0/16' })).toBeUndefined();
  expect(deleteRule(namespace, { version: 4, priority: 5555 })).toBe(
    'RTNETLINK answers: No such file or directory',
  );
  expect(namespace.rules.filter(({ version }) => version === 4)).toHaveLength(4);
});

test('tables have names and numbers', () => {
  expect(['main', 'local', '100', 'mian'].map(parseTableName)).toEqual([254, 255, 100, undefined]);
});

const UPLINK: Route = {
  destination: '0.0.0.0/0',
  via: '192.168.10.12',
  device: 'eth0',
  table: 100,
};

test.each<[string, Partial<PolicyRule>, Parameters<typeof findRoute>[2], 'table 100' | 'main']>([
  ['its source', { from: '10.244.1.0/24' }, { source: '10.244.1.7' }, 'table 100'],
  ['another source', { from: '10.244.1.0/24' }, { source: '10.244.2.7' }, 'main'],
  ['no source yet', { from: '10.244.1.0/24' }, {}, 'main'],
  ['its mark', { mark: { value: 1, mask: 1 } }, { mark: 3 }, 'table 100'],
  ['another mark', { mark: { value: 1, mask: 0xffffffff } }, { mark: 3 }, 'main'],
  ['its device', { inDevice: 'cni0' }, { inDevice: 'cni0' }, 'table 100'],
  ['another device', { inDevice: 'cni0' }, { inDevice: 'eth0' }, 'main'],
  ['its own packets', { inDevice: 'lo' }, {}, 'table 100'],
  ['its destination', { to: '203.0.113.0/24' }, {}, 'table 100'],
  ['what a negated rule is not for', { not: true, to: '203.0.113.0/24' }, {}, 'main'],
  ['what a negated rule is for', { not: true, to: '198.51.100.0/24' }, {}, 'table 100'],
])('a packet is routed by %s', (_, more, query, expected) => {
  const lab = twoNodes();
  const namespace = namespaceOf(lab, 'node-a');
  expect(addRoute(namespace, UPLINK)).toBeUndefined();
  addRule(namespace, rule(more));
  const via = findRoute(namespace, '203.0.113.80', query)?.via;
  expect(via).toBe(expected === 'main' ? '192.168.10.1' : '192.168.10.12');
});

test('a table without a route, a throw route and a suppressed one leave it to the next rule', () => {
  const lab = twoNodes();
  const namespace = namespaceOf(lab, 'node-a');
  addRule(namespace, rule({}));
  expect(findRoute(namespace, '203.0.113.80')?.via).toBe('192.168.10.1');
  addRoute(namespace, { destination: '203.0.113.0/24', device: '', type: 'throw', table: 100 });
  addRoute(namespace, UPLINK);
  expect(findRoute(namespace, '203.0.113.80')?.via).toBe('192.168.10.1');
  expect(findRoute(namespace, '198.51.100.1')?.via).toBe('192.168.10.12');
  addRule(
    namespace,
    rule({ priority: 50, action: { type: 'lookup', table: 254, suppressPrefix: 0 } }),
  );
  expect(findRoute(namespace, '198.51.100.1')?.via).toBe('192.168.10.12');
  expect(findRoute(namespace, '10.244.2.5')?.via).toBe('192.168.10.12');
});

test('tables are apart: the same prefix may stand in each, and is deleted from one', () => {
  const namespace = namespaceOf(twoNodes(), 'node-a');
  addRoute(namespace, UPLINK);
  expect(addRoute(namespace, UPLINK)).toBe('RTNETLINK answers: File exists');
  expect(routesOfTable(namespace, 4, 100).map(formatRoute)).toEqual([
    'default via 192.168.10.12 dev eth0',
  ]);
  expect(deleteRoute(namespace, { destination: '0.0.0.0/0', table: 100 })).toBeUndefined();
  expect(routesOfTable(namespace, 4, 100)).toEqual([]);
  expect(findRoute(namespace, '203.0.113.80')?.via).toBe('192.168.10.1');
});

test('a rule that led to a route is told with it', () => {
  const lab = twoNodes();
  const namespace = namespaceOf(lab, 'node-a');
  addRoute(namespace, { ...UPLINK, destination: '10.244.2.0/24' });
  addRule(namespace, rule({ from: '10.244.1.0/24' }));
  run(lab, 'web', 'ping', ['10.244.2.5'], openTrace(lab));
  runUntilIdle(lab);
  const step = stepsOf(lab).find(
    ({ kind, place }) =>
      kind === 'route' && place.machine === 'node-a' && place.netns === undefined,
  );
  expect(step).toMatchObject({
    table: '100',
    rule: '100:\tfrom 10.244.1.0/24 lookup 100',
    considered: [{ text: '10.244.2.0/24 via 192.168.10.12 dev eth0' }],
    chosen: 0,
  });
  const hop = explain(stepsOf(lab)).find(({ title }) => title === 'node-a · route');
  expect(hop?.lines[0]).toEqual({ text: '100:\tfrom 10.244.1.0/24 lookup 100', isDeciding: true });
});

test('a mark that OUTPUT sets chooses the table', () => {
  const lab = twoNodes();
  const namespace = namespaceOf(lab, 'node-a');
  addRoute(namespace, { destination: '10.244.2.0/24', device: '', type: 'blackhole', table: 100 });
  addRule(namespace, rule({ mark: { value: 7, mask: 0xffffffff } }));
  loadRules(
    lab,
    'node-a',
    '*mangle\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -p icmp -j MARK --set-xmark 0x7/0xffffffff\nCOMMIT\n',
  );
  run(lab, 'node-a', 'ping', ['10.244.2.5'], openTrace(lab));
  runUntilIdle(lab);
  expect(stepsOf(lab).find(({ kind }) => kind === 'dropped')).toMatchObject({
    reason: 'blackhole-route',
  });
});

test.each([
  ['blackhole', undefined, 'EINVAL  from here', 'dropped'],
  [
    'unreachable',
    'EHOSTUNREACH host-unreachable from 10.244.1.1',
    'EHOSTUNREACH  from here',
    'unreachable',
  ],
  ['prohibit', 'EHOSTUNREACH admin-prohibited from 10.244.1.1', 'EACCES  from here', 'unreachable'],
] as const)('a %s route ends a packet in its own way', (type, forwarded, own, disposition) => {
  const lab = twoNodes();
  addRoute(namespaceOf(lab, 'node-a'), { destination: '203.0.113.0/24', device: '', type });
  const pod = run(lab, 'web', 'ping', ['203.0.113.80'], openTrace(lab));
  const node = run(lab, 'node-a', 'ping', ['203.0.113.80']);
  runUntilIdle(lab);
  expect(outputOf(lab, pod)).toBe(forwarded ?? '');
  expect(outputOf(lab, node)).toBe(own);
  expect(dispositionOf(stepsOf(lab))).toBe(disposition);
});

test('a route of type local makes a machine take what is for others (transparent proxies)', () => {
  const lab = twoNodes();
  const namespace = namespaceOf(lab, 'node-a');
  addRoute(namespace, { destination: '0.0.0.0/0', device: 'lo', type: 'local', table: 100 });
  addRule(namespace, rule({ inDevice: 'cni0', to: '203.0.113.80/32' }));
  const pod = run(lab, 'web', 'ping', ['203.0.113.80']);
  runUntilIdle(lab);
  expect(outputOf(lab, pod)).toBe('from 203.0.113.80 seq=1 ttl=64');
});
