import { expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import { MINUTE, parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER, DUAL_STACK_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import type { Cluster } from '../../cluster.ts';
import { runLine } from '../../shell/run.ts';
import { createShellSystem } from '../../shell/system.ts';
import { createTerminal } from '../../shell/terminal.ts';
import { aService } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';
import { formatGoTime } from './proxy-server.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;

function clusterWith(options: Partial<ClusterOptions> = {}): Cluster {
  const cluster = startCluster({ ...DEFAULT_CLUSTER, ...options }, 'proxy server', START);
  cluster.advance(MINUTE);
  return cluster;
}

function onNode(cluster: Cluster, line: string): string {
  const terminal = createTerminal('default', {});
  terminal.places.push({ type: 'node', node: 'node-a' });
  return runLine(line, terminal, createShellSystem(cluster));
}

const CURL = "curl -s -m 2 -w ' %{http_code}'";
const healthz = (cluster: Cluster, path = 'healthz') =>
  onNode(cluster, `${CURL} http://192.168.10.11:10256/${path}`);

const statusOf = (answer: string) => answer.split(' ').at(-1);

function updateNode(cluster: Cluster, more: Partial<Node['spec']>): void {
  const node = cluster.store.get<Node>('Node', undefined, 'node-a');
  if (!node) throw new Error('no node');
  accept(cluster.store.update<Node>({ ...node, spec: { ...node.spec, ...more } }));
  cluster.settle();
}

test('kube-proxy answers for itself as Go prints it', () => {
  const cluster = clusterWith();
  expect(healthz(cluster)).toMatch(
    /^\{"lastUpdated": "(2026-01-05 09:\d\d:\d\d(?:\.\d+)? \+0000 UTC m=\+\d+\.\d{9})","currentTime": "\1", "nodeEligible": true\} 200$/,
  );
  expect(healthz(cluster, 'livez')).toMatch(/^\{"lastUpdated": ".*","currentTime": ".*"\} 200$/);
  expect(healthz(cluster, 'else')).toBe('404 page not found\n 404');
});

test.each(['iptables', 'nftables'] as const)(
  'the mode is told on the loopback address: %s',
  (proxyMode) => {
    const cluster = clusterWith({ proxyMode });
    expect(onNode(cluster, `${CURL} http://localhost:10249/proxyMode`)).toBe(`${proxyMode} 200`);
    expect(onNode(cluster, `${CURL} http://127.0.0.1:10249/healthz`)).toBe('ok 200');
    expect(onNode(cluster, `${CURL} http://192.168.10.11:10249/proxyMode`)).toBe(' 000');
  },
);

test('metrics tell of rounds and of the answers given', () => {
  const cluster = clusterWith();
  healthz(cluster);
  const metrics = onNode(cluster, 'curl -s http://127.0.0.1:10249/metrics');
  expect(metrics).toMatch(/^# TYPE kubeproxy_proxy_healthz_total counter$/m);
  expect(metrics).toMatch(/^kubeproxy_proxy_healthz_total\{code="200"\} 1$/m);
  expect(metrics).toMatch(
    /^kubeproxy_sync_proxy_rules_last_timestamp_seconds\{ip_family="IPv4"\} 1\.767603\d*e\+09$/m,
  );
});

test('ss lists both ports with their process', () => {
  const listed = onNode(clusterWith(), 'ss -tlnp');
  expect(listed).toMatch(/^LISTEN +0 +4096 +\*:10256 +\*:\* +users:\(\("kube-proxy",pid=\d+/m);
  expect(listed).toMatch(
    /^LISTEN +0 +4096 +127\.0\.0\.1:10249 +0\.0\.0\.0:\* +users:\(\("kube-pr/m,
  );
});

test('with IPv6 first the metrics are on ::1', () => {
  const podCidr = DUAL_STACK_CLUSTER.podCidr.split(',').reverse().join();
  const cluster = clusterWith({ ...DUAL_STACK_CLUSTER, podCidr });
  expect(onNode(cluster, `${CURL} http://[::1]:10249/proxyMode`)).toBe('iptables 200');
  expect(statusOf(onNode(cluster, `${CURL} http://[fd00:10::11]:10256/healthz`))).toBe('200');
});

test('a node that the autoscaler takes away is not eligible, and kube-proxy lives on', () => {
  const cluster = clusterWith();
  const effect = 'NoSchedule' as const;
  updateNode(cluster, { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect }] });
  expect(healthz(cluster)).toMatch(/"nodeEligible": false\} 503$/);
  expect(statusOf(healthz(cluster, 'livez'))).toBe('200');
  updateNode(cluster, { taints: [{ key: 'other', effect }] });
  expect(healthz(cluster)).toMatch(/"nodeEligible": true\} 200$/);
});

test('a change that waits for more than a minute makes kube-proxy unhealthy until it is written', () => {
  const cluster = clusterWith({ kubeProxy: { syncDelayMs: 90_000 } });
  cluster.advance(3 * MINUTE);
  accept(cluster.store.create(aService('late')));
  cluster.advance(50 * SECOND);
  expect(statusOf(healthz(cluster))).toBe('200');
  cluster.advance(20 * SECOND);
  const answer = healthz(cluster);
  expect(statusOf(answer)).toBe('503');
  const [, updated, current] = /"lastUpdated": "(.*?)","currentTime": "(.*?)"/.exec(answer) ?? [];
  expect(updated).not.toBe(current);
  expect(statusOf(healthz(cluster, 'livez'))).toBe('503');
  cluster.advance(MINUTE);
  expect(statusOf(healthz(cluster))).toBe('200');
});

test('a kube-proxy that is stopped answers nobody, and answers again when it starts', () => {
  const cluster = clusterWith();
  cluster.setAgent('kube-proxy', 'node-a', 'stopped');
  cluster.advance(SECOND);
  expect(healthz(cluster)).toBe(' 000');
  expect(onNode(cluster, 'ss -tlnp')).not.toContain('kube-proxy');
  cluster.setAgent('kube-proxy', 'node-a', 'running');
  cluster.settle();
  cluster.advance(SECOND);
  expect(statusOf(healthz(cluster))).toBe('200');
});

test('minSyncPeriod: what comes soon after a round waits for the next one', () => {
  const cluster = clusterWith({ kubeProxy: { minSyncPeriodMs: 10_000 } });
  const isWritten = (name: string) => onNode(cluster, 'iptables-save').includes(`default/${name} `);
  accept(cluster.store.create(aService('first')));
  cluster.advance(SECOND);
  expect(isWritten('first')).toBe(true);
  accept(cluster.store.create(aService('second')));
  cluster.advance(5 * SECOND);
  expect(isWritten('second')).toBe(false);
  cluster.advance(10 * SECOND);
  expect(isWritten('second')).toBe(true);
});

test.each([
  [0, '2026-01-05 09:00:00 +0000 UTC m=+0.000000000'],
  [1_500_000, '2026-01-05 09:00:01.5 +0000 UTC m=+1.500000000'],
  [61_000_007, '2026-01-05 09:01:01.000007 +0000 UTC m=+61.000007000'],
])('a time is printed as by Go: %i microseconds after the start', (since, text) => {
  expect(formatGoTime(START + since, START)).toBe(text);
});
