import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

const COUNTER = `
apiVersion: v1
kind: Pod
metadata: {name: counter, namespace: shop}
spec:
  containers:
  - name: counter
    image: busybox:1.36
    command: [sh, -c, 'i=x; while true; do i=x$i; echo tick $i; sleep 2; done']
`;

/** Forwards a free port, asks through it with curl, and stops. */
const FORWARD = `#!/bin/sh
kubectl -n shop port-forward "$1" "$2" > forward.out 2> forward.err &
forward=$!
for i in $(seq 200); do grep -q Forwarding forward.out && break; sleep 0.05; done
port=$(sed -n 's/^Forwarding from 127.0.0.1:\\([0-9]*\\).*/\\1/p' forward.out)
curl -sS -i --max-time 20 "http://127.0.0.1:$port$3" | tr -d '\\r'
kill $forward 2> /dev/null
wait
cat forward.err >&2
`;

const ATTACHED = `All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.
If you don't see a command prompt, try pressing enter.
`;

/** `kubectl exec`, `attach`, `logs`, `port-forward`: what goes into a pod and comes out of it. */
export const CONTAINERS: Chapter = {
  name: 'containers',
  manifests: [SHOP, COUNTER],
  files: {
    'script.sh': 'hostname\necho two words\nexit 3\n',
    'forward.sh': FORWARD,
  },
  cases: [
    { line: 'kubectl exec client -n shop -- hostname', stdout: 'client\n' },
    {
      line: "kubectl exec client -n shop -- sh -c 'echo out; exit 3'",
      exit: 3,
      stdout: 'out\n',
      stderr: 'command terminated with exit code 3\n',
    },
    {
      line: 'kubectl exec client -n shop -- wget -qO- http://web',
      stdout: like('<!DOCTYPE html>{...}<h1>Welcome to nginx!</h1>{...}'),
    },
    {
      line: 'kubectl exec client -n shop -- nonsense',
      exit: 1,
      stderr:
        /^error: Internal error occurred: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "[0-9a-f]{64}": OCI runtime exec failed: exec failed: unable to start container process: exec: "nonsense": executable file not found in \$PATH: unknown\n$/,
    },
    {
      line: 'kubectl exec -i client -n shop -- cat < script.sh',
      stdout: 'hostname\necho two words\nexit 3\n',
    },
    {
      line: 'kubectl exec -i client -n shop -- sh < script.sh',
      exit: 3,
      stdout: 'client\ntwo words\n',
      stderr: 'command terminated with exit code 3\n',
    },
    {
      line: 'kubectl exec client -n shop -- ping -c 2 127.0.0.1',
      stdout: /^PING 127\.0\.0\.1 [\s\S]*2 packets transmitted, 2 [\s\S]*$/,
    },
    {
      line: 'kubectl exec client -n shop -- ping 127.0.0.1',
      stdout: /^PING 127\.0\.0\.1 .*\n(64 bytes from 127\.0\.0\.1: .*\n){4,6}$/,
      seconds: 5,
    },
    {
      line: 'kubectl exec nope -n shop -- true',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    {
      line: 'kubectl exec client -n shop -c nope -- true',
      exit: 1,
      stderr: 'Error from server (BadRequest): container nope is not valid for pod client\n',
      other: {
        '1.36': { stderr: 'error: container nope is not valid for pod client out of: client\n' },
      },
    },
    {
      line: 'kubectl exec client -n shop',
      exit: 1,
      stderr: 'error: you must specify at least one command for the container\n',
    },
    { line: 'kubectl logs counter -n shop --tail=2', stdout: /^tick x+\ntick x+\n$/ },
    { line: 'kubectl logs -f counter -n shop --tail=1', stdout: /^(tick x+\n){3,5}$/, seconds: 7 },
    {
      line: 'kubectl logs nope -n shop',
      exit: 1,
      stderr: 'error: error from server (NotFound): pods "nope" not found in namespace "shop"\n',
    },
    {
      line: 'kubectl attach counter -n shop',
      stdout: /^(tick x+\n){2,5}$/,
      stderr: ATTACHED,
      seconds: 7,
      other: { '1.33': { stderr: "If you don't see a command prompt, try pressing enter.\n" } },
    },
    {
      line: './forward.sh service/web :80 /',
      stdout: like('HTTP/1.1 200 OK\nServer: nginx/{...}<h1>Welcome to nginx!</h1>{...}'),
      notInPage: 'a shell of this machine',
    },
    {
      line: './forward.sh pod/client :81 /',
      stderr: like(
        'curl: (52) Empty reply from server\n{...}an error occurred forwarding {number} -> 81: error forwarding port 81 to pod {...}, uid : failed to execute portforward in network namespace {...}: failed to connect to localhost:81 inside namespace {...}, IPv4: dial tcp4 127.0.0.1:81: connect: connection refused IPv6 dial tcp6 [::1]:81: connect: connection refused {...}error: lost connection to pod\n',
      ),
      notInPage: 'a shell of this machine',
    },
    {
      line: 'kubectl port-forward pod/nope 8080:80',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    {
      line: 'kubectl port-forward deploy/web',
      exit: 1,
      stderr:
        "error: TYPE/NAME and list of ports are required for port-forward\nSee 'kubectl port-forward -h' for help and examples\n",
    },
    {
      line: 'kubectl port-forward svc/web 8081:81 -n shop',
      exit: 1,
      stderr: 'error: Service web does not have a service port 81\n',
    },
    {
      line: 'kubectl port-forward svc/web 8081:nope -n shop',
      exit: 1,
      stderr: "error: Service 'web' does not have a named port 'nope'\n",
    },
    {
      line: 'kubectl port-forward pod/client 8081:http -n shop',
      exit: 1,
      stderr: "error: Pod 'client' does not have a named port 'http'\n",
    },
    {
      line: 'kubectl port-forward pod/client 80:0 -n shop',
      exit: 1,
      stderr: 'error: remote port must be > 0\n',
    },
    {
      line: 'kubectl port-forward pod/client 80000 -n shop',
      exit: 1,
      stderr:
        'error: error parsing local port \'80000\': strconv.ParseUint: parsing "80000": value out of range\n',
    },
    {
      line: 'kubectl port-forward pod/client 8081:80 --address here -n shop',
      exit: 1,
      stderr: 'error: here is not a valid IP\n',
    },
    {
      line: 'kubectl port-forward cm/settings 8081:80 -n shop',
      exit: 1,
      stderr: 'error: cannot attach to *v1.ConfigMap: selector for *v1.ConfigMap not implemented\n',
    },
    {
      line: 'kubectl port-forward svc/web 28080:http --address 127.0.0.1 -n shop',
      stdout: 'Forwarding from 127.0.0.1:28080 -> 80\n',
      seconds: 5,
    },
  ],
};
