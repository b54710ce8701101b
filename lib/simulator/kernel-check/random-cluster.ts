import type { Pod } from '../api/core/pod.ts';
import type { Service, ServicePort } from '../api/core/service.ts';
import { DEFAULT_CLUSTER, DUAL_STACK_CLUSTER, type ClusterOptions } from '../cluster-options.ts';
import { addressingOf, type Addressing, type AddressFamily } from './addressing.ts';
import type { ClusterPlan, PodPlan, ServicePlan } from './cluster-plan.ts';
import { Dice } from './dice.ts';
import { drawClusterPolicies } from './draw-cluster-policies.ts';
import { drawNamespaces, NAMESPACES, settlePod, settleService } from './draw-namespaces.ts';
import { drawNetworkPolicies } from './draw-policies.ts';
import { GROUPS } from './draw-selector.ts';
import { CLOSED_PORT, OPEN_PORT, RARE_PORT } from './probe-ports.ts';

export interface PlanOptions {
  readonly mode: ClusterOptions['proxyMode'];
  readonly cni: ClusterOptions['cni'];
  /** IPv6: a dual-stack cluster that is asked about its IPv6 half. */
  readonly family: AddressFamily;
  /** `random`: with policies that are enforced, pods in several namespaces, and more pods. */
  readonly policies: 'none' | 'random';
}

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

/** The same cluster with its pods and Services in several namespaces, and policies about them. */
function withPolicies(plan: ClusterPlan): ClusterPlan {
  const dice = new Dice(`${plan.seed} policies`);
  const { options, family } = plan;
  const more = Array.from({ length: dice.between(2, 4) }, (_, i) =>
    drawPod(dice, plan.pods.length + i, dice.pick(options.nodes).name),
  );
  const pods = [...plan.pods, ...more].map((pod) => settlePod(dice, pod));
  const surroundings = { namespaces: NAMESPACES, addressing: addressingOf(options, family) };
  return {
    ...plan,
    options: { ...options, networkPolicies: 'enforced' },
    namespaces: drawNamespaces(dice),
    pods,
    services: plan.services.map((service) => settleService(dice, service, pods)),
    policies: [
      ...drawNetworkPolicies(dice, surroundings),
      ...drawClusterPolicies(dice, surroundings),
    ].map((object) => ({
      object,
      fate: dice.isOneIn(8) ? 'is-deleted' : dice.pick(['comes-first', 'comes-last']),
    })),
  };
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
  const drawn = { seed, options, family, namespaces: [], pods, services, policies: [] };
  return plan.policies === 'random' ? withPolicies(drawn) : drawn;
}
