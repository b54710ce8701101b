import { beforeEach, expect, test } from 'vitest';
import { startScenario, type Sandbox } from '../../scenario/sandbox.ts';
import { runLine } from '../run.ts';

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = startScenario({ name: 'ip', manifests: [] }, 'ip');
  runLine('ssh node-a', sandbox.terminal, sandbox.shell);
});

const type = (line: string) => runLine(line, sandbox.terminal, sandbox.shell);
/** Output and exit code. */
const ask = (line: string) => [type(line), sandbox.terminal.exitCode];

test('rules are added before main, kept in order and deleted; a look-up obeys them', () => {
  type('ip rule add fwmark 0x1 table 100');
  type('ip rule add from 10.1.0.0/24 lookup 200 prio 1000');
  expect(type('ip rule')).toBe(
    '0:\tfrom all lookup local\n1000:\tfrom 10.1.0.0/24 lookup 200\n32765:\tfrom all fwmark 0x1 lookup 100\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
  );
  expect(ask('ip route show table 100')).toEqual([
    'Error: ipv4: FIB table does not exist.\nDump terminated\n',
    2,
  ]);
  expect(ask('ip route add default via 192.168.10.12 table 100')).toEqual(['', 0]);
  expect(type('ip route show table 100')).toBe('default via 192.168.10.12 dev eth0 \n');
  expect(type('ip route get 8.8.8.8 mark 1')).toBe(
    '8.8.8.8 via 192.168.10.12 dev eth0 table 100 src 192.168.10.11 mark 1 uid 0 \n    cache \n',
  );
  expect(type('ip route get 127.0.0.1')).toBe(
    'local 127.0.0.1 dev lo table local src 127.0.0.1 uid 0 \n    cache <local> \n',
  );
  expect(ask('ip rule del prio 1000')).toEqual(['', 0]);
  expect(ask('ip rule del prio 1000')).toEqual([
    'RTNETLINK answers: No such file or directory\n',
    2,
  ]);
  expect(ask('ip rule add')).toEqual(['"ip rule add" requires arguments.\n', 1]);
  type('ip route flush table 100');
  expect(sandbox.terminal.exitCode).toBe(0);
  expect(type('ip route get 8.8.8.8 mark 1')).toMatch(/^8\.8\.8\.8 via 192\.168\.10\.1 dev eth0 /);
});

test('routes of other types refuse in the words of the kernel', () => {
  type('ip route add blackhole 10.78.0.0/24');
  expect(type('ip route show 10.78.0.0/24')).toBe('blackhole 10.78.0.0/24 \n');
  expect(ask('ip route get 10.78.0.1')).toEqual(['RTNETLINK answers: Invalid argument\n', 2]);
  type('ip route add unreachable 10.79.0.0/24');
  expect(ask('ip route get 10.79.0.1')).toEqual(['RTNETLINK answers: No route to host\n', 2]);
  expect(ask('ip route change 10.33.0.0/24 via 192.168.10.12')).toEqual([
    'RTNETLINK answers: No such file or directory\n',
    2,
  ]);
  expect(ask('ip route add 10.77.0.0/24 via 1.2.3.4')).toEqual([
    'Error: Nexthop has invalid gateway.\n',
    2,
  ]);
});

