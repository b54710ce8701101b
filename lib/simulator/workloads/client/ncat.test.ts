import { beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { startScenario, type Sandbox } from '../../scenario/sandbox.ts';
import { runLine } from '../../shell/run.ts';

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: {name: teller, labels: {app: teller}}
spec:
  nodeName: node-b
  containers:
  - name: main
    image: registry.k8s.io/e2e-test-images/agnhost:2.53
    args: [netexec, --http-port=8080, --sctp-port=8082]
---
apiVersion: v1
kind: Service
metadata: {name: teller}
spec:
  type: NodePort
  clusterIP: 10.96.0.82
  selector: {app: teller}
  ports:
  - {name: sctp, protocol: SCTP, port: 9000, targetPort: 8082, nodePort: 30082}
---
apiVersion: v1
kind: Service
metadata: {name: nobody}
spec:
  clusterIP: 10.96.0.83
  selector: {app: nobody}
  ports:
  - {name: sctp, protocol: SCTP, port: 9000}
---
apiVersion: v1
kind: Pod
metadata: {name: toolbox}
spec:
  nodeName: node-a
  containers:
  - {name: main, image: nicolaka/netshoot, command: [sleep, infinity]}
`;

describe.each(['iptables', 'nftables'] as const)('kube-proxy in mode %s', (proxyMode) => {
  let sandbox: Sandbox;
  beforeAll(() => {
    sandbox = startScenario(
      { name: 'sctp', cluster: { ...DEFAULT_CLUSTER, proxyMode }, manifests: [MANIFEST] },
      'sctp',
    );
  });
  const type = (line: string) => runLine(line, sandbox.terminal, sandbox.shell);
  const ask = (line: string) => [type(line), sandbox.terminal.exitCode];
  const inToolbox = (command: string) => `kubectl exec toolbox -- sh -c '${command}'`;

  test('a Service of protocol SCTP carries a message and its answer', () => {
    expect(ask(inToolbox('echo hostname | ncat --sctp -v teller 9000'))).toEqual([
      'Ncat: Version 7.93 ( https://nmap.org/ncat )\n' +
        'Ncat: Connected to 10.96.0.82:9000.\n' +
        'tellerNcat: 9 bytes sent, 6 bytes received in 1.00 seconds.\n',
      0,
    ]);
    const trace = sandbox.cluster.trace(Object.keys(sandbox.cluster.state.traces).at(-1) ?? '');
    expect(trace?.disposition).toBe('delivered');
    expect(trace?.steps.some(({ chunk }) => chunk === 'COOKIE ECHO')).toBe(true);
  });

  test('ss -S lists who listens', () => {
    expect(type('kubectl exec teller -- ss -lnS')).toBe(
      'State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n' +
        'LISTEN 0      4096               *:8082            *:*          \n',
    );
  });

  test('a node port carries it from the workstation', () => {
    const address = sandbox.cluster.options.nodes[0]?.address ?? '';
    expect(ask(`echo "echo over the node" | ncat --sctp ${address} 30082`)).toEqual([
      'over the node',
      0,
    ]);
  });

  test.each([
    ['a closed port', 'ncat --sctp 10.96.0.82 9001 -w 2', 'Ncat: TIMEOUT.\n'],
    ['a closed port of a machine', 'ncat --sctp 127.0.0.1 9001', 'Ncat: Connection refused.\n'],
    // Linux takes no notice of ICMP errors about an INIT, but for protocol unreachable.
    ['no endpoints', 'ncat --sctp -w 2 nobody 9000', 'Ncat: TIMEOUT.\n'],
  ])('%s', (_, command, expected) => {
    expect(type(inToolbox(command)).split('command terminated')[0]).toBe(expected);
  });
});
