import { expect, test } from 'vitest';
import type { Node } from '../../api/core/node.ts';
import type { Pod } from '../../api/core/pod.ts';
import type { Cluster } from '../../cluster.ts';
import { printIptablesSave } from '../../linux/netfilter/print/iptables-save.ts';
import { formatRoute } from '../../linux/routes.ts';
import { formatFdbEntry } from '../../linux/vxlan-fdb.ts';
import { act, startScenario } from '../../scenario/sandbox.ts';
import { sendRequest } from '../../scenario/send-request.ts';
import type { Step } from '../../trace/step.ts';
import { flannelAnnotations, leaseOf } from './flannel-annotations.ts';

const pod = (name: string, node: string, more: string) => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {nodeName: ${node}, ${more}}
---
`;
const CLIENT = 'containers: [{name: client, image: nicolaka/netshoot, args: [sleep, infinity]}]';
const SERVER =
  "containers: [{name: server, image: 'registry.k8s.io/e2e-test-images/agnhost:2.53', args: [netexec]}]";
const SERVICE = `
apiVersion: v1
kind: Service
metadata: {name: server}
spec: {selector: {app: server}, ports: [{port: 80, targetPort: 8080}]}
`;

const overTunnel = () =>
  startScenario(
    {
      name: 'tunnel',
      cluster: { cni: 'vxlan' },
      manifests: [
        pod('client', 'node-a', CLIENT) +
          pod('host-client', 'node-a', `hostNetwork: true, ${CLIENT}`) +
          pod('server', 'node-b', SERVER) +
          SERVICE,
      ],
    },
    'tunnel',
  );

type Sandbox = ReturnType<typeof overTunnel>;

const namespaceOf = ({ network }: Cluster, node: string) => {
  const namespace = network.namespaces[node];
  if (!namespace) throw new Error(`no node ${node}`);
  return namespace;
};

const tunnelOf = (cluster: Cluster, node: string) => {
  const link = namespaceOf(cluster, node).links['flannel.1'];
  if (link?.kind !== 'vxlan') throw new Error('no flannel.1');
  return link;
};

const podIp = ({ cluster }: Sandbox, name: string) =>
  cluster.store.get<Pod>('Pod', 'default', name)?.status ?? {};

function request(sandbox: Sandbox, from: string, url: string) {
  const { outcome, trace } = sendRequest(sandbox, `default/${from}`, url);
  return { outcome, steps: sandbox.cluster.trace(trace)?.steps ?? [] };
}

const httpSteps = (steps: readonly Step[]) =>
  steps.filter(({ flow, inner = flow }) => inner.protocol === 'tcp');

test('each node has flannel.1 and what leads to the others: neighbour, FDB entry and route', () => {
  const { cluster } = overTunnel();
  const [a, b] = [tunnelOf(cluster, 'node-a'), tunnelOf(cluster, 'node-b')];
  expect(a).toMatchObject({
    vni: 1,
    local: '192.168.10.11',
    underlay: 'eth0',
    port: 8472,
    learning: 'off',
    mtu: 1450,
    addresses: [{ address: '10.244.0.0', prefix: 32 }],
  });
  expect(a.fdb.map(formatFdbEntry)).toEqual([`${b.mac} dst 192.168.10.12 self permanent`]);
  const { neighbours, routes } = namespaceOf(cluster, 'node-a');
  expect(neighbours.filter(({ device }) => device === 'flannel.1')).toMatchObject([
    { address: '10.244.1.0', mac: b.mac, state: 'PERMANENT' },
  ]);
  expect(routes.map(formatRoute)).toContain('10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink');
  expect(cluster.store.get<Node>('Node', undefined, 'node-a')?.metadata.annotations).toMatchObject({
    'flannel.alpha.coreos.com/backend-data': `{"VNI":1,"VtepMAC":"${a.mac}"}`,
    'flannel.alpha.coreos.com/backend-type': 'vxlan',
    'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    'flannel.alpha.coreos.com/public-ip': '192.168.10.11',
  });
});

test('pods have room for the tunnel: their interfaces and the bridge are 50 bytes narrower', () => {
  const { cluster } = overTunnel();
  expect(namespaceOf(cluster, 'node-a').links['cni0']?.mtu).toBe(1450);
  const eth0 = Object.values(cluster.network.namespaces)
    .filter(({ label }) => label === 'default/client')
    .map(({ links }) => links['eth0']?.mtu);
  expect(eth0).toEqual([1450]);
});

test('a pod calls a pod of another node through the tunnel, and is seen with its own address', () => {
  const sandbox = overTunnel();
  const { outcome, steps } = request(
    sandbox,
    'client',
    `http://${podIp(sandbox, 'server').podIP}:8080/clientip`,
  );
  expect(outcome).toEqual({ status: 200 });
  const packed = httpSteps(steps).filter((step) => step.kind === 'encapsulated');
  expect(packed[0]).toMatchObject({
    place: { machine: 'node-a', device: 'flannel.1' },
    flow: { source: { address: podIp(sandbox, 'client').podIP } },
    after: {
      protocol: 'udp',
      source: { address: '192.168.10.11' },
      destination: { address: '192.168.10.12', port: 8472 },
    },
    headers: { tunnel: 'vxlan', id: 1, length: 90 },
  });
  const unpacked = httpSteps(steps).filter((step) => step.kind === 'decapsulated');
  expect(unpacked[0]).toMatchObject({
    place: { machine: 'node-b' },
    packet: packed[0]?.packet,
    after: packed[0]?.flow,
  });
  expect(packed.map(({ place }) => place.machine)).toContain('node-b');
});

