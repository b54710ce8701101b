import { SECOND } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { Cluster } from '../cluster.ts';
import { restore, save } from '../snapshot.ts';
import { OUTSIDE_SERVERS } from '../outside/build-outside.ts';
import type { ShellPlace } from '../shell/command.ts';
import { startProgram } from '../shell/start-program.ts';

/** One client, one address, and whether a TCP connection came about. */
export interface Connection {
  /** `namespace/workload`: pods of one owner count as one, since a rollout renames them. */
  readonly from: string;
  /** `namespace/service:port`, `namespace/workload pod:port`, or `outside web-server:80`. */
  readonly to: string;
  /** Any of its pods gets through. */
  readonly isReachable: boolean;
  /** All of its pods do, to each pod behind the name. */
  readonly isWholly: boolean;
}

interface Target {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  /** `namespace/name` of pods behind it. */
  readonly pods: readonly string[];
}

interface Client {
  readonly label: string;
  readonly place: ShellPlace;
  /** `namespace/name` of the pod that it is. */
  readonly pod: string;
}

const CONNECT_SECONDS = 3;

/** `namespace/name` without the suffixes that a ReplicaSet and its Deployment add. */
export function workloadOf(pod: Pod): string {
  const hash = pod.metadata.labels?.['pod-template-hash'];
  const name = pod.metadata.name;
  const end = hash === undefined ? -1 : name.indexOf(`-${hash}`);
  return `${pod.metadata.namespace}/${end < 0 ? name : name.slice(0, end)}`;
}

const keyOf = ({ metadata }: Pod) => `${metadata.namespace}/${metadata.name}`;

function serviceTargets(cluster: Cluster): Target[] {
  const podsBehind = (service: Service) =>
    cluster.store
      .list<EndpointSlice>('EndpointSlice', {
        namespace: service.metadata.namespace ?? '',
        labelSelector: `kubernetes.io/service-name=${service.metadata.name}`,
      })
      .flatMap(({ endpoints }) => endpoints ?? [])
      .flatMap(({ targetRef }) => `${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}`);
  return cluster.store
    .list<Service>('Service')
    .filter(({ spec }) => spec.clusterIP !== undefined && spec.clusterIP !== 'None')
    .flatMap((service) =>
      (service.spec.ports ?? [])
        .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
        .map((port) => ({
          label: `${service.metadata.namespace}/${service.metadata.name}:${port.port}`,
          address: service.spec.clusterIP ?? '',
          port: port.port,
          pods: podsBehind(service),
        })),
    );
}

const podTargets = (pods: readonly Pod[]): Target[] =>
  pods.flatMap((pod) =>
    pod.spec.containers
      .flatMap((container) => container.ports ?? [])
      .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
      .map((port) => ({
        label: `${workloadOf(pod)} pod:${port.containerPort}`,
        address: pod.status?.podIP ?? '',
        port: port.containerPort,
        pods: [keyOf(pod)],
      })),
  );

const outsideTargets = ({ network }: Cluster): Target[] =>
  OUTSIDE_SERVERS.filter(({ name }) => network.machines[name] !== undefined).map((server) => ({
    label: `outside ${server.name}:${server.port}`,
    address: server.address,
    port: server.port,
    pods: [],
  }));

const clientOf = (pod: Pod): Client => ({
  label: workloadOf(pod),
  pod: keyOf(pod),
  place: {
    type: 'container',
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name,
    container: pod.spec.containers[0]?.name ?? '',
  },
});

/** Starts a client, or says that none can: -1. */
function startClient(cluster: Cluster, { place }: Client, { address, port }: Target): number {
  const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
  const args = ['-z', '-w', String(CONNECT_SECONDS), address, String(port)];
  const started = startProgram('nc', args, context, { trace: 'untraced', packet: 1 });
  return started.type === 'process' ? started.pid : -1;
}

/** Which connections are tried. */
export interface ProbeQuestion {
  /** One destination, as `Connection.to` names it; absent: all. */
  readonly to?: string;
  /** `but-itself`: pods behind a destination do not ask for it, since a pod always reaches itself. */
  readonly clients?: 'all' | 'but-itself';
}

/**
 * Who reaches whom over TCP: every running pod tries every Service port, every container port and the servers outside, with
 * real packets, on a fork. Pods of one workload are one row; those on their node's network are no clients. Simplified: what
 * is asked over UDP and SCTP is not tried, so that checks of blast radius and isolation do not see it.
 */
export function probeConnections(original: Cluster, question: ProbeQuestion = {}): Connection[] {
  const cluster = restore(save(original));
  const { to, clients: wanted = 'all' } = question;
  const pods = cluster.store
    .list<Pod>('Pod')
    .filter(
      (pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined,
    );
  const targets = [
    ...serviceTargets(cluster),
    ...podTargets(pods),
    ...outsideTargets(cluster),
  ].filter(({ label }) => to === undefined || label === to);
  // A pod on its node's network would ask as the node, which no policy speaks of.
  const clients = pods.filter(({ spec }) => spec.hostNetwork !== true).map(clientOf);
  const probes = clients.flatMap((client) =>
    targets
      .filter((target) => wanted === 'all' || !target.pods.includes(client.pod))
      .map((target) => ({
        from: client.label,
        to: target.label,
        pid: startClient(cluster, client, target),
      })),
  );
  cluster.advance((CONNECT_SECONDS + 2) * SECOND);
  const reached = new Map<string, Connection>();
  for (const { from, to: target, pid } of probes) {
    const isReachable = cluster.network.processes[pid]?.exitCode === 0;
    const key = `${from} -> ${target}`;
    const known = reached.get(key);
    reached.set(key, {
      from,
      to: target,
      isReachable: isReachable || known?.isReachable === true,
      isWholly: isReachable && known?.isWholly !== false,
    });
  }
  return [...reached.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
