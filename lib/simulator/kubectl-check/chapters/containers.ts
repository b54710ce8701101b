import type { Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

/** `kubectl exec`, `attach`, `logs`, `port-forward`: what goes into a pod and comes out of it. */
export const CONTAINERS: Chapter = {
  name: 'containers',
  manifests: [
    SHOP,
    `
apiVersion: v1
kind: Pod
metadata: {name: counter, namespace: shop}
spec:
  containers:
  - name: counter
    image: busybox:1.36
    command: [sh, -c, 'i=0; while true; do i=x$i; echo tick $i; sleep 2; done']
`,
  ],
  files: {
    'script.sh': 'hostname\necho two words\nexit 3\n',
    'forward.sh': `kubectl -n shop port-forward pod/web-front "$1" > forward.out 2> forward.err &
forward=$!
for i in $(seq 100); do grep -q Forwarding forward.out 2>/dev/null && break; sleep 0.05; done
port=$(sed -n 's/^Forwarding from 127.0.0.1:\\([0-9]*\\).*/\\1/p' forward.out)
curl -sS --max-time 10 "http://127.0.0.1:$port$2"
echo "curl $?"
kill $forward
`,
  },
  cases: [
    { line: 'kubectl exec client -n shop -- hostname', stdout: 'client\n' },
    {
      line: "kubectl exec client -n shop -- sh -c 'echo out; exit 3'",
      exit: 3,
      stdout: 'out\n',
      stderr: 'command terminated with exit code 3\n',
    },
    { line: 'kubectl exec client -n shop -- wget -qO- http://web', stdout: /Welcome to nginx!/ },
    { line: 'kubectl exec client -n shop -- nonsense', exit: 1, stderr: /./ },
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
      line: 'kubectl exec client -n shop -- ping -c 3 web',
      exit: 1,
      stdout: /./,
      stderr: 'command terminated with exit code 1\n',
    },
    { line: 'kubectl exec client -n shop -- ping 127.0.0.1', stdout: /./, seconds: 5 },
    {
      line: 'kubectl exec nope -n shop -- true',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    { line: 'kubectl exec client -n shop -c nope -- true', exit: 1, stderr: /./ },
    { line: 'kubectl logs counter -n shop --tail=2', stdout: /^tick x+\ntick x+\n$/ },
    { line: 'kubectl logs -f counter -n shop --tail=1', stdout: /^(tick x+\n){3,}$/, seconds: 7 },
    {
      line: 'kubectl attach counter -n shop',
      stdout: /^(tick x+\n){2,}$/,
      stderr: /./,
      seconds: 7,
    },
    {
      line: 'timeout 5 kubectl port-forward -n shop service/web 18080:80 & sleep 0.5; curl -sS http://127.0.0.1:18080/; curl -sSI http://127.0.0.1:18080/nope; wait',
      stdout: /./,
      notInPage: 'x',
    },
    {
      line: 'timeout 5 kubectl port-forward -n shop client 18081:81 & sleep 0.5; curl -sS http://127.0.0.1:18081/;  wait',
      stdout: /./,
      notInPage: 'x',
    },
  ],
};
