import { expect, test } from 'vitest';
import { SECOND } from '../../base/clock.ts';
import { openSandbox } from '../../scenario/sandbox.ts';
import { ENGINE_VERSION } from '../../scenario/transcript.ts';
import { continueForeground, runLine } from '../run.ts';

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "nginx:1.29"}]}}
`;

function open() {
  const { terminal, shell } = openSandbox({
    version: ENGINE_VERSION,
    scenario: {
      name: 'changes',
      manifests: [WEB],
      namespace: 'default',
      files: { 'web.yaml': WEB.replace('replicas: 2', 'replicas: 3') },
    },
    seed: 'changes',
    actions: [],
  });
  return (line: string) => {
    let output = runLine(`kubectl ${line}`, terminal, shell);
    for (let i = 0; terminal.foreground && i < 120; i++) {
      output += continueForeground(terminal, shell, SECOND);
    }
    return { output, exitCode: terminal.exitCode };
  };
}

test('drain sends the pods of a node elsewhere and leaves none behind', () => {
  const kubectl = open();
  const node = kubectl("get pods -l app=web -o jsonpath='{.items[0].spec.nodeName}'").output;
  const { output, exitCode } = kubectl(`drain ${node} --ignore-daemonsets`);
  expect(output).toMatch(new RegExp(`^node/${node} cordoned\n`));
  expect(output).toMatch(/evicting pod default\/web-\w+-\w+\n/);
  expect(output).toMatch(new RegExp(`\npod/web-\\w+-\\w+ evicted\n(.*\n)*node/${node} drained\n$`));
  expect(exitCode).toBe(0);
  expect(kubectl(`get pods -l app=web --field-selector=spec.nodeName=${node}`).output).toBe(
    'No resources found in default namespace.\n',
  );
});

test('a taint is added, changed with --overwrite and taken away', () => {
  const kubectl = open();
  expect(kubectl('taint node node-a team=web:NoSchedule').output).toBe('node/node-a tainted\n');
  expect(kubectl('taint node node-a team=db:NoSchedule')).toEqual({
    output:
      'error: node node-a already has team taint(s) with same effect(s) and --overwrite is false\n',
    exitCode: 1,
  });
  expect(kubectl('taint node node-a team=db:NoSchedule --overwrite').output).toBe(
    'node/node-a modified\n',
  );
  expect(kubectl('taint node node-a team-').output).toBe('node/node-a untainted\n');
});

test('diff shows what apply would change, and changes nothing', () => {
  const kubectl = open();
  const { output, exitCode } = kubectl('diff -f web.yaml');
  expect(exitCode).toBe(1);
  expect(output).toMatch(
    /^diff -u -N \/tmp\/LIVE-\d+\/apps\.v1\.Deployment\.default\.web \/tmp\/MERGED-\d+\/apps/,
  );
  expect(output).toContain('-  replicas: 2\n+  replicas: 3\n');
  expect(kubectl('get deploy web -o jsonpath={.spec.replicas}').output).toBe('2');
});

test.each([
  ['create role r --verb=get,list --resource=pods', 'role.rbac.authorization.k8s.io/r created\n'],
  ['create ingress i --rule=a.example/*=web:80', 'ingress.networking.k8s.io/i created\n'],
  ['create pdb p --selector=app=web --min-available=1', 'poddisruptionbudget.policy/p created\n'],
  ['create cronjob c --image=busybox --schedule="0 * * * *"', 'cronjob.batch/c created\n'],
  ['create secret generic s --from-literal=a=b', 'secret/s created\n'],
  ['create cronjob c --image=busybox', 'error: required flag(s) "schedule" not set\n'],
  [
    'logs web --tail=x',
    'error: invalid argument "x" for "--tail" flag: strconv.ParseInt: parsing "x": invalid syntax\nSee \'kubectl logs --help\' for usage.\n',
  ],
])('%s', (line, expected) => {
  expect(open()(line).output).toBe(expected);
});
