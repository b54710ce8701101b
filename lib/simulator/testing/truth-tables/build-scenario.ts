import type { Pod } from '../../api/core/pod.ts';
import { parseTimestamp, SECOND } from '../../base/clock.ts';
import { startCluster } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import { DEFAULT_CLUSTER } from '../../cluster-options.ts';
import { startProcess } from '../../linux/process.ts';
import type { Program } from '../../linux/program.ts';
import { LAB_PROGRAMS } from '../lab-programs.ts';
import { aNamespace, aPod, aService } from '../objects.ts';
import { accept } from '../run-controllers.ts';
import type { TablePod, TableScenario } from './scenario.ts';

const START = parseTimestamp('2026-01-05T09:00:00Z') ?? 0;
/** Time for images, containers, probes and rules. */
const SETTLING = 30 * SECOND;

/** `table-server NAME PORT...`: answers on TCP and UDP with its name and the address that it sees. */
const TABLE_SERVER: Program<{ name: string }> = {
  name: 'table-server',
  start([name = '', ...ports], calls) {
    for (const port of ports) {
      calls.listen(Number(port));
      calls.openUdp(Number(port));
    }
    return { name };
  },
  handle({ name }, event, calls) {
    if (event.type === 'data') {
      const address = calls.peerAddress(event.socket)?.address ?? '';
      calls.send(event.socket, { kind: 'bytes', text: `${name} ${address}` });
    } else if (event.type === 'datagram') {
      const text = `${name} ${event.from.address}`;
      calls.sendTo(event.socket, event.from, { kind: 'bytes', text });
    } else if (event.type === 'ended') calls.close(event.socket);
  },
};

/** The programs that tables are made with. */
function addTablePrograms(cluster: Cluster): void {
  Object.assign(cluster.environment.programs, LAB_PROGRAMS, { 'table-server': TABLE_SERVER });
}

const partsOf = (name: string) => {
  const [namespace = '', rest = ''] = name.split('/');
  return { namespace, name: rest };
};

function podOf({ name, node, app, ports = [8080], hostNetwork, notReady }: TablePod): Pod {
  const metadata = partsOf(name);
  const container = {
    name: 'main',
    image: 'registry.k8s.io/pause:3.10',
    ports: ports.map((containerPort, index) => ({
      containerPort,
      ...(index === 0 ? { name: 'http' } : {}),
    })),
    ...(notReady ? { readinessProbe: { tcpSocket: { port: 9999 } } } : {}),
  };
  const pod = aPod(
    metadata.name,
    { nodeName: node, containers: [container], ...(hostNetwork ? { hostNetwork } : {}) },
    { app: app ?? metadata.name },
  );
  return { ...pod, metadata: { ...pod.metadata, ...metadata } };
}

/** Id of the network namespace in which a pod's processes run; undefined before it has one. */
export function namespaceOfPod({ network }: Cluster, { name, node, hostNetwork }: TablePod) {
  if (hostNetwork) return node;
  return Object.values(network.namespaces).find(({ label }) => label === name)?.id;
}

/** Starts the server of a pod: what its container would do. */
function startServer(cluster: Cluster, pod: TablePod): void {
  const namespace = namespaceOfPod(cluster, pod);
  if (namespace === undefined) throw new Error(`${pod.name} has no network`);
  const ports = pod.listens ?? pod.ports ?? [8080];
  startProcess(cluster.network, cluster.environment, {
    program: 'table-server',
    args: [pod.name, ...ports.map(String)],
    namespace,
    hostname: partsOf(pod.name).name,
    files: {},
    environment: {},
  });
}

/** Every pod that a scenario ever has. */
export const podsOf = ({ pods, laterPods = [] }: TableScenario) => [...pods, ...laterPods];

/** Creates a pod and, once it runs, its server. */
function addTablePod(cluster: Cluster, pod: TablePod): void {
  accept(cluster.store.create(podOf(pod)));
  cluster.settle();
  cluster.advance(SETTLING);
  startServer(cluster, pod);
}

/** The scenario's cluster with everything in it, settled, servers running, and its fault. */
export function buildScenario(scenario: TableScenario): Cluster {
  const options = { ...DEFAULT_CLUSTER, ...scenario.options };
  const cluster = startCluster(options, scenario.name, START);
  addTablePrograms(cluster);
  const names = [...scenario.pods, ...scenario.services].map(({ name }) => partsOf(name).namespace);
  for (const namespace of new Set(names)) {
    if (namespace !== 'default') accept(cluster.store.create(aNamespace(namespace)));
  }
  for (const pod of scenario.pods) accept(cluster.store.create(podOf(pod)));
  for (const { name, app, spec } of scenario.services) {
    const ports = [{ port: 80, targetPort: 8080 }];
    const service = aService(partsOf(name).name, { ports, ...spec, selector: { app } });
    const metadata = { ...service.metadata, ...partsOf(name) };
    accept(cluster.store.create({ ...service, metadata }));
  }
  cluster.settle();
  cluster.advance(SETTLING);
  for (const pod of scenario.pods) startServer(cluster, pod);
  cluster.advance(SECOND);
  scenario.fault?.(cluster);
  for (const pod of scenario.laterPods ?? []) addTablePod(cluster, pod);
  return cluster;
}