test('through a Service the tunnel carries the packet after its translation', () => {
  const sandbox = overTunnel();
  const { outcome, steps } = request(sandbox, 'client', 'http://server/clientip');
  expect(outcome).toEqual({ status: 200 });
  expect(httpSteps(steps).find((step) => step.kind === 'encapsulated')).toMatchObject({
    flow: {
      source: { address: podIp(sandbox, 'client').podIP },
      destination: { address: podIp(sandbox, 'server').podIP, port: 8080 },
    },
  });
});

test('a node that calls a pod elsewhere has the first address of its range, that of flannel.1', () => {
  const sandbox = overTunnel();
  const service = (
    sandbox.cluster.store.get('Service', 'default', 'server') as unknown as {
      spec: { clusterIP: string };
    }
  ).spec.clusterIP;
  const called = request(sandbox, 'host-client', `http://${service}/clientip`);
  expect(called.outcome).toEqual({ status: 200 });
  expect(httpSteps(called.steps).find((step) => step.kind === 'encapsulated')).toMatchObject({
    flow: { source: { address: '10.244.0.0' }, destination: { port: 8080 } },
  });
});

test('flanneld lets pods pass where FORWARD would not', () => {
  const { cluster } = overTunnel();
  const { ruleset } = namespaceOf(cluster, 'node-a');
  const text = printIptablesSave(ruleset);
  expect(text).toContain('-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD\n');
  expect(text).toContain(
    '-A FLANNEL-FWD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT\n',
  );
});

test('a node that goes takes its entries along', () => {
  const sandbox = overTunnel();
  const { cluster } = sandbox;
  act(sandbox, { type: 'command', line: 'kubectl delete node node-b' });
  cluster.settle();
  expect(tunnelOf(cluster, 'node-a').fdb).toEqual([]);
  const { neighbours, routes } = namespaceOf(cluster, 'node-a');
  expect(neighbours.filter(({ device }) => device === 'flannel.1')).toEqual([]);
  expect(routes.filter(({ device }) => device === 'flannel.1')).toEqual([]);
});

test('a Node whose annotations make no sense is no peer', () => {
  const end = { publicIp: '192.0.2.1', vtepMac: '5a:00:00:00:00:01' };
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'x', annotations: flannelAnnotations([{ version: 4, ...end }]) },
    spec: { podCIDR: '10.244.7.0/24' },
  } as unknown as Node;
  expect(leaseOf(node, 4)).toEqual({
    node: 'x',
    subnet: '10.244.7.0/24',
    ...end,
  });
  expect(leaseOf(node, 6)).toBeUndefined();
  const broken = structuredClone(node);
  broken.metadata.annotations = {
    ...node.metadata.annotations,
    'flannel.alpha.coreos.com/backend-data': 'null',
  };
  expect(leaseOf(broken, 4)).toBeUndefined();
});
