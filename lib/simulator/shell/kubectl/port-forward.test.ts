import { beforeEach, expect, test } from 'vitest';
import { act, startScenario, type Sandbox } from '../../scenario/sandbox.ts';
import type { Scenario } from '../../scenario/scenario.ts';

const SCENARIO: Scenario = {
  name: 'port-forward',
  manifests: [
    `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: nginx, image: nginx:1.29, ports: [{containerPort: 80, name: http}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports:
  - {name: main, port: 8080, targetPort: http}
  - {name: dns, port: 53, protocol: UDP}
  - {name: lost, port: 9091, targetPort: nosuch}
---
apiVersion: v1
kind: Service
metadata: {name: no-selector}
spec: {ports: [{port: 7000}]}
---
apiVersion: v1
kind: Pod
metadata: {name: pending}
spec:
  nodeSelector: {no: such}
  containers: [{name: main, image: nginx:1.29}]
---
apiVersion: v1
kind: Pod
metadata: {name: lonely}
spec:
  containers:
  - {name: main, image: busybox:1.36, command: [sleep, infinity]}
`,
  ],
};

let sandbox: Sandbox;

beforeEach(() => {
  sandbox = startScenario(SCENARIO, 'port-forward');
});

const type = (line: string) => act(sandbox, { type: 'command', line }).output;
const interrupt = () => act(sandbox, { type: 'interrupt' }).output;
const forwarding = (port: number | string, remote = 80) =>
  `Forwarding from 127.0.0.1:${port} -> ${remote}\nForwarding from [::1]:${port} -> ${remote}\n`;
const listening = () => type('ss -ltn').split('\n').slice(1, -1);
const traceOf = (title: string) => {
  const { cluster } = sandbox;
  const id = Object.keys(cluster.state.traces).findLast((each) =>
    cluster.state.traceTitles[each]?.startsWith(title),
  );
  return cluster.trace(id ?? '');
};

test('a forward to a pod answers on localhost of both families, and says so for each connection', () => {
  type('kubectl port-forward deploy/web 8080:http > forward.out &');
  expect(type('curl -s localhost:8080 | head -1')).toBe('<!DOCTYPE html>\n');
  expect(type('curl -sI http://[::1]:8080 | head -1')).toBe('HTTP/1.1 200 OK\r\n');
  expect(type('cat forward.out')).toBe(
    `${forwarding(8080)}${'Handling connection for 8080\n'.repeat(2)}`,
  );
  const trace = traceOf('curl -sI');
  expect(trace?.disposition).toBe('delivered');
  const places = trace?.steps.map(({ place: { machine, netns } }) => netns ?? machine) ?? [];
  expect([...new Set(places)]).toEqual(['workstation', expect.stringMatching(/^default\/web-/)]);
});

test('a forward to a Service goes to the port of the pod that its target port names', () => {
  expect(type('kubectl port-forward svc/web 18080:main &')).toMatch(
    new RegExp(`^\\[1\\] \\d+\n${forwarding(18080).replaceAll(/[[\]]/g, '\\$&')}$`),
  );
  expect(type('curl -s localhost:18080 | head -1')).toBe(
    'Handling connection for 18080\n<!DOCTYPE html>\n',
  );
  type('kill %1');
  expect(type('kubectl port-forward svc/web 8080')).toBe(forwarding(8080));
});

test('a forward without a local port takes one that is free, the same for both families', () => {
  const output = type('kubectl port-forward deploy/web :80 0:80 --address localhost');
  const ports = [...output.matchAll(/:(\d+) ->/g)].map(([, port]) => Number(port));
  expect(output).toBe(forwarding(ports[0] ?? '') + forwarding(ports[2] ?? ''));
  expect(ports[0]).not.toBe(ports[2]);
  expect(Math.min(...ports)).toBeGreaterThanOrEqual(32_768);
});

test('Ctrl-C ends a forward in the foreground, and frees the port', () => {
  expect(type('kubectl port-forward deploy/web 8080:80')).toBe(forwarding(8080));
  expect(interrupt()).toBe('^C\n');
  expect(listening()).toEqual([]);
  expect(type('curl -s localhost:8080; echo $?')).toBe('7\n');
  expect(type('kubectl port-forward deploy/web 8080:80')).toBe(forwarding(8080));
});

test('a port that the pod does not serve ends the forward with the first connection', () => {
  type('kubectl port-forward pod/lonely 8080:81 &');
  const [handling, log, lost, ...rest] = type('curl -sS localhost:8080').split('\n');
  expect(handling).toBe('Handling connection for 8080');
  expect(log).toMatch(
    /^E\d{4} \d\d:\d\d:\d\d\.\d{6} {2,6}\d+ portforward\.go:424\] "Unhandled Error" err="an error occurred forwarding 8080 -> 81: error forwarding port 81 to pod ([0-9a-f]{64}), uid : failed to execute portforward in network namespace \\"\/var\/run\/netns\/cni-[0-9a-f-]{36}\\": failed to connect to localhost:81 inside namespace \\"\1\\", IPv4: dial tcp4 127\.0\.0\.1:81: connect: connection refused IPv6 dial tcp6 \[::1\]:81: connect: connection refused "$/,
  );
  expect(lost).toBe('error: lost connection to pod');
  expect(rest.join('\n')).toMatch(
    /^curl: \(52\) Empty reply from server\n\[1\]\+ {2}Exit 1 +kubectl port-forward pod\/lonely 8080:81\n$/,
  );
  expect(listening()).toEqual([]);
});

