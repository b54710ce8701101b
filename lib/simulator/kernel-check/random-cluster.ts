import type { Pod } from '../api/core/pod.ts';
import type { Service, ServicePort } from '../api/core/service.ts';
import { DEFAULT_CLUSTER, DUAL_STACK_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import { addressingOf, type Addressing, type AddressFamily } from './addressing.ts';
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
  /** What the Services have, and the probes ask. */
  readonly family: AddressFamily;
  readonly pods: readonly PodPlan[];
  readonly services: readonly ServicePlan[];
}

export interface PlanOptions {
  readonly mode: ClusterOptions['proxyMode'];
  readonly cni: ClusterOptions['cni'];
  /** IPv6: a dual-stack cluster that is asked about its IPv6 half. */
  readonly family: AddressFamily;
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

const drawSourceRanges = (dice: Dice, { sourceRanges }: Addressing) =>
  sourceRanges.filter(() => dice.isOneIn(2));

/** In a dual-stack cluster: IPv6 alone, or both. */
const drawFamilies = (dice: Dice): Partial<Service['spec']> =>
  dice.isOneIn(3)
    ? { ipFamilyPolicy: 'RequireDualStack' }
    : { ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv6'] };

const localOr = (dice: Dice) => dice.pick(['Local', 'Cluster'] as const);

function drawService(dice: Dice, index: number, addressing: Addressing): ServicePlan {
  const type = dice.pick(['ClusterIP', 'NodePort', 'NodePort', 'LoadBalancer'] as const);
  const ranges =
    type === 'LoadBalancer' && dice.isOneIn(2) ? drawSourceRanges(dice, addressing) : [];
  const object: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `s${index}`, namespace: 'default' },
    spec: {
      type,
      ...(addressing.family === 'IPv6' && drawFamilies(dice)),
      // One in ten selects nothing.
      selector: { group: dice.isOneIn(10) ? 'nobody' : dice.pick(GROUPS) },
      ports: drawPorts(dice),
      internalTrafficPolicy: dice.isOneIn(4) ? 'Local' : 'Cluster',
      ...(type !== 'ClusterIP' && { externalTrafficPolicy: localOr(dice) }),
      ...(dice.isOneIn(4) && {
        sessionAffinity: 'ClientIP' as const,
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 3600 } },
      }),
      ...(dice.isOneIn(4) && { externalIPs: [addressing.externalIp(index)] }),
      ...(dice.isOneIn(8) && { publishNotReadyAddresses: true }),
      ...(ranges.length > 0 && { loadBalancerSourceRanges: ranges }),
    },
  };
  if (type !== 'LoadBalancer') return { object };
  const ipMode = dice.isOneIn(6) ? 'Proxy' : 'VIP';
  return { object, balancer: { ip: addressing.balancerIp(index), ipMode } };
}

const NODES = ['node-a', 'node-b', 'node-c'];

function drawOptions(dice: Dice, { mode, cni, family }: PlanOptions): ClusterOptions {
  const nodes = NODES.slice(0, dice.between(2, 3)).map((name, i) => ({
    name,
    address: `192.168.10.${11 + i}`,
    ...(family === 'IPv6' && { address6: `fd00:10::${11 + i}` }),
  }));
  const base = family === 'IPv6' ? DUAL_STACK_CLUSTER : DEFAULT_CLUSTER;
  return { ...base, nodes, proxyMode: mode, cni };
}

/** A cluster of two or three nodes with pods and Services of every sort. */
export function drawCluster(seed: string, plan: PlanOptions): ClusterPlan {
  const dice = new Dice(seed);
  const { family } = plan;
  const options = drawOptions(dice, plan);
  const addressing = addressingOf(options, family);
  const pods = Array.from({ length: dice.between(4, 7) }, (_, i) =>
    drawPod(dice, i, dice.pick(options.nodes).name),
  );
  const services = Array.from({ length: dice.between(5, 7) }, (_, i) =>
    drawService(dice, i, addressing),
  );
  return { seed, options, family, pods, services };
}
