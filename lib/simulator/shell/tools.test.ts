import { beforeAll, expect, test } from 'vitest';
import { MINUTE, SECOND } from '../base/clock.ts';
import { DEFAULT_CLUSTER } from '../cluster-options.ts';
import { startCluster } from '../bootstrap.ts';
import type { Cluster } from '../cluster.ts';
import { aDeployment, aPod, aService } from '../testing/objects.ts';
import type { CommandContext, ShellPlace } from './command.ts';
import { startProgram } from './start-program.ts';
import { TOOLS } from './tools.ts';

let cluster: Cluster;
const TOOLBOX: ShellPlace = {
  type: 'container',
  namespace: 'default',
  pod: 'toolbox',
  container: 'main',
};
const NODE: ShellPlace = { type: 'node', node: 'node-a' };

beforeAll(() => {
  cluster = startCluster(DEFAULT_CLUSTER, 'tools', 1_763_800_000 * SECOND);
  const toolbox = aPod('toolbox', {
    nodeName: 'node-a',
    containers: [{ name: 'main', image: 'nicolaka/netshoot', command: ['sleep', 'infinity'] }],
  });
  for (const object of [toolbox, aDeployment('web', { replicas: 2 }), aService('web')]) {
    const created = cluster.store.create(object);
    if (!created.ok) throw new Error(created.status.message);
  }
  cluster.settle();
  cluster.advance(5 * SECOND);
});

const contextAt = (place: ShellPlace): CommandContext => ({
  cluster,
  place,
  namespace: 'default',
  stdin: '',
  files: {},
});

function run(
  place: ShellPlace,
  line: string,
): { stdout: string; stderr: string; exitCode: number } {
  const [name = '', ...args] = line.split(' ');
  const result = TOOLS[name]!(args, contextAt(place));
  if (result.type !== 'finished') throw new Error(result.type);
  return result;
}

/** Runs a program in the toolbox to its end. */
function runProgram(line: string): { output: string; exitCode: number | undefined } {
  const [name = '', ...args] = line.split(' ');
  const result = startProgram(name, args, contextAt(TOOLBOX));
  if (result.type !== 'process') throw new Error(result.type);
  const process = () => cluster.network.processes[result.pid];
  cluster.runUntil(() => process()?.exitCode !== undefined, 5 * MINUTE);
  return { output: process()?.output ?? '', exitCode: process()?.exitCode };
}

test('a Service is reached by its name from a pod', () => {
  expect(runProgram('curl -s -o /dev/null -w %{http_code} http://web')).toEqual({
    output: '200',
    exitCode: 0,
  });
});

test('search domains find a Service, and its full name does', () => {
  const { clusterIP } = (
    cluster.store.get('Service', 'default', 'web') as unknown as { spec: { clusterIP: string } }
  ).spec;
  expect(runProgram('dig +short +search web').output).toBe(`${clusterIP}\n`);
  expect(runProgram('dig +short web.default.svc.cluster.local').output).toBe(`${clusterIP}\n`);
});

test('ip addr in a pod', () => {
  const { stdout } = run(TOOLBOX, 'ip addr');
  expect(stdout).toMatch(
    /^1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n {4}link\/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n {4}inet 127\.0\.0\.1\/8 scope host lo\n/,
  );
  expect(stdout).toMatch(
    /2: eth0@if\d+: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n {4}link\/ether [0-9a-f:]{17} brd ff:ff:ff:ff:ff:ff link-netnsid 0\n {4}inet 10\.244\.0\.\d+\/24 brd 10\.244\.0\.255 scope global eth0\n/,
  );
});

test('ip on a node', () => {
  expect(run(NODE, 'ip -br -4 addr').stdout).toBe(
    'lo               UNKNOWN        127.0.0.1/8 \neth0             UP             192.168.10.11/24 \ncni0             UP             10.244.0.1/24 \n',
  );
  expect(run(NODE, 'ip route').stdout).toBe(
    'default via 192.168.10.1 dev eth0 proto static \n10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1 \n10.244.1.0/24 via 192.168.10.12 dev eth0 \n192.168.10.0/24 dev eth0 proto kernel scope link src 192.168.10.11 \n',
  );
  expect(run(NODE, 'ip route get 10.244.1.9').stdout).toBe(
    '10.244.1.9 via 192.168.10.12 dev eth0 src 192.168.10.11 uid 0 \n    cache \n',
  );
});

