import type { Pod } from '../api/core/pod.ts';
import type { Service } from '../api/core/service.ts';
import { SERVICE_NAME_LABEL, type EndpointSlice } from '../api/discovery/endpoint-slice.ts';
import type { SocketAddress } from '../base/flow.ts';
import type { Cluster } from '../cluster.ts';
import {
  addressingOf,
  addressOfMachine,
  isOfFamily,
  type Addressing,
  type AddressFamily,
} from './addressing.ts';
import { namespaceOfPod, OUTSIDE_SERVERS } from './build-cluster.ts';
import { Dice } from './dice.ts';
import { NAMESPACES } from './draw-namespaces.ts';
import { CLOSED_PORT, OPEN_PORT, RARE_PORT } from './probe-ports.ts';
import type { ClusterPlan } from './cluster-plan.ts';

/** One question from one place to one address. */
export interface Probe {
  /** Counted from 0 within its cluster. */
  readonly number: number;
  /** Id of the network namespace of the client. */
  readonly namespace: string;
  /** The same for people: a pod's name, or a machine's. */
  readonly from: string;
  readonly protocol: 'tcp' | 'udp';
  readonly to: SocketAddress;
  /** What stands at the address, for people. */
  readonly about: string;
}

interface Client {
  readonly namespace: string;
  readonly name: string;
  readonly kind: 'pod' | 'node' | 'outside';
}

interface Target {
  readonly about: string;
  readonly protocol: Probe['protocol'];
  readonly to: SocketAddress;
  /** 127.0.0.1 means something to nodes alone. */
  readonly only?: Client['kind'];
}

const CONTROL_PLANE = 'control-plane';

/** What the drawing of targets goes by. */
interface Surroundings {
  readonly cluster: Cluster;
  readonly addressing: Addressing;
}

/** Those of the plan. The Services are all asked. */
const podsOf = (cluster: Cluster) =>
  cluster.store
    .list<Pod>('Pod')
    .filter(({ metadata }) => (NAMESPACES as readonly unknown[]).includes(metadata.namespace));

function clientsOf(cluster: Cluster): Client[] {
  const pods = podsOf(cluster).flatMap((pod): Client[] => {
    const { name } = pod.metadata;
    const namespace = namespaceOfPod(cluster, pod);
    return namespace === undefined || pod.spec.hostNetwork
      ? []
      : [{ namespace, name, kind: 'pod' }];
  });
  const nodes = cluster.options.nodes.map(({ name }): Client => ({
    namespace: name,
    name,
    kind: 'node',
  }));
  const outside = [...OUTSIDE_SERVERS, CONTROL_PLANE].map((name): Client => ({
    namespace: name,
    name,
    kind: 'outside',
  }));
  return [...pods, ...nodes, ...outside];
}

const protocolOf = (protocol = 'TCP') => (protocol === 'UDP' ? 'udp' : 'tcp');

const clusterIpOf = ({ spec }: Service, { family }: Addressing) =>
  (spec.clusterIPs ?? []).find((address) => isOfFamily(address, family));

function serviceTargets(service: Service, addressing: Addressing): Target[] {
  const { externalIPs = [], ports = [] } = service.spec;
  const clusterIP = clusterIpOf(service, addressing);
  if (clusterIP === undefined) return [];
  const balancers = (service.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []);
  return ports.flatMap((port) => {
    const protocol = protocolOf(port.protocol);
    const at = (address: string, number: number, what: string): Target => ({
      about: `${service.metadata.name}:${port.name ?? ''} ${what}`,
      protocol,
      to: { address, port: number },
    });
    const inside = at(clusterIP, port.port, 'cluster IP');
    const targets = [
      // What is asked most weighs most.
      ...[inside, inside, inside],
      ...externalIPs.map((ip) => at(ip, port.port, 'external IP')),
      ...balancers.map((ip) => at(ip, port.port, 'load balancer IP')),
    ];
    const { nodePort } = port;
    if (nodePort !== undefined) {
      targets.push(...addressing.nodes.map((ip) => at(ip, nodePort, 'node port')));
      targets.push({
        ...at(addressing.loopback, nodePort, 'node port on localhost'),
        only: 'node',
      });
    }
    return targets;
  });
}

/** Right address, wrong port; right port, wrong protocol. */
function wrongTargets(service: Service, addressing: Addressing): Target[] {
  const address = clusterIpOf(service, addressing);
  const [first] = service.spec.ports ?? [];
  if (!first || address === undefined) return [];
  const name = service.metadata.name;
  const wrong = protocolOf(first.protocol) === 'tcp' ? 'udp' : 'tcp';
  return [
    { about: `${name} undefined port`, protocol: 'tcp', to: { address, port: 4444 } },
    { about: `${name} undefined port`, protocol: 'udp', to: { address, port: 4444 } },
    { about: `${name} other protocol`, protocol: wrong, to: { address, port: first.port } },
  ];
}

const both = (about: string, address: string, port: number): Target[] => [
  { about, protocol: 'tcp', to: { address, port } },
  { about, protocol: 'udp', to: { address, port } },
];

