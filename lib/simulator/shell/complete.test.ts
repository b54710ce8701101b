import { expect, test } from 'vitest';
import { openSandbox } from '../scenario/sandbox.ts';
import { ENGINE_VERSION } from '../scenario/transcript.ts';
import { completeWord } from './complete.ts';

const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: nginx, image: "nginx:1.29"}]}}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {containers: [{name: shell, image: "busybox:1.36", command: [sleep, infinity]}]}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
`;

const sandbox = openSandbox({
  version: ENGINE_VERSION,
  scenario: {
    name: 'completion',
    manifests: [DEPLOYMENT],
    namespace: 'default',
    files: { 'web.yaml': '' },
  },
  seed: 'completion',
  actions: [],
});

test.each([
  ['a verb', 'kubectl ro', ['rollout']],
  ['a subcommand', 'kubectl rollout re', ['restart', 'resume']],
  ['what create makes', 'kubectl create ser', ['service', 'serviceaccount']],
  ['what create service makes', 'kubectl create service n', ['nodeport']],
  ['a kind', 'kubectl get deploym', ['deployments']],
  ['a custom kind', 'kubectl get wid', ['widgets']],
  ['a second kind', 'kubectl get pods,deploym', ['pods,deployments']],
  ['a name', 'kubectl describe deploy w', ['web']],
  ['a name behind a slash', 'kubectl delete deploy/w', ['deploy/web']],
  ['a name behind flags', 'kubectl -n default get -o wide deploy ', ['web']],
  ['a pod', 'kubectl logs cl', ['client']],
  ['a container', 'kubectl logs client -c ', ['shell']],
  ['a namespace', 'kubectl get pods -n kube-p', ['kube-public']],
  ['a flag', 'kubectl get pods --show-l', ['--show-labels']],
  ['a value of a flag', 'kubectl get pods -o j', ['json', 'jsonpath=']],
  ['a value behind =', 'kubectl delete pod client --cascade=o', ['--cascade=orphan']],
  ['a file', 'kubectl apply -f w', ['web.yaml']],
  ['a node', 'kubectl drain node-a', ['node-a']],
  ['a field', 'kubectl explain deploy.spec.str', ['deploy.spec.strategy']],
  [
    'a field of a custom kind',
    'kubectl explain cnp.spec.egress.to.net',
    ['cnp.spec.egress.to.networks'],
  ],
  ['a kind of policies', 'kubectl get clusternetworkp', ['clusternetworkpolicies']],
  ['nothing behind --', 'kubectl exec client -- l', []],
])('%s is completed: %s', (_, line, expected) => {
  expect(completeWord(line, sandbox.terminal, sandbox.cluster)).toEqual(expected);
});
