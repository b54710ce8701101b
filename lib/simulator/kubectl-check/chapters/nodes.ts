import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

/** Nodes are marked, emptied and given back. */
export const NODES: Chapter = {
  name: 'nodes',
  manifests: [SHOP],
  files: {},
  cases: [
    { line: 'kubectl cordon node-b', stdout: 'node/node-b cordoned\n' },
    { line: 'kubectl cordon node-b', stdout: 'node/node-b already cordoned\n' },
    {
      line: 'kubectl get nodes',
      stdout: like(`NAME     STATUS                     ROLES    AGE   VERSION
node-a   Ready                      <none>   {age}   v1.35.0
node-b   Ready,SchedulingDisabled   <none>   {age}   v1.35.0
`),
    },
    {
      line: 'kubectl drain node-b --pod-selector=app=web',
      polls: true,
      stdout:
        /^node\/node-b already cordoned\nevicting pod shop\/(web-\w+-\w+)\npod\/\1 evicted\nnode\/node-b drained\n$/,
    },
    {
      line: 'kubectl drain node-b --pod-selector=app=none --dry-run=client',
      stdout: 'node/node-b already cordoned (dry run)\nnode/node-b drained (dry run)\n',
    },
    {
      line: 'kubectl drain node-b',
      polls: true,
      stdout:
        /^node\/node-b already cordoned\n(evicting pod .*\n)+(pod\/.* evicted\n)+node\/node-b drained\n$/,
      notInPage: 'pods are evicted at once, in no order',
    },
    {
      line: 'kubectl get pods -n shop -o wide',
      stdout:
        like(`NAME                   READY   STATUS    RESTARTS   AGE   IP           NODE     NOMINATED NODE   READINESS GATES
client                 1/1     Running   0          {age}   {ip}   node-a   <none>           <none>
web-{hash}-{tail}   1/1     Running   0          {age}   {ip}   node-a   <none>           <none>
web-{hash}-{tail}   1/1     Running   0          {age}    {ip}   node-a   <none>           <none>
`),
    },
    {
      line: 'kubectl drain node-a',
      exit: 1,
      stdout: 'node/node-a cordoned\n',
      stderr: /shop\/client/,
    },
    { line: 'kubectl uncordon node-b', stdout: 'node/node-b uncordoned\n' },
    { line: 'kubectl uncordon node-a', stdout: 'node/node-a uncordoned\n' },
    { line: 'kubectl taint nodes node-a key=value:NoSchedule', stdout: 'node/node-a tainted\n' },
    {
      line: 'kubectl taint nodes node-a key=value:NoSchedule',
      exit: 1,
      stderr:
        'error: node node-a already has key taint(s) with same effect(s) and --overwrite is false\n',
    },
    {
      line: "kubectl get node node-a -o jsonpath='{.spec.taints}'",
      stdout: '[{"effect":"NoSchedule","key":"key","value":"value"}]',
    },
    { line: 'kubectl taint nodes node-a key:NoSchedule-', stdout: 'node/node-a untainted\n' },
    { line: 'kubectl label node node-a disk=ssd', stdout: 'node/node-a labeled\n' },
    {
      line: 'kubectl get nodes -L disk',
      stdout: like(`NAME     STATUS   ROLES    AGE   VERSION   DISK
node-a   Ready    <none>   {age}   v1.35.0   ssd
node-b   Ready    <none>   {age}   v1.35.0   
`),
    },
    { line: 'kubectl get nodes -l disk=ssd -o name', stdout: 'node/node-a\n' },
  ],
};