test.each([
  ['ip foo', 'Object "foo" is unknown, try "ip help".\n', 1],
  ['ip -z', 'Option "-z" is unknown, try "ip -help".\n', 255],
  ['ip addr foo', 'Command "foo" is unknown, try "ip address help".\n', 255],
  ['ip addr show dev nope', 'Device "nope" does not exist.\n', 1],
  ['ip route get foo', 'Error: any valid prefix is expected rather than "foo".\n', 1],
  ['ip route del 1.2.3.0/24', 'RTNETLINK answers: No such process\n', 2],
  ['ip link set nope up', 'Cannot find device "nope"\n', 1],
  [
    'iptables',
    "iptables v1.8.9 (nf_tables): no command specified\nTry `iptables -h' or 'iptables --help' for more information.\n",
    2,
  ],
  [
    'iptables -t foo -S',
    "iptables v1.8.9 (nf_tables): table 'foo' does not exist\nPerhaps iptables or your kernel needs to be upgraded.\n",
    3,
  ],
  [
    'iptables -D INPUT -j DROP',
    'iptables: Bad rule (does a matching rule exist in that chain?).\n',
    1,
  ],
  ['iptables -A NOPE -j DROP', 'iptables: No chain/target/match by that name.\n', 1],
  ['iptables -N KUBE-FORWARD', 'iptables: Chain already exists.\n', 1],
  ['iptables -D FORWARD 99', 'iptables: Index of deletion too big.\n', 1],
  [
    'iptables -X KUBE-FORWARD',
    'iptables v1.8.9 (nf_tables):  CHAIN_DEL failed (Device or resource busy): chain KUBE-FORWARD\n',
    4,
  ],
  [
    'conntrack -L --foo',
    "conntrack v1.4.7 (conntrack-tools): unknown option `--foo'\nTry `conntrack -h' or 'conntrack --help' for more information.\n",
    2,
  ],
  [
    'conntrack -L -p foo',
    "conntrack v1.4.7 (conntrack-tools): `foo' unsupported protocol\nTry `conntrack -h' or 'conntrack --help' for more information.\n",
    2,
  ],
  [
    'sysctl net.ipv4.foo',
    'sysctl: cannot stat /proc/sys/net/ipv4/foo: No such file or directory\n',
    1,
  ],
  ['cat /nope', 'cat: /nope: No such file or directory\n', 1],
  ['ls /nope', "ls: cannot access '/nope': No such file or directory\n", 2],
])('the words of the real tool: %s', (line, stderr, exitCode) => {
  expect(run(NODE, line)).toMatchObject({ stdout: '', stderr, exitCode });
});

test('a rule that somebody adds on a node is obeyed, and one that is deleted is not', () => {
  const address = run(TOOLBOX, 'hostname -i').stdout.trim();
  run(NODE, `iptables -I FORWARD -s ${address} -p tcp -j DROP`);
  expect(runProgram('curl -sS -m 1 http://web').exitCode).toBe(28);
  expect(run(NODE, `iptables -D FORWARD -s ${address}/32 -p tcp -j DROP`).exitCode).toBe(0);
  expect(runProgram('curl -sS -m 1 -o /dev/null http://web').exitCode).toBe(0);
});

test('a container may look, and not change', () => {
  expect(run(TOOLBOX, 'iptables -L')).toMatchObject({ exitCode: 4 });
  expect(run(TOOLBOX, 'sysctl -w net.ipv4.ip_forward=1').stderr).toBe(
    "sysctl: error setting key 'net.ipv4.ip_forward': Read-only file system\n",
  );
  expect(run(TOOLBOX, 'ip link set eth0 down').stderr).toBe(
    'RTNETLINK answers: Operation not permitted\n',
  );
});

test('conntrack shows what was translated', () => {
  runProgram('curl -s -o /dev/null http://web');
  const { stdout, stderr } = run(NODE, 'conntrack -L -p tcp --dport 80');
  expect(stdout).toMatch(
    /^tcp +6 \d+ \w+ src=10\.244\.0\.\d+ dst=10\.96\.\d+\.\d+ sport=\d+ dport=80 src=10\.244\.\d\.\d+ dst=/,
  );
  expect(stderr).toMatch(
    /^conntrack v1\.4\.7 \(conntrack-tools\): \d+ flow entries have been shown\.\n$/,
  );
});

test('ss lists what listens, with its process', () => {
  const pod = cluster.store.list('Pod', { labelSelector: 'app=web' })[0]!;
  const place: ShellPlace = {
    type: 'container',
    namespace: 'default',
    pod: pod.metadata.name,
    container: 'web',
  };
  const lines = run(place, 'ss -tlnp').stdout.split('\n');
  expect(lines[0]?.trimEnd()).toBe(
    'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess',
  );
  expect(lines[1]).toMatch(
    /^LISTEN 0 {6}4096 +\*:80 +\*:\* +users:\(\("nginx",pid=\d+,fd=\d+\)\)$/,
  );
});

test.each([
  [
    'cat /etc/resolv.conf',
    /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local\nnameserver 10\.96\.0\.10\noptions ndots:5\n$/,
  ],
  ['cat /proc/sys/net/ipv4/ip_forward', /^0\n$/],
  ['env', /(^|\n)KUBERNETES_SERVICE_HOST=10\.96\.0\.1\n/],
  ['hostname', /^toolbox\n$/],
  ['sysctl -n net.ipv4.ip_local_port_range', /^32768\t60999\n$/],
])('in a container: %s', (line, expected) => {
  expect(run(TOOLBOX, line).stdout).toMatch(expected);
});
