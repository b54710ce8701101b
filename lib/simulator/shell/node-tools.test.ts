import { beforeAll, expect, test } from 'vitest';
import { startScenario, type Sandbox } from '../scenario/sandbox.ts';
import { runLine } from './run.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: node-a
  containers:
  - {name: main, image: nginx}
---
apiVersion: v1
kind: Pod
metadata: {name: toolbox}
spec:
  nodeName: node-b
  containers:
  - {name: main, image: nicolaka/netshoot, command: [sleep, infinity]}
`;

let sandbox: Sandbox;

beforeAll(() => {
  sandbox = startScenario({ name: 'node-tools', manifests: [WEB], age: '2h' }, 'node-tools');
  runLine('ssh node-a', sandbox.terminal, sandbox.shell);
});

const type = (line: string) => runLine(line, sandbox.terminal, sandbox.shell);
const ask = (line: string) => [type(line), sandbox.terminal.exitCode];

test('crictl lists pods and containers in its columns', () => {
  expect(type('crictl pods --name web')).toMatch(
    /^POD ID {14}CREATED {13}STATE {15}NAME {16}NAMESPACE {11}ATTEMPT {13}RUNTIME\n[0-9a-f]{13} {7}2 hours ago {9}Ready {15}web {17}default {13}0 {19}\(default\)\n$/,
  );
  expect(type('crictl ps --name main')).toMatch(
    /^CONTAINER {11}IMAGE {15}CREATED {13}STATE {15}NAME {16}ATTEMPT {13}POD ID {14}POD {17}NAMESPACE\n[0-9a-f]{13} {7}[0-9a-f]{13} {7}2 hours ago {9}Running {13}main {16}0 {19}[0-9a-f]{13} {7}web {17}default\n$/,
  );
  expect(ask('crictl inspectp abc')).toEqual([
    'FATA[0000] getting the status of pod sandbox "abc": rpc error: code = NotFound desc = an error occurred when try to find sandbox "abc": not found\n',
    1,
  ]);
});

test('from a container of crictl to its network namespace with nsenter', () => {
  const pid = type(
    "crictl inspect -o go-template --template '{{.info.pid}}' $(crictl ps -q --name main)",
  ).trim();
  expect(pid).toMatch(/^\d+$/);
  expect(type(`nsenter -t ${pid} -n ip -br -4 addr show eth0`)).toMatch(
    /^eth0@if\d+ +UP +10\.244\.0\.\d+\/24 \n$/,
  );
  expect(type(`nsenter -t ${pid} -n ss -tlnp`)).toContain(`users:(("nginx",pid=${pid},fd=`);
  expect(
    type(`nsenter --target ${pid} --net curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1`),
  ).toBe('200');
  expect(type(`nsenter -t ${pid} -n cat /etc/hostname`)).toBe('node-a\n');
  expect(type(`nsenter -t ${pid} -a cat /etc/hostname`)).toBe('web\n');
  expect(type(`ps -e`)).toContain(`${pid} ?        00:00:00 nginx\n`);
});

test.each([
  [
    'nsenter -t 99999 -n ls',
    'nsenter: cannot open /proc/99999/ns/net: No such file or directory\n',
  ],
  ['nsenter -n ls', 'nsenter: neither filename nor target pid supplied for ns/net\n'],
  ['nsenter -t x -n ls', "nsenter: failed to parse pid: 'x'\n"],
  ['nsenter -Q', "nsenter: invalid option -- 'Q'\nTry 'nsenter --help' for more information.\n"],
])('%s fails in the words of the real tool', (line, output) => {
  expect(ask(line)).toEqual([output, 1]);
});

test('ss selects by state, port and address, and lays its columns out as ss does', () => {
  type('exit');
  type('kubectl exec -it toolbox -- sh');
  type('nc -lk 8080 &');
  type('nc -l -u 5353 &');
  expect(type('ss -tuln')).toMatch(
    /^Netid State {2}Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\nudp {3}UNCONN 0 {6}0 +\S+:5353 +\S+:\* +\ntcp {3}LISTEN 0 {6}\d+ +\S+:8080 +\S+:\* +\n$/,
  );
  type('sleep 60 | nc 127.0.0.1 8080 &');
  expect(type('ss -tln sport = :8080').split('\n')).toHaveLength(3);
  expect(type('ss -tln sport = :81').split('\n')).toHaveLength(2);
  expect(type("ss -tln '( sport = :81 or sport >= :8080 )'").split('\n')).toHaveLength(3);
  expect(type('ss -tlnH src 10.0.0.9')).toBe('');
  expect(type('ss -tan state established')).toMatch(
    /^Recv-Q Send-Q Local Address:Port Peer Address:Port ?Process\n/,
  );
  expect(ask('ss state foo')).toEqual(['ss: wrong state name: foo\n', 255]);
  expect(type('ss -s')).toMatch(
    /^Total: \d+\nTCP: {3}\d+ \(estab \d+, closed (\d+), orphaned 0, timewait \1\)\n/,
  );
  type('exit');
  type('ssh node-a');
});
