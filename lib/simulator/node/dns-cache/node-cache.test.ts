import { expect, test } from 'vitest';
import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Service } from '../../api/core/service.ts';
import { MINUTE, SECOND } from '../../base/clock.ts';
import type { ClusterOptions } from '../../cluster-options.ts';
import { startScenario, type Sandbox } from '../../scenario/sandbox.ts';
import { runLine } from '../../shell/run.ts';
import { accept } from '../../testing/run-controllers.ts';

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: {name: toolbox}
spec:
  nodeName: node-a
  containers:
  - {name: main, image: nicolaka/netshoot, command: [sleep, infinity]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, clusterIP: 10.96.0.77, ports: [{port: 80}]}
`;

const NAME = 'web.default.svc.cluster.local';
const DEAD = /connection refused|no servers could be reached/;

function aSandbox(more: Partial<ClusterOptions> = {}): Sandbox {
  const cluster = { nodeDns: 'cache', ...more } as const;
  return startScenario({ name: 'node-cache', manifests: [MANIFEST], cluster }, 'node-cache');
}

const type = ({ terminal, shell }: Sandbox, line: string) => runLine(line, terminal, shell);
const inPod = (sandbox: Sandbox, line: string) => type(sandbox, `kubectl exec toolbox -- ${line}`);
const onNode = (sandbox: Sandbox, line: string) => type(sandbox, `ssh node-a ${line}`);
const lookUp = (sandbox: Sandbox, name = NAME) => inPod(sandbox, `dig +tries=1 +short ${name}`);

/** What the look-up put on the node's wire: `udp 10.1.2.3:53`. */
function sentOut({ cluster }: Sandbox): string[] {
  const id = Object.keys(cluster.state.traces).at(-1) ?? '';
  const steps = cluster.state.traces[id]?.steps ?? [];
  return steps.flatMap(({ kind, place, flow }) =>
    kind === 'transmitted' &&
    place.machine === 'node-a' &&
    place.netns === undefined &&
    place.device === 'eth0' &&
    flow
      ? [`${flow.protocol} ${flow.destination.address}:${flow.destination.port}`]
      : [],
  );
}

function cacheOf({ cluster }: Sandbox): number {
  const found = Object.values(cluster.network.processes).find(
    ({ program, namespace, exitCode }) =>
      program === 'node-cache' && namespace === 'node-a' && exitCode === undefined,
  );
  return found?.pid ?? -1;
}

const kill = (sandbox: Sandbox) => onNode(sandbox, 'systemctl kill -s KILL node-local-dns');

test('a miss goes over TCP to CoreDNS behind the second Service, a hit stays on the node', () => {
  const sandbox = aSandbox();
  const { cluster } = sandbox;
  // CoreDNS on the other node alone: a miss must cross the wire.
  const upstream = cluster.store.get<Service>('Service', 'kube-system', 'kube-dns-upstream');
  type(sandbox, 'kubectl cordon node-a');
  type(sandbox, 'kubectl delete pod -n kube-system -l k8s-app=kube-dns');
  cluster.advance(MINUTE);
  expect(inPod(sandbox, 'cat /etc/resolv.conf')).toContain('nameserver 10.96.0.10\n');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  const sent = sentOut(sandbox);
  expect(sent.length).toBeGreaterThan(0);
  for (const packet of sent) expect(packet).toMatch(/^tcp 10\.244\.1\.\d+:53$/);
  expect(upstream?.spec.clusterIP).toMatch(/^10\.96\./);
  expect(upstream?.spec.clusterIP).not.toBe('10.96.0.10');
  cluster.advance(SECOND);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(sentOut(sandbox)).toEqual([]);
  cluster.advance(31 * SECOND);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(sentOut(sandbox).length).toBeGreaterThan(0);
});

test('other names go to the resolvers of the node, as the client asked', () => {
  const sandbox = aSandbox();
  expect(lookUp(sandbox, 'www.example.com')).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
  expect(new Set(sentOut(sandbox))).toEqual(new Set(['udp 203.0.113.53:53']));
  expect(lookUp(sandbox, 'www.example.com')).toMatch(/^\d+\.\d+\.\d+\.\d+\n$/);
  expect(sentOut(sandbox)).toEqual([]);
});

test('what pods ask the cache is not tracked, what the cache asks CoreDNS is', () => {
  const sandbox = aSandbox();
  lookUp(sandbox);
  const table = onNode(sandbox, 'conntrack -L');
  expect(table).not.toContain('dst=10.96.0.10 ');
  expect(table).toMatch(/^tcp .*src=192\.168\.10\.11 dst=10\.96\.\d+\.\d+ sport=\d+ dport=53 /m);
});

test('a pod on the host network asks the cache as well', () => {
  const sandbox = aSandbox();
  expect(onNode(sandbox, `dig +tries=1 +short @10.96.0.10 ${NAME}`)).toBe('10.96.0.77\n');
  expect(onNode(sandbox, `dig +tries=1 +short @169.254.20.10 ${NAME}`)).toBe('10.96.0.77\n');
  expect(sentOut(sandbox)).toEqual([]);
  const table = onNode(sandbox, 'conntrack -L');
  expect(table).not.toMatch(/dst=(10\.96\.0\.10|169\.254\.20\.10) /);
});

test('the device holds both addresses and is never set up', () => {
  const sandbox = aSandbox();
  const shown = onNode(sandbox, 'ip addr show nodelocaldns');
  expect(shown).toMatch(
    /^\d+: nodelocaldns: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN group default \n {4}link\/ether [0-9a-f:]{17} brd ff:ff:ff:ff:ff:ff\n {4}inet 169\.254\.20\.10\/32 scope global nodelocaldns\n {7}valid_lft forever preferred_lft forever\n {4}inet 10\.96\.0\.10\/32 scope global nodelocaldns\n {7}valid_lft forever preferred_lft forever\n$/,
  );
  expect(onNode(sandbox, 'ip route')).not.toContain('nodelocaldns');
  expect(onNode(sandbox, 'ip route show table local')).toContain(
    'local 169.254.20.10 dev nodelocaldns proto kernel scope host src 169.254.20.10',
  );
  expect(onNode(sandbox, 'ss -lnu')).toContain('10.96.0.10:53');
});

const rawRules = (address: string) => [
  `-A PREROUTING -d ${address}/32 -p udp -m udp --dport 53 -j NOTRACK`,
  `-A PREROUTING -d ${address}/32 -p tcp -m tcp --dport 53 -j NOTRACK`,
];
const rawOutputRules = (address: string) => [
  `-A OUTPUT -s ${address}/32 -p tcp -m tcp --sport 8080 -j NOTRACK`,
  `-A OUTPUT -d ${address}/32 -p tcp -m tcp --dport 8080 -j NOTRACK`,
  `-A OUTPUT -d ${address}/32 -p udp -m udp --dport 53 -j NOTRACK`,
  `-A OUTPUT -d ${address}/32 -p tcp -m tcp --dport 53 -j NOTRACK`,
  `-A OUTPUT -s ${address}/32 -p udp -m udp --sport 53 -j NOTRACK`,
  `-A OUTPUT -s ${address}/32 -p tcp -m tcp --sport 53 -j NOTRACK`,
];

test('the rules stand first, the last that was checked on top', () => {
  const sandbox = aSandbox();
  const raw = onNode(sandbox, 'iptables-save -t raw').split('\n');
  expect(raw.filter((line) => line.startsWith('-A'))).toEqual([
    ...rawRules('10.96.0.10'),
    ...rawRules('169.254.20.10'),
    ...rawOutputRules('10.96.0.10'),
    ...rawOutputRules('169.254.20.10'),
  ]);
  const input = onNode(sandbox, 'iptables -S INPUT').split('\n');
  expect(input.slice(0, 3)).toEqual([
    '-P INPUT ACCEPT',
    '-A INPUT -d 10.96.0.10/32 -p udp -m udp --dport 53 -j ACCEPT',
    '-A INPUT -d 10.96.0.10/32 -p tcp -m tcp --dport 53 -j ACCEPT',
  ]);
  expect(onNode(sandbox, 'iptables -S OUTPUT')).toContain(
    '-A OUTPUT -s 169.254.20.10/32 -p udp -m udp --sport 53 -j ACCEPT\n',
  );
});

test('stopped in order it takes device and rules along, and CoreDNS answers again', () => {
  const sandbox = aSandbox();
  onNode(sandbox, 'systemctl stop node-local-dns');
  sandbox.cluster.advance(2 * MINUTE);
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('does not exist');
  expect(onNode(sandbox, 'iptables-save')).not.toMatch(/NOTRACK|--dport 53 -j ACCEPT/);
  expect(cacheOf(sandbox)).toBe(-1);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(onNode(sandbox, 'conntrack -L')).toContain('dst=10.96.0.10 ');
  onNode(sandbox, 'systemctl start node-local-dns');
  sandbox.cluster.advance(5 * SECOND);
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('10.96.0.10/32');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
});

test('killed it leaves device and rules: the node has no DNS until it runs again', () => {
  const sandbox = aSandbox();
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  kill(sandbox);
  expect(lookUp(sandbox)).toMatch(DEAD);
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('10.96.0.10/32');
  expect(onNode(sandbox, 'iptables-save -t raw')).toContain('-d 10.96.0.10/32');
  sandbox.cluster.advance(2 * SECOND);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  // The second time soon after, it is started with a back-off.
  kill(sandbox);
  sandbox.cluster.advance(2 * SECOND);
  expect(lookUp(sandbox)).toMatch(DEAD);
  sandbox.cluster.advance(15 * SECOND);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
});

test('SIGTERM is the orderly end, after which it is started again', () => {
  const sandbox = aSandbox();
  onNode(sandbox, 'systemctl kill node-local-dns');
  sandbox.cluster.advance(SECOND / 2);
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('does not exist');
  expect(onNode(sandbox, 'iptables-save -t raw')).not.toContain('NOTRACK');
  sandbox.cluster.advance(5 * SECOND);
  expect(onNode(sandbox, 'iptables-save -t raw')).toContain('NOTRACK');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
});

test('killed and not started again it leaves the node without DNS for good', () => {
  const sandbox = aSandbox();
  kill(sandbox);
  onNode(sandbox, 'systemctl stop node-local-dns');
  sandbox.cluster.advance(10 * MINUTE);
  expect(lookUp(sandbox)).toMatch(DEAD);
  expect(onNode(sandbox, 'systemctl kill node-local-dns')).toContain('no process');
  // By hand, as the handbook says: device and rules away, and kube-proxy translates again.
  onNode(sandbox, 'ip link del nodelocaldns');
  expect(lookUp(sandbox)).toMatch(DEAD);
  onNode(sandbox, 'iptables -t raw -F');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
});

test('a Corefile that does not parse keeps it down after the next start', () => {
  const sandbox = aSandbox();
  const { cluster } = sandbox;
  const config = cluster.store.get<ConfigMap>('ConfigMap', 'kube-system', 'node-local-dns');
  accept(cluster.store.update({ ...config!, data: { Corefile: '.:53 {\n    cash 30\n}\n' } }));
  cluster.advance(MINUTE);
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  kill(sandbox);
  cluster.advance(2 * MINUTE);
  expect(lookUp(sandbox)).toMatch(DEAD);
  expect(inPod(sandbox, `dig +tries=1 +short @169.254.20.10 ${NAME}`)).toMatch(DEAD);
});

test('rules and addresses that somebody takes away come back within a minute', () => {
  const sandbox = aSandbox();
  onNode(sandbox, 'iptables -t raw -F');
  onNode(sandbox, 'ip addr del 10.96.0.10/32 dev nodelocaldns');
  sandbox.cluster.advance(61 * SECOND);
  expect(onNode(sandbox, 'iptables-save -t raw')).toContain(rawRules('10.96.0.10')[0]);
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('10.96.0.10/32');
});

test.each(['vxlan', 'bgp'] as const)('pods of %s reach the cache of their node', (cni) => {
  const sandbox = aSandbox({ cni });
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(sentOut(sandbox)).toEqual([]);
});

test('in nftables mode the kubelet gives pods the link-local address, and kube-dns stays with CoreDNS', () => {
  const sandbox = aSandbox({ proxyMode: 'nftables' });
  expect(inPod(sandbox, 'cat /etc/resolv.conf')).toContain('nameserver 169.254.20.10\n');
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).not.toContain('10.96.0.10');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(lookUp(sandbox)).toBe('10.96.0.77\n');
  expect(sentOut(sandbox)).toEqual([]);
  expect(inPod(sandbox, `dig +tries=1 +short @10.96.0.10 ${NAME}`)).toBe('10.96.0.77\n');
  expect(onNode(sandbox, 'conntrack -L')).not.toContain('dst=169.254.20.10 ');
});

test('without the option no node has a cache', () => {
  const sandbox = startScenario({ name: 'plain', manifests: [MANIFEST] }, 'plain');
  expect(onNode(sandbox, 'ip addr show nodelocaldns')).toContain('does not exist');
  expect(onNode(sandbox, 'systemctl status node-local-dns')).toContain('not found');
  expect(type(sandbox, 'kubectl get svc -n kube-system')).not.toContain('kube-dns-upstream');
});
