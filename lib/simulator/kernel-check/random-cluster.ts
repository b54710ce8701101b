import type { Pod } from '../api/core/pod.ts';
import type { Service, ServicePort } from '../api/core/service.ts';
import { DEFAULT_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import { Dice } from './dice.ts';

/** What every backend listens on, TCP and UDP. */
export const OPEN_PORT = 8080;
/** What only some backends listen on. */
export const RARE_PORT = 9090;
/** What nobody listens on. */
export const CLOSED_PORT = 7070;

/** A pod of a generated cluster, and what shall happen to it. */
export interface PodPlan {
  readonly object: Pod;
  readonly ports: readonly number[];
  readonly fate: 'stays' | 'is-deleted';
}

export interface ServicePlan {
  readonly object: Service;
  /** Address that a load balancer gives it. */
  readonly balancer?: { readonly ip: string; readonly ipMode: 'VIP' | 'Proxy' };
}

/** A generated cluster: what an installer is asked, and what users create. */
export interface ClusterPlan {
  readonly seed: string;
  readonly options: ClusterOptions;
  readonly pods: readonly PodPlan[];
  readonly services: readonly ServicePlan[];
}

export interface PlanOptions {
  readonly mode: ClusterOptions['proxyMode'];
  readonly cni: ClusterOptions['cni'];
  readonly family: 'IPv4' | 'IPv6';
}

const GROUPS = ['red', 'green', 'blue'] as const;
const PAUSE = 'registry.k8s.io/pause';

function drawPod(dice: Dice, index: number, node: string): PodPlan {
  const group = dice.pick(GROUPS);
  const isLeaving = dice.isOneIn(6);
  const isUnready = !isLeaving && dice.isOneIn(8);
  const isOnHost = dice.isOneIn(12);
  const container = {
    name: 'main',
    // As process 1, sleep takes no notice of SIGTERM: its pod is terminating until the grace period ends.
    ...(isLeaving ? { image: 'busybox', command: ['sleep', 'infinity'] } : { image: PAUSE }),
    ports: [
      { name: 'open', containerPort: OPEN_PORT },
      { name: 'open-udp', containerPort: OPEN_PORT, protocol: 'UDP' as const },
    ],
    ...(isUnready && { readinessProbe: { tcpSocket: { port: CLOSED_PORT }, periodSeconds: 3600 } }),
  };
  const object: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${index}`, namespace: 'default', labels: { group } },
    spec: {
      nodeName: node,
      containers: [container],
      terminationGracePeriodSeconds: isLeaving ? 36_000 : 30,
      ...(isOnHost && { hostNetwork: true }),
    },
  };
  const ports = dice.isOneIn(3) ? [OPEN_PORT] : [OPEN_PORT, RARE_PORT];
  return { object, ports, fate: isLeaving ? 'is-deleted' : 'stays' };
}

function drawPorts(dice: Dice): ServicePort[] {
  const ports: ServicePort[] = [
    { name: 'web', port: 80, targetPort: dice.pick([OPEN_PORT, 'open']), protocol: 'TCP' },
  ];
  if (dice.isOneIn(2)) {
    ports.push({
      name: 'ask',
      port: 53,
      targetPort: dice.pick([OPEN_PORT, 'open-udp']),
      protocol: 'UDP',
    });
  }
  if (dice.isOneIn(3)) {
    ports.push({
      name: 'rare',
      port: 90,
      targetPort: dice.pick([RARE_PORT, RARE_PORT, CLOSED_PORT]),
      protocol: dice.pick(['TCP', 'UDP']),
    });
  }
  return ports;
}

function drawSourceRanges(dice: Dice): string[] {
  const all = ['192.168.10.100/32', '10.244.0.0/24', '192.168.10.0/28', '203.0.113.0/24'];
  return all.filter(() => dice.isOneIn(2));
}

const localOr = (dice: Dice) => dice.pick(['Local', 'Cluster'] as const);

function drawService(dice: Dice, index: number): ServicePlan {
  const type = dice.pick(['ClusterIP', 'NodePort', 'NodePort', 'LoadBalancer'] as const);
  const ranges = type === 'LoadBalancer' && dice.isOneIn(2) ? drawSourceRanges(dice) : [];
  const object: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s${index}`, namespace: 'default' },
    spec: {
      type,
      // One in ten selects nothing.
      selector: { group: dice.isOneIn(10) ? 'nobody' : dice.pick(GROUPS) },
      ports: drawPorts(dice),
      internalTrafficPolicy: dice.isOneIn(4) ? 'Local' : 'Cluster',
      ...(type !== 'ClusterIP' && { externalTrafficPolicy: localOr(dice) }),
      ...(dice.isOneIn(4) && {
        sessionAffinity: 'ClientIP' as const,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 3600 } },
      }),
      ...(dice.isOneIn(4) && { externalIPs: [`198.51.100.${index + 1}`] }),
      ...(dice.isOneIn(8) && { publishNotReadyAddresses: true }),
      ...(ranges.length > 0 && { loadBalancerSourceRanges: ranges }),
    },
  };
  if (type !== 'LoadBalancer') return { object };
  const ipMode = dice.isOneIn(6) ? 'Proxy' : 'VIP';
  return { object, balancer: { ip: `203.0.113.${index + 1}`, ipMode } };
}

/** A cluster of two or three nodes with pods and Services of every sort. */
export function drawCluster(seed: string, { mode, cni }: PlanOptions): ClusterPlan {
  const dice = new Dice(seed);
  const nodes = ['node-a', 'node-b', 'node-c']
    .slice(0, dice.between(2, 3))
    .map((name, i) => ({ name, address: `192.168.10.${11 + i}` }));
  const options: ClusterOptions = { ...DEFAULT_CLUSTER, nodes, proxyMode: mode, cni };
  const pods = Array.from({ length: dice.between(4, 7) }, (_, i) =>
    drawPod(dice, i, dice.pick(nodes).name),
  );
  const services = Array.from({ length: dice.between(5, 7) }, (_, i) => drawService(dice, i));
  return { seed, options, pods, services };
}
