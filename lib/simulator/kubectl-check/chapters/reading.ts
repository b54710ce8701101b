import type { Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

export const READING: Chapter = {
  name: 'reading',
  manifests: [SHOP],
  files: {},
  cases: [
    { line: 'kubectl describe pod client -n shop', ages: 'client', stdout: /./ },
    { line: 'kubectl describe deployment web -n shop', ages: 'client', stdout: /./ },
    { line: 'kubectl describe service web -n shop', ages: 'client', stdout: /./ },
    { line: 'kubectl describe node node-a', ages: 'client', stdout: /./ },
    { line: 'kubectl events -n shop --for pod/client', ages: 'client', stdout: /./ },
    { line: 'kubectl get events -n shop', ages: 'client', stdout: /./ },
    { line: 'kubectl get pods -n shop', stdout: /./ },
    { line: 'kubectl get pods -n shop -o wide', stdout: /./ },
    { line: 'kubectl get pods -A', stdout: /./ },
    { line: 'kubectl get pod client -n shop -o yaml', stdout: /./ },
    { line: 'kubectl get pod client -n shop -o json', stdout: /./ },
    {
      line: "kubectl get pods -n shop -o jsonpath='{.items[*].metadata.labels.app}'",
      stdout: 'client web web',
    },
    {
      line: 'kubectl get pods -n shop -o custom-columns=NAME:.metadata.name,NODE:.spec.nodeName --sort-by=.metadata.name',
      stdout: /./,
    },
    { line: 'kubectl get pods -n shop -l app=client -o name', stdout: 'pod/client\n' },
    { line: 'kubectl get nodes', stdout: /./ },
    { line: 'kubectl get all -n shop', stdout: /./ },
    { line: 'kubectl get pods', stderr: 'No resources found in default namespace.\n' },
    {
      line: 'kubectl get pod nope',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    {
      line: 'kubectl get unicorns',
      exit: 1,
      stderr: 'error: the server doesn\'t have a resource type "unicorns"\n',
    },
    { line: 'kubectl explain pod.spec.containers.image', stdout: /./ },
    { line: 'kubectl api-resources', stdout: /./ },
    { line: 'kubectl api-versions', stdout: /./ },
    { line: 'kubectl cluster-info', stdout: /./ },
    {
      line: 'kubectl version',
      stdout: /./,
      other: {
        '1.33': {
          stderr:
            'WARNING: version difference between client (1.33) and server (1.35) exceeds the supported minor version skew of +/-1\n',
        },
      },
      notInPage: 'a real kubectl has a patch version of its own',
    },
    { line: 'kubectl top pods', exit: 1, stderr: 'error: Metrics API not available\n' },
  ],
};
