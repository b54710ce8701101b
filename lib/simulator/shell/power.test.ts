import { expect, test } from 'vitest';
import type { Pod } from '../api/core/pod.ts';
import { MINUTE } from '../base/clock.ts';
import { startScenario } from '../scenario/sandbox.ts';
import { runLine } from './run.ts';

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: main, image: nginx}]
`;

test('a machine that is powered off: no answer, then others take over, until it is on again', () => {
  const sandbox = startScenario({ name: 'power', manifests: [WEB], age: '2h' }, 'power');
  const { cluster, terminal, shell } = sandbox;
  const type = (line: string) => runLine(line, terminal, shell);
  const pods = () => cluster.store.list<Pod>('Pod', { namespace: 'default' });
  const lost = pods().find(({ spec }) => spec.nodeName === 'node-b');
  const address = lost?.status?.podIP ?? '';
  type('ssh node-b');
  expect(terminal.places).toHaveLength(2);
  type('poweroff');
  expect(terminal.places).toHaveLength(1);
  expect(type('ssh node-b')).toBe('ssh: connect to host node-b port 22: No route to host\n');
  expect(type('ipmitool -H node-b -U admin -P admin chassis power status')).toBe(
    'Chassis Power is off\n',
  );
  expect(type(`ssh node-a curl -s -m 2 http://${address}`)).not.toContain('Welcome');
  cluster.advance(7 * MINUTE);
  expect(type('kubectl get nodes --no-headers')).toMatch(/^node-a +Ready .*\nnode-b +NotReady /);
  const isRunning = ({ metadata, status }: Pod) =>
    metadata.deletionTimestamp === undefined && status?.phase === 'Running';
  expect(
    pods()
      .filter(isRunning)
      .map(({ spec }) => spec.nodeName),
  ).toEqual(['node-a', 'node-a']);
  expect(pods()).toHaveLength(3);
  expect(type('ipmitool -H node-b chassis power on')).toBe('Chassis Power Control: Up/On\n');
  cluster.settle();
  expect(type('kubectl get nodes --no-headers')).toMatch(/^node-a +Ready .*\nnode-b +Ready /);
  expect(pods()).toHaveLength(2);
});
