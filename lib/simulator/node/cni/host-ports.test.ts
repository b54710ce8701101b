import { expect, test } from 'vitest';
import type { Event } from '../../api/core/event.ts';
import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import { DEFAULT_CLUSTER, DUAL_STACK_CLUSTER, type ClusterOptions } from '../../cluster-options.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import { aPod } from '../../testing/objects.ts';
import { accept } from '../../testing/run-controllers.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
const NODE_A = '192.168.10.11';

/** `web` on node-a is reached at host port 8080; `near` and `far` are clients on both nodes. */
function aCluster(options: ClusterOptions = DEFAULT_CLUSTER) {
  const cluster = startCluster(options, 'host-ports', START);
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

const NODE_A6 = 'fd00:10::11';

test.each(
  (['routed', 'vxlan', 'bgp'] as const).flatMap((cni) =>
    (
      [
        ['someone outside', 'workstation'],
        ['the node by its address', 'node-a'],
        ['another node', 'node-b'],
        ['a pod beside it', 'default/near'],
        ['a pod elsewhere', 'default/far'],
        ['the pod itself', 'default/web'],
      ] as const
    ).map(([who, from]) => [cni, who, from] as const),
  ),
)('%s: an IPv6 host port answers %s', (cni, _, from) => {
  const cluster = aCluster({ ...DUAL_STACK_CLUSTER, cni });
  const sent = sendRequest({ cluster }, from, `http://[${NODE_A6}]:8080/`);
  expect(sent.outcome).toEqual({ status: 200 });
});

test('a node does not reach its host port by ::1: what leaves lo with that address arrives nowhere', () => {
  const cluster = aCluster(DUAL_STACK_CLUSTER);
  const sent = sendRequest({ cluster }, 'node-a', 'http://[::1]:8080/');
  expect(sent.outcome).toEqual({ failure: 'timeout' });
});

test('the rules of ip6tables are those of the real plug-in, and go with the pod', () => {
  const cluster = aCluster(DUAL_STACK_CLUSTER);
  const text = () => {
    const namespace = cluster.network.namespaces['node-a'];
    return namespace ? printIptablesSave(namespace.ruleset6) : '';
  };
  const web = cluster.store
    .get<Pod>('Pod', 'default', 'web')
    ?.status?.podIPs?.find(({ ip }) => ip.includes(':'))?.ip;
  expect(text()).toMatch(
    /-A CNI-DN-\w+ -s fd00:10:244::\/64 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK\n-A CNI-DN-\w+ -p tcp -m tcp --dport 8080 -j DNAT/,
  );
  expect(text()).toContain(`--to-destination [${web}]:80\n`);
  cluster.store.delete('Pod', 'default', 'web', { gracePeriodSeconds: 0 });
  cluster.settle();
  expect(text()).not.toContain('CNI-DN-');
});
