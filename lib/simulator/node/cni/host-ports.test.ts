import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const NODE_A = '192.168.10.11';

/** `web` on node-a is reached at host port 8080; `near` and `far` are clients on both nodes. */
function aCluster() {
  const cluster = startCluster(DEFAULT_CLUSTER, 'host-ports', START);
  const ports = [{ containerPort: 80, hostPort: 8080 }];
  accept(
    cluster.store.create(
      aPod('web', { nodeName: 'node-a', containers: [{ name: 'web', image: 'nginx', ports }] }),
    ),
  );
  for (const [name, nodeName] of [
    ['near', 'node-a'],
    ['far', 'node-b'],
  ] as const) {
    accept(cluster.store.create(aPod(name, { nodeName, containers: [{ name, image: 'nginx' }] })));
  }
  cluster.settle();
  return cluster;
}

test.each([
  ['someone outside', 'workstation', NODE_A],
  ['the node by its address', 'node-a', NODE_A],
  ['the node by 127.0.0.1', 'node-a', '127.0.0.1'],
  ['another node', 'node-b', NODE_A],
  ['a pod beside it', 'default/near', NODE_A],
  ['a pod elsewhere', 'default/far', NODE_A],
  ['the pod itself', 'default/web', NODE_A],
])('a host port answers %s', (_, from, address) => {
  const sent = sendRequest({ cluster: aCluster() }, from, `http://${address}:8080/`);
  expect(sent.outcome).toEqual({ status: 200 });
});

test('a host port is closed on the other node, and when the pod is gone', () => {
  const cluster = aCluster();
  const ask = (address: string) =>
    sendRequest({ cluster }, 'workstation', `http://${address}:8080/`).outcome;
  expect(ask('192.168.10.12')).toEqual({ failure: 'refused' });
  cluster.store.delete('Pod', 'default', 'web', { gracePeriodSeconds: 0 });
  cluster.settle();
  expect(ask(NODE_A)).toEqual({ failure: 'refused' });
});

test('what pods send to one another keeps its source; what leaves takes the address of the node', () => {
  const cluster = aCluster();
  const addressOf = (name: string) =>
    cluster.store.get<Pod>('Pod', 'default', name)?.status?.podIP ?? '';
  const sourceSeen = (from: string, to: string) => {
    const { trace } = sendRequest({ cluster }, from, to);
    const steps = cluster.trace(trace)?.steps ?? [];
    return steps.find(({ kind }) => kind === 'delivered')?.flow.source.address;
  };
  expect(sourceSeen('default/far', `http://${addressOf('web')}/`)).toBe(addressOf('far'));
  expect(sourceSeen('default/far', `http://${NODE_A}:8080/`)).toBe('192.168.10.12');
  expect(sourceSeen('node-b', `http://${addressOf('web')}/`)).toBe('192.168.10.12');
});

test('of two pods that want one host port of a node, the second is not scheduled there', () => {
  const cluster = aCluster();
  const ports = [{ containerPort: 80, hostPort: 8080 }];
  for (const name of ['second', 'third']) {
    const spec = { containers: [{ name: 'web', image: 'nginx', ports }] };
    accept(cluster.store.create(aPod(name, spec)));
    cluster.settle();
  }
  expect(cluster.store.get<Pod>('Pod', 'default', 'second')?.spec.nodeName).toBe('node-b');
  expect(cluster.store.get<Pod>('Pod', 'default', 'third')?.spec.nodeName).toBeUndefined();
  const event = cluster.store
    .list<Event>('Event', { namespace: 'default' })
    .find(
      ({ reason, involvedObject }) =>
        reason === 'FailedScheduling' && involvedObject.name === 'third',
    );
  expect(event?.message).toBe(
    "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.",
  );
});