function podTargets(pod: Pod, { family }: Addressing): Target[] {
  const { name } = pod.metadata;
  const addresses = (pod.status?.podIPs ?? []).map(({ ip }) => ip);
  return addresses
    .filter((ip) => isOfFamily(ip, family))
    .flatMap((ip) => [
      ...both(`pod ${name}`, ip, OPEN_PORT),
      ...both(`pod ${name} rare port`, ip, RARE_PORT),
      ...both(`pod ${name} closed port`, ip, CLOSED_PORT),
    ]);
}

function outsideTargets({ cluster, addressing }: Surroundings): Target[] {
  return OUTSIDE_SERVERS.flatMap((machine) => {
    const address = addressOfMachine(cluster.network, machine, addressing.family);
    if (address === undefined) return [];
    return [
      ...both(machine, address, OPEN_PORT),
      ...both(`${machine} closed port`, address, CLOSED_PORT),
    ];
  });
}

const plainTargets = (surroundings: Surroundings): Target[] => {
  const { nodes, unallocated, nobody } = surroundings.addressing;
  return [
    ...nodes.flatMap((address) => both('closed port of a node', address, 5555)),
    ...outsideTargets(surroundings),
    ...both('unallocated cluster IP', unallocated, 80),
    ...both('nobody on the internet', nobody, 80),
  ];
};

const KINDS = ['pod', 'pod', 'pod', 'pod', 'node', 'outside'] as const;

function drawClient(dice: Dice, clients: readonly Client[], target: Target): Client {
  const kind = target.only ?? dice.pick(KINDS);
  const fitting = clients.filter((client) => client.kind === kind);
  return dice.pick(
    fitting.length > 0 ? fitting : clients.filter((each) => each.kind !== 'outside'),
  );
}

function targetsOf(surroundings: Surroundings): readonly (readonly Target[])[] {
  const { cluster, addressing } = surroundings;
  const services = cluster.store.list<Service>('Service');
  const pods = podsOf(cluster);
  return [
    services.flatMap((service) => serviceTargets(service, addressing)),
    services.flatMap((service) => wrongTargets(service, addressing)),
    pods.flatMap((pod) => podTargets(pod, addressing)),
    plainTargets(surroundings),
  ];
}

interface Shares {
  /** How many of the probes go to Services. */
  readonly services: number;
  /** For one probe to what nobody serves, and one to the outside, so many go to pods. */
  readonly pods: number;
}

const USUAL: Shares = { services: 0.75, pods: 2 };
/** Policies are met best between pods. */
const BESIDE_POLICIES: Shares = { services: 0.35, pods: 5 };

/** The probes of one cluster: to Services, pods and others, from pods, nodes and outside. */
export function drawProbes(cluster: Cluster, plan: ClusterPlan, count: number): Probe[] {
  const dice = new Dice(`${plan.seed} probes`);
  const addressing = addressingOf(plan.options, plan.family);
  const clients = clientsOf(cluster);
  const shares = plan.policies.length > 0 ? BESIDE_POLICIES : USUAL;
  const [inService = [], wrong = [], inPod = [], plain = []] = targetsOf({ cluster, addressing });
  const others = [wrong, ...Array.from({ length: shares.pods }, () => inPod), plain];
  return Array.from({ length: count }, (_, number) => {
    const targets = dice.happens(shares.services) ? inService : dice.pick(others);
    const target = dice.pick(targets);
    const client = drawClient(dice, clients, target);
    const { about, protocol, to } = target;
    return { number, namespace: client.namespace, from: client.name, protocol, to, about };
  });
}

/** How often each endpoint is hoped for: with 14, one of five is missed once in 250,000 clusters. */
const HOPES = 14;

const slicesOf = (cluster: Cluster, family: AddressFamily) =>
  cluster.store
    .list<EndpointSlice>('EndpointSlice')
    .filter(({ addressType }) => addressType === family);

/** One question asked so often that every endpoint must have been drawn; none when no Service has several. */
export function drawRepeats(cluster: Cluster, plan: ClusterPlan): Probe[] {
  const dice = new Dice(`${plan.seed} repeats`);
  const addressing = { ...addressingOf(plan.options, plan.family), nodes: [] };
  const several = slicesOf(cluster, plan.family).flatMap((slice) => {
    const { namespace, labels = {} } = slice.metadata;
    const name = labels[SERVICE_NAME_LABEL] ?? '';
    const service = cluster.store.get<Service>('Service', namespace, name);
    const ready = slice.endpoints.filter(({ conditions }) => conditions?.ready);
    const isPlain = service?.spec.sessionAffinity !== 'ClientIP';
    return service && isPlain && ready.length > 1 ? [{ service, count: ready.length }] : [];
  });
  if (several.length === 0) return [];
  const { service, count } = dice.pick(several);
  const target = dice.pick(serviceTargets(service, addressing));
  const client = drawClient(dice, clientsOf(cluster), target);
  return Array.from({ length: count * HOPES }, (_, index) => ({
    number: index,
    namespace: client.namespace,
    from: client.name,
    protocol: target.protocol,
    to: target.to,
    about: `${target.about}, again`,
  }));
}
