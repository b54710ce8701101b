import { SECOND } from '../base/clock.ts';
import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import type { Cluster } from '../cluster.ts';
import { restore, save } from '../snapshot.ts';
import { startProgram } from '../shell/start-program.ts';

/** One client, one address, and whether a TCP connection came about. */
export interface Connection {
  /** `namespace/workload`: pods of one owner count as one, since a rollout renames them. */
  readonly from: string;
  /** `namespace/service:port` or `namespace/workload pod:port`. */
  readonly to: string;
  readonly isReachable: boolean;
}

interface Target {
  readonly label: string;
  readonly address: string;
  readonly port: number;
}

const CONNECT_SECONDS = 3;

/** `namespace/name` without the suffixes that a ReplicaSet and its Deployment add. */
export function workloadOf(pod: Pod): string {
  const hash = pod.metadata.labels?.['pod-template-hash'];
  const name = pod.metadata.name;
  const end = hash === undefined ? -1 : name.indexOf(`-${hash}`);
  return `${pod.metadata.namespace}/${end < 0 ? name : name.slice(0, end)}`;
}

function targetsOf(cluster: Cluster, pods: readonly Pod[]): Target[] {
  const services = cluster.store
    .list<Service>('Service')
    .filter(({ spec }) => spec.clusterIP !== undefined && spec.clusterIP !== 'None')
    .flatMap((service) =>
      (service.spec.ports ?? [])
        .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
        .map((port) => ({
          label: `${service.metadata.namespace}/${service.metadata.name}:${port.port}`,
          address: service.spec.clusterIP ?? '',
          port: port.port,
        })),
    );
  const containers = pods.flatMap((pod) =>
    pod.spec.containers
      .flatMap((container) => container.ports ?? [])
      .filter((port) => (port.protocol ?? 'TCP') === 'TCP')
      .map((port) => ({
        label: `${workloadOf(pod)} pod:${port.containerPort}`,
        address: pod.status?.podIP ?? '',
        port: port.containerPort,
      })),
  );
  return [...services, ...containers];
}

/**
 * Who reaches whom: every running pod tries every Service port and every container port, with real packets, on a fork.
 * Pods of one workload are one row: reachable when any of its pods gets through.
 */
export function probeConnections(original: Cluster): Connection[] {
  const cluster = restore(save(original));
  const pods = cluster.store
    .list<Pod>('Pod')
    .filter(
      (pod) => pod.status?.phase === 'Running' && pod.metadata.deletionTimestamp === undefined,
    );
  const probes = pods.flatMap((pod) =>
    targetsOf(cluster, pods).map((target) => {
      const place = {
        type: 'container',
        namespace: pod.metadata.namespace ?? '',
        pod: pod.metadata.name,
        container: pod.spec.containers[0]?.name ?? '',
      } as const;
      const context = { cluster, place, namespace: 'default', stdin: '', files: {} };
      const args = ['-z', '-w', String(CONNECT_SECONDS), target.address, String(target.port)];
      const started = startProgram('nc', args, context, { trace: 'untraced', packet: 1 });
      return {
        from: workloadOf(pod),
        to: target.label,
        pid: started.type === 'process' ? started.pid : -1,
      };
    }),
  );
  cluster.advance((CONNECT_SECONDS + 2) * SECOND);
  const reached = new Map<string, Connection>();
  for (const { from, to, pid } of probes) {
    const isReachable = cluster.network.processes[pid]?.exitCode === 0;
    const key = `${from} -> ${to}`;
    reached.set(key, {
      from,
      to,
      isReachable: isReachable || reached.get(key)?.isReachable === true,
    });
  }
  return [...reached.values()].sort((a, b) => (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1));
}
