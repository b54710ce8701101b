import { beforeAll, expect, test } from 'vitest';
import { act, startScenario, type Sandbox } from '../scenario/sandbox.ts';
import type { Scenario } from '../scenario/scenario.ts';

const SCENARIO: Scenario = {
  name: 'tcpdump',
  manifests: [
    `apiVersion: v1
kind: Pod
metadata: {name: toolbox, labels: {app: toolbox}}
spec:
  nodeName: node-a
  containers:
  - {name: main, image: nicolaka/netshoot, command: [sleep, infinity]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: node-b
  containers:
  - {name: main, image: nginx}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80}]
`,
  ],
};

let sandbox: Sandbox;

beforeAll(() => {
  sandbox = startScenario(SCENARIO, 'tcpdump');
});

const type = (line: string) => act(sandbox, { type: 'command', line }).output;
/** Without times, numbers of five digits and more. */
const lines = (text: string) =>
  text
    .replaceAll(/\d\d:\d\d:\d\d\.\d{6} /g, '')
    .replaceAll(/\d{5,}/g, 'N')
    .trimEnd()
    .split('\n');

test('a capture runs behind the next command, and says when it is done', () => {
  type('kubectl exec -it toolbox -- sh');
  const shown = lines(type('tcpdump -nn -i eth0 -c 3 tcp port 80 & curl -s http://web | head -1'));
  expect(shown[0]).toMatch(/^\[1\] \d+$/);
  expect(shown.slice(1, 3)).toEqual([
    'tcpdump: verbose output suppressed, use -v[v]... for full protocol decode',
    'listening on eth0, link-type EN10MB (Ethernet), snapshot length N bytes',
  ]);
  expect(shown[3]).toMatch(
    /^IP 10\.244\.0\.\d\.N > 10\.96\.\d+\.\d+\.80: Flags \[S\], seq N, win N, options \[mss 1460\], length 0$/,
  );
  expect(shown.slice(-5)).toEqual([
    '3 packets captured',
    '3 packets received by filter',
    '0 packets dropped by kernel',
    '<!DOCTYPE html>',
    '[1]+  Done                    tcpdump -nn -i eth0 -c 3 tcp port 80',
  ]);
  type('exit');
});

test('jobs are listed, killed, and brought to the front', () => {
  type('ssh node-b');
  type('tcpdump -nn -i cni0 icmp &');
  type('tcpdump -nn -i eth0 icmp &');
  expect(lines(type('jobs'))).toEqual([
    '[1]-  Running                 tcpdump -nn -i cni0 icmp &',
    '[2]+  Running                 tcpdump -nn -i eth0 icmp &',
  ]);
  expect(type('kill %1')).toMatch(
    /^\n0 packets captured\n.*\n.*\n\[1\]-  Done {20}tcpdump -nn -i cni0 icmp\n$/,
  );
  expect(type('kill %7')).toBe('sh: kill: %7: no such job\n');
  expect(type('fg')).toBe('tcpdump -nn -i eth0 icmp\n');
  expect(sandbox.terminal.foreground).toBeDefined();
  expect(act(sandbox, { type: 'interrupt' }).output).toMatch(/^\^C\n0 packets captured\n/);
  type('exit');
});

test('a node sees the address of the pod where the client saw that of the Service', () => {
  type('ssh node-b');
  type('tcpdump -nn -i eth0 -c 1 tcp port 80 > /tmp/capture 2>&1 &');
  type('exit');
  type('kubectl exec toolbox -- curl -s -o /dev/null http://web');
  expect(lines(sandbox.terminal.files['/tmp/capture'] ?? '')[2]).toMatch(
    /^IP 10\.244\.0\.\d\.N > 10\.244\.1\.\d\.80: Flags \[S\], seq N, win N, options \[mss 1460\], length 0$/,
  );
});

test('timeout ends what does not end, with 124', () => {
  expect(type('kubectl exec toolbox -- timeout 2 tcpdump -i eth0 tcp port 9; echo $?')).toMatch(
    /0 packets captured\n0 packets received by filter\n0 packets dropped by kernel\ncommand terminated with exit code 124\n124\n$/,
  );
});

test('sh -c knows the whole language, and the environment of the container', () => {
  expect(
    type(
      `kubectl exec toolbox -- sh -c 'echo $KUBERNETES_SERVICE_HOST | head -1; echo b && echo c'`,
    ),
  ).toBe('10.96.0.1\nb\nc\n');
});

test.each([
  ['a job that is ended by a signal says so', 'kill %1', /^\[1\]\+ {2}Terminated {14}sleep 100\n$/],
  ['kill -9', 'kill -9 %1', /^\[1\]\+ {2}Killed {18}sleep 100\n$/],
  ['kill -s INT', 'kill -s INT %1', /^\[1\]\+ {2}Interrupt {15}sleep 100\n$/],
])('%s', (_name, line, shown) => {
  type('ssh node-b');
  expect(type('sleep 100 &')).toMatch(/^\[1\] \d+\n$/);
  expect(type('jobs')).toBe('[1]+  Running                 sleep 100 &\n');
  expect(type('jobs -l')).toMatch(/^\[1\]\+ \d+ Running {17}sleep 100 &\n$/);
  expect(type('bg %1')).toBe('sh: bg: job 1 already in background\n');
  expect(type(line)).toMatch(shown);
  expect(type('jobs')).toBe('');
  type('exit');
});

test('wait gives the exit code of a job, and knows whose jobs they are', () => {
  type('ssh node-b');
  type('ping -c 1 192.168.10.99 > /dev/null &');
  expect(type('wait %1; echo $?')).toMatch(/^1\n\[1\]\+ {2}Exit 1 /);
  expect(type('wait %5; echo $?')).toBe('sh: wait: %5: no such job\n127\n');
  expect(type('wait 99999; echo $?')).toBe(
    'sh: wait: pid 99999 is not a child of this shell\n127\n',
  );
  type('exit');
});

test('a job prints while the prompt waits', () => {
  type('ssh node-b');
  type('ping -c 3 127.0.0.1 &');
  const idle = act(sandbox, { type: 'advance', duration: 3_000_000 }).output;
  expect(idle).toMatch(/icmp_seq=3 .*\n\n--- 127\.0\.0\.1 ping statistics ---\n/);
  expect(type('')).toBe('[1]+  Done                    ping -c 3 127.0.0.1\n');
  type('exit');
});