test.each([
  [
    'ip route get 10.244.0.9 from 192.168.10.12 iif eth0',
    /^10\.244\.0\.9 from 192\.168\.10\.12 dev cni0 \n {4}cache iif eth0 \n$/,
  ],
  ['ip route get 8.8.8.8 from 9.9.9.9', /^RTNETLINK answers: Network is unreachable\n$/],
  ['ip route get 8.8.8.8 oif nope', /^Cannot find device "nope"\n$/],
  ['ip route show match 192.168.10.9', /^default .*\n192\.168\.10\.0\/24 .*\n$/],
  ['ip route show dev cni0', /^10\.244\.0\.0\/24 proto kernel scope link src 10\.244\.0\.1 \n$/],
  [
    'ip route show table local dev lo',
    /^local 10\.244\.0\.1 dev cni0 proto kernel scope host src 10\.244\.0\.1 \n/,
  ],
  [
    'ip -j route show dev cni0',
    /^\[\{"dst":"10\.244\.0\.0\/24","dev":"cni0","protocol":"kernel","scope":"link","prefsrc":"10\.244\.0\.1","flags":\[\]\}\]\n$/,
  ],
  [
    'ip -4 -o addr show lo',
    /^1: lo {4}inet 127\.0\.0\.1\/8 scope host lo\\ {7}valid_lft forever preferred_lft forever\n$/,
  ],
  [
    'ip -br link show type bridge',
    /^cni0 {13}UP {13}[0-9a-f:]{17} <BROADCAST,MULTICAST(,PROMISC)?,UP,LOWER_UP> \n$/,
  ],
  ['ip -d link show cni0', /\n {4}bridge forward_delay 1500 .* nf_call_iptables 1 /],
  ['ip -s link show lo', /\n {4}RX: {2}bytes packets errors dropped {2}missed {3}mcast {11}\n/],
  ['ip link show master cni0', /^\d+: veth\w+@if2: .* master cni0 state UP mode DEFAULT /],
  ['ip link show nope', /^Device "nope" does not exist\.\n$/],
  ['ip link del nope', /^Cannot find device "nope"\n$/],
  ['ip link add br0', /^Not enough information: "type" argument is required\n$/],
  ['ip link add d0 type team0', /^Error: Unknown device type\.\n$/],
  ['ip link set eth0 mtu 10', /^Error: mtu less than device minimum\.\n$/],
  ['ip addr add 10.5.0.1/24', /^Not enough information: "dev" argument is required\.\n$/],
  ['ip addr add foo dev eth0', /^Error: any valid prefix is expected rather than "foo"\.\n$/],
  ['ip addr del 10.5.0.1/24 dev eth0', /^Error: ipv4: Address not found\.\n$/],
  ['ip addr add 192.168.10.11/24 dev eth0', /^Error: ipv4: Address already assigned\.\n$/],
  ['ip addr flush dev nope', /^Device "nope" does not exist\.\n$/],
  ['ip neigh get 10.1.0.254 dev eth0', /^Error: Neighbour entry not found\.\n$/],
  ['ip neigh flush', /^Flush requires arguments\.\n$/],
  ['ip -n nope addr', /^Cannot open network namespace "nope": No such file or directory\n$/],
  [
    'bridge link',
    /^\d+: veth\w+@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 master cni0 state forwarding priority 32 cost 2 \n/,
  ],
  ['bridge fdb show br cni0', /(^|\n)[0-9a-f:]{17} dev veth\w+ master cni0 permanent\n/],
  ['bridge fdb show dev nope', /^Cannot find device "nope"\n$/],
  ['bridge foo', /^Object "foo" is unknown, try "bridge help"\.\n$/],
])('%s', (line, expected) => {
  expect(type(line)).toMatch(expected);
});

test('a neighbour that somebody put there is used, until somebody takes it away', () => {
  const add = 'ip neigh add 192.168.10.99 lladdr 02:00:00:00:00:01 dev eth0';
  expect(ask(add)).toEqual(['', 0]);
  expect(type('ip neigh show 192.168.10.99')).toBe(
    '192.168.10.99 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT \n',
  );
  expect(ask(add)).toEqual(['RTNETLINK answers: File exists\n', 2]);
  expect(ask('ip neigh del 192.168.10.99 dev eth0')).toEqual(['', 0]);
  expect(ask('ip neigh del 192.168.10.99 dev eth0')).toEqual([
    'RTNETLINK answers: No such file or directory\n',
    2,
  ]);
});

test('devices are made, joined and taken away', () => {
  expect(ask('ip link add br1 type bridge')).toEqual(['', 0]);
  expect(ask('ip link add br1 type bridge')).toEqual(['RTNETLINK answers: File exists\n', 2]);
  expect(ask('ip link add d0 type dummy')).toEqual(['', 0]);
  expect(type('ip link show d0')).toMatch(
    /^\d+: d0: <BROADCAST,NOARP> mtu 1500 qdisc noop state DOWN mode DEFAULT group default qlen 1000\n/,
  );
  type('ip link set d0 up');
  expect(type('ip link show d0')).toMatch(
    /^\d+: d0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN /,
  );
  type('ip link del d0');
  type('ip link add v0 type veth peer name v1');
  type('ip link set v0 master br1 up; ip link set v1 up; ip link set br1 up');
  type('ip addr add 10.5.0.1/24 dev br1');
  expect(type('ip -br addr show br1')).toMatch(/^br1 {14}UP {13}10\.5\.0\.1\/24 /);
  expect(type('ip route show dev br1')).toBe('10.5.0.0/24 proto kernel scope link src 10.5.0.1 \n');
  expect(type('ip link del v1; ip link show v0')).toBe('Device "v0" does not exist.\n');
  expect(type('ip -br link show br1')).toMatch(
    /^br1 {14}DOWN {11}\S+ <NO-CARRIER,BROADCAST,MULTICAST,UP> \n$/,
  );
});

test("ip netns exec runs a command in a pod's namespace", () => {
  const name = type('ip netns list').split(' ')[0] ?? '';
  expect(type(`ip netns exec ${name} hostname -I`)).toMatch(/^10\.244\.0\.\d+ \n$/);
  expect(type(`ip netns exec ${name} ip -br -4 addr`)).toMatch(
    /^lo {15}UNKNOWN {8}127\.0\.0\.1\/8 \neth0@if\d+ +UP {13}10\.244\.0\.\d+\/24 \n$/,
  );
  expect(type(`ip netns exec ${name} ping -c 1 10.244.0.1`)).toContain(
    '1 received, 0% packet loss',
  );
  expect(ask('ip netns exec nope ls')).toEqual([
    'Cannot open network namespace "nope": No such file or directory\n',
    255,
  ]);
});