test('a forward whose pod is gone is lost with the next connection', () => {
  type('kubectl port-forward pod/lonely 8080:81 > forward.out &');
  type('kubectl delete pod lonely --grace-period=1');
  expect(type('cat forward.out')).toBe(forwarding(8080, 81));
  type('curl -sS localhost:8080');
  expect(type('cat forward.out')).toMatch(
    /network namespace for sandbox \\"[0-9a-f]{64}\\" is closed"\nerror: lost connection to pod\n$/,
  );
});

test('a job that is killed takes its connections with it', () => {
  type('kubectl port-forward deploy/web 8080:80 &');
  type('nc 127.0.0.1 8080 &');
  const running = () =>
    Object.values(sandbox.cluster.network.processes).filter(
      ({ program, exitCode }) => program === 'port-forward' && exitCode === undefined,
    );
  expect(running()).toHaveLength(1);
  expect(type('kill %1')).toContain('Terminated');
  expect(running()).toEqual([]);
});

test('a port that is in use is not listened on, others are', () => {
  type('kubectl port-forward deploy/web 8080:80 &');
  const inUse =
    'Unable to listen on port 8080: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 127.0.0.1:8080: bind: address already in use unable to create listener: Error listen tcp6 [::1]:8080: bind: address already in use]\n';
  expect(type('kubectl port-forward deploy/web 8080:80 80')).toBe(inUse + forwarding(80));
  interrupt();
  expect(type('kubectl port-forward deploy/web 8080:80; echo $?')).toBe(
    `${inUse}error: unable to listen on any of the requested ports: [{8080 80}]\n1\n`,
  );
});

test('one of the addresses of localhost suffices, of others each is needed', () => {
  type('kubectl port-forward --address 127.0.0.1 deploy/web 8080:80 &');
  expect(type('kubectl port-forward deploy/web 8080:80')).toBe(
    'Forwarding from [::1]:8080 -> 80\n',
  );
  interrupt();
  expect(type('kubectl port-forward --address ::1,10.99.99.99 deploy/web 8080:80')).toBe(
    'Forwarding from [::1]:8080 -> 80\nUnable to listen on port 8080: Listeners failed to create with the following errors: [unable to create listener: Error listen tcp4 10.99.99.99:8080: bind: cannot assign requested address]\nerror: unable to listen on any of the requested ports: [{8080 80}]\n',
  );
});

test('a forward on all addresses can be reached by the address of the machine', () => {
  expect(type('kubectl port-forward --address 0.0.0.0 deploy/web 8080:80 &')).toMatch(
    /\nForwarding from 0\.0\.0\.0:8080 -> 80\n$/,
  );
  expect(type('ssh node-a curl -sI http://192.168.10.100:8080 | head -1')).toBe(
    'Handling connection for 8080\nHTTP/1.1 200 OK\r\n',
  );
});

const POD = String.raw`web-[a-z0-9]+-[a-z0-9]{5}`;
const USAGE = "See 'kubectl port-forward -h' for help and examples\n";

// As kubectl 1.35 says it.
test.each([
  ['', `error: TYPE/NAME and list of ports are required for port-forward\n${USAGE}`],
  ['pod/lonely', `error: TYPE/NAME and list of ports are required for port-forward\n${USAGE}`],
  [
    'deploy/web 80 --pod-running-timeout=0',
    `error: --pod-running-timeout must be higher than zero\n${USAGE}`,
  ],
  ['nope 8080:80', 'Error from server (NotFound): pods "nope" not found\n'],
  ['foo/bar 80', 'error: the server doesn\'t have a resource type "foo"\n'],
  [
    'cm/kube-root-ca.crt 80',
    'error: cannot attach to *v1.ConfigMap: selector for *v1.ConfigMap not implemented\n',
  ],
  [
    'svc/no-selector 7000',
    "error: cannot attach to *v1.Service: invalid service 'no-selector': Service is defined without a selector\n",
  ],
  [
    'pod/pending 8080:80',
    'error: unable to forward port because pod is not running. Current status=Pending\n',
  ],
  ['svc/web 81', 'error: Service web does not have a service port 81\n'],
  ['svc/web 8080:nosuch', "error: Service 'web' does not have a named port 'nosuch'\n"],
  ['svc/web 53', 'error: UDP protocol is not supported for 53\n'],
  ['svc/web 9091', `error: Pod '${POD}' does not have a named port 'nosuch'\n`],
  ['deploy/web 8080:', `error: Pod '${POD}' does not have a named port ''\n`],
  ['deploy/web a:b:c', `error: Pod '${POD}' does not have a named port 'a'\n`],
  [
    'deploy/web x:80',
    'error: error parsing local port \'x\': strconv.ParseUint: parsing "x": invalid syntax\n',
  ],
  [
    'deploy/web 70000',
    'error: error parsing local port \'70000\': strconv.ParseUint: parsing "70000": value out of range\n',
  ],
  ['deploy/web 8080:0', 'error: remote port must be > 0\n'],
  ['deploy/web 8080 --address foo', 'error: foo is not a valid IP\n'],
])('kubectl port-forward %s', (args, said) => {
  const output = type(`kubectl port-forward ${args}`);
  if (said.includes(POD)) expect(output).toMatch(new RegExp(`^${said}$`));
  else expect(output).toBe(said);
  expect(type('echo $?')).toBe('1\n');
});

test('whoever may read pods and not forward to them is told so', () => {
  type('kubectl create role reader --verb=get,list --resource=pods,deployments.apps');
  type('kubectl create rolebinding reader --role=reader --user=ann');
  expect(type('kubectl port-forward deploy/web 8080:80 --as=ann')).toMatch(
    new RegExp(
      `^error: error upgrading connection: pods "${POD}" is forbidden: User "ann" cannot create resource "pods/portforward" in API group "" in the namespace "default"\n$`,
    ),
  );
});
