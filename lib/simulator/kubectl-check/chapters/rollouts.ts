import { like, type Chapter } from '../kubectl-case.ts';
import { SHOP } from './shop.ts';

/** Time passes: rollouts, waiting, watching. */
export const ROLLOUTS: Chapter = {
  name: 'rollouts',
  manifests: [SHOP],
  files: {},
  cases: [
    {
      line: 'kubectl rollout status deployment/web -n shop',
      stdout: 'deployment "web" successfully rolled out\n',
    },
    {
      line: 'kubectl rollout history deployment/web -n shop',
      stdout: `deployment.apps/web 
REVISION  CHANGE-CAUSE
1         <none>

`,
    },
    {
      line: 'kubectl set image deployment/web web=nginx:1.28 -n shop',
      stdout: 'deployment.apps/web image updated\n',
    },
    {
      line: 'kubectl rollout status deployment/web -n shop',
      stdout:
        /^(Waiting for deployment "web" rollout to finish: 1 out of 2 new replicas have been updated\.\.\.\n)+(Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination\.\.\.\n)+deployment "web" successfully rolled out\n$/,
    },
    {
      line: 'kubectl rollout history deployment/web -n shop',
      stdout: `deployment.apps/web 
REVISION  CHANGE-CAUSE
1         <none>
2         <none>

`,
    },
    {
      line: 'kubectl rollout history deployment/web -n shop --revision=2',
      stdout: like(`deployment.apps/web with revision #2
Pod Template:
  Labels:	app=web
	pod-template-hash={hash}
  Containers:
   web:
    Image:	nginx:1.28
    Port:	80/TCP (http)
    Host Port:	0/TCP (http)
    Requests:
      cpu:	50m
      memory:	32Mi
    Readiness:	http-get http://:http/ delay=0s timeout=1s period=2s #success=1 #failure=3
    Environment:	<none>
    Mounts:	<none>
  Volumes:	<none>
  Node-Selectors:	<none>
  Tolerations:	<none>

`),
      other: {
        '1.33': {
          stdout: like('deployment.apps/web with revision #2\n{...}    Port:\t80/TCP\n{...}'),
        },
      },
    },
    {
      line: 'kubectl rollout undo deployment/web -n shop',
      stdout: 'deployment.apps/web rolled back\n',
      other: {
        '1.36': {
          stderr:
            /^Warning: resource deployments\/web was previously managed with 'kubectl apply'\./,
        },
      },
    },
    {
      line: 'kubectl get pods -n shop -w',
      stdout:
        /^NAME +READY +STATUS +RESTARTS +AGE\nclient +1\/1 +Running +0 +\w+\n(web-\S+ +[01]\/1 +(Pending|ContainerCreating|Running|Terminating|Completed) +0 +\w+\n){12,}$/,
      seconds: 20,
    },
    {
      line: 'kubectl rollout undo deployment/web -n shop --to-revision=9',
      exit: 1,
      stderr: 'error: unable to find specified revision 9 in history\n',
      other: {
        '1.36': {
          stderr:
            /^Warning: resource deployments\/web was previously managed with 'kubectl apply'\.[\s\S]*\nerror: unable to find specified revision 9 in history\n$/,
        },
      },
    },
    {
      line: 'kubectl rollout restart deployment/web -n shop',
      stdout: 'deployment.apps/web restarted\n',
    },
    {
      line: 'kubectl rollout status deployment/web -n shop --timeout=60s',
      stdout: /^(Waiting for deployment .*\.\.\.\n)+deployment "web" successfully rolled out\n$/,
    },
    {
      line: 'kubectl rollout pause deployment/web -n shop',
      stdout: 'deployment.apps/web paused\n',
    },
    {
      line: 'kubectl rollout pause deployment/web -n shop',
      exit: 1,
      stderr: 'error: deployments.apps "web" is already paused\n',
    },
    {
      line: 'kubectl rollout restart deployment/web -n shop',
      exit: 1,
      stderr:
        'error: deployments.apps "web" can\'t restart paused deployment (run rollout resume first)\n',
    },
    {
      line: 'kubectl rollout resume deployment/web -n shop',
      stdout: 'deployment.apps/web resumed\n',
    },
    {
      line: 'kubectl scale deployment web -n shop --replicas=4',
      stdout: 'deployment.apps/web scaled\n',
    },
    {
      line: 'kubectl wait deployment/web -n shop --for=condition=Available --timeout=60s',
      stdout: 'deployment.apps/web condition met\n',
    },
    {
      line: "kubectl wait deployment/web -n shop --for=jsonpath='{.status.readyReplicas}'=4 --timeout=60s",
      stdout: 'deployment.apps/web condition met\n',
    },
    {
      line: 'kubectl wait pod -n shop -l app=web --for=condition=Ready --timeout=60s',
      stdout: like(`pod/web-{hash}-{tail} condition met
pod/web-{hash}-{tail} condition met
pod/web-{hash}-{tail} condition met
pod/web-{hash}-{tail} condition met
`),
    },
    {
      line: 'kubectl wait pod/client -n shop --for=condition=Nonsense --timeout=1s',
      exit: 1,
      stderr: 'error: timed out waiting for the condition on pods/client\n',
    },
    {
      line: 'kubectl wait pod/nope -n shop --for=condition=Ready',
      exit: 1,
      stderr: 'Error from server (NotFound): pods "nope" not found\n',
    },
    {
      line: 'kubectl delete pod client -n shop --wait=false',
      stdout: 'pod "client" deleted from shop namespace\n',
      other: { '1.33': { stdout: 'pod "client" deleted\n' } },
    },
    {
      line: 'kubectl wait pod/client -n shop --for=delete --timeout=60s',
      stdout: 'pod/client condition met\n',
    },
    {
      line: 'kubectl delete deployment web -n shop --cascade=foreground',
      stdout: 'deployment.apps "web" deleted from shop namespace\n',
      other: { '1.33': { stdout: 'deployment.apps "web" deleted\n' } },
    },
    { line: 'kubectl get pods -n shop', stderr: 'No resources found in shop namespace.\n' },
  ],
};
