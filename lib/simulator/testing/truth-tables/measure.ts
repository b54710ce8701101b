import type { Pod } from '../../api/core/pod.ts';
import type { Service } from '../../api/core/service.ts';
import { SECOND } from '../../base/clock.ts';
import { formatSocketAddress } from '../../base/flow.ts';
import { WORKSTATION } from '../../bootstrap.ts';
import type { Cluster } from '../../cluster.ts';
import type { DrawLot } from '../../linux/netfilter/lots.ts';
import { startProcess } from '../../linux/process.ts';
import { buildScenario, namespaceOfPod, podsOf } from './build-scenario.ts';
import type { TableScenario } from './scenario.ts';

/** Somewhere to go: one column. */
export interface Target {
  readonly label: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** `pods`, `services`, `nodes`: columns of a kind stand together. */
  readonly kind: 'pods' | 'services' | 'nodes';
}

/** What one client saw of one target in one try. */
type Answer =
  | { readonly type: 'ok'; readonly pod: string; readonly seenAs: string }
  | { readonly type: 'refused' | 'timeout' | 'unreachable' };

interface Client {
  readonly name: string;
  readonly namespace: string;
}

/** So long a client waits: more than the three seconds that ARP takes to give up. */
const PATIENCE = 6 * SECOND;

const shortName = (name: string) => name.replace(/^default\//, '');
const family = (address: string) => (address.includes(':') ? ' v6' : '');

function podTargets(cluster: Cluster, scenario: TableScenario): Target[] {
  return podsOf(scenario).flatMap(({ name, ports = [8080] }) => {
    const [namespace = '', own = ''] = name.split('/');
    const status = cluster.store.get<Pod>('Pod', namespace, own)?.status;
    const addresses = status?.podIPs?.map(({ ip }) => ip) ?? [];
    return addresses.flatMap((address) =>
      ports.map((port) => ({
        label: `${shortName(name)}:${port}${family(address)}`,
        ...{ address, port, protocol: 'tcp' as const, kind: 'pods' as const },
      })),
    );
  });
}

/** The addresses of a Service with what they are called: its ClusterIPs, external IPs and balancer's addresses. */
function addressesOfService({ spec, status }: Service): [suffix: string, address: string][] {
  const clusterIps = (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter(
    (address) => address !== '' && address !== 'None',
  );
  const balancer = status?.loadBalancer?.ingress?.flatMap(({ ip }) => (ip ? [ip] : [])) ?? [];
  return [
    ...clusterIps.map((address): [string, string] => ['', address]),
    ...(spec.externalIPs ?? []).map((address): [string, string] => [' external', address]),
    ...balancer.map((address): [string, string] => [' balancer', address]),
  ];
}

function serviceTargets(cluster: Cluster, { services }: TableScenario): Target[] {
  return services.flatMap(({ name }) => {
    const [namespace = '', own = ''] = name.split('/');
    const service = cluster.store.get<Service>('Service', namespace, own);
    if (!service) return [];
    const { nodes } = cluster.options;
    return (service.spec.ports ?? []).flatMap(({ port, nodePort, protocol = 'TCP' }) => {
      const by = protocol === 'UDP' ? 'udp' : 'tcp';
      const ending = by === 'udp' ? '/udp' : '';
      const direct = addressesOfService(service).map(([suffix, address]): Target => ({
        label: `${shortName(name)}:${port}${ending}${suffix}${family(address)}`,
        ...{ address, port, protocol: by, kind: 'services' },
      }));
      if (nodePort === undefined) return direct;
      const onNodes = nodes.flatMap((node) =>
        [node.address, ...(node.address6 ? [node.address6] : [])].map((address): Target => ({
          label: `${node.name}:${nodePort}${ending}${family(address)}`,
          ...{ address, port: nodePort, protocol: by, kind: 'nodes' },
        })),
      );
      return [...direct, ...onNodes];
    });
  });
}

function clientsOf(cluster: Cluster, scenario: TableScenario): Client[] {
  const inPods = podsOf(scenario).flatMap((pod) => {
    const namespace = namespaceOfPod(cluster, pod);
    return namespace === undefined ? [] : [{ name: shortName(pod.name), namespace }];
  });
  const machines = [...cluster.options.nodes.map(({ name }) => name), WORKSTATION];
  return [...inPods, ...machines.map((name) => ({ name, namespace: name }))];
}

/** How many endpoints the biggest Service may choose from: so many tries show all of them. */
const MOST_ENDPOINTS = 3;

/**
 * Chance taken in turn, so that a table shows every endpoint and no generator decides what it says: in try 0 the last
 * endpoint is chosen, in try 1 the one before it, and so on. A `statistic` rule of probability 1/m stands before m - 1 others.
 */
const inTurn =
  (turn: number): DrawLot =>
  ({ rule, sides }) => {
    if (!('matches' in rule)) return turn % sides;
    const statistic = rule.matches.find(({ match }) => match === 'statistic');
    if (statistic?.match !== 'statistic') return undefined;
    return Math.round(1 / statistic.probability) <= turn + 1 ? 0 : sides - 1;
  };

function answerOf(output: string, exitCode: number | undefined): Answer {
  if (exitCode === undefined) return { type: 'timeout' };
  if (exitCode === 0) {
    const [pod = '', seenAs = ''] = output.split(' ');
    return { type: 'ok', pod, seenAs };
  }
  if (output.startsWith('ECONNREFUSED')) return { type: 'refused' };
  return { type: output.startsWith('ETIMEDOUT') ? 'timeout' : 'unreachable' };
}

function tryAll(
  cluster: Cluster,
  clients: readonly Client[],
  targets: readonly Target[],
  turn: number,
): Answer[][] {
  Object.assign(cluster.environment, { drawLot: inTurn(turn) });
  const pids = clients.map(({ name, namespace }) =>
    targets.map(({ address, port, protocol }) =>
      startProcess(cluster.network, cluster.environment, {
        program: `${protocol}-client`,
        args: [formatSocketAddress({ address, port })],
        namespace,
        hostname: name,
        files: {},
        environment: {},
      }),
    ),
  );
  cluster.advance(PATIENCE);
  return pids.map((row) =>
    row.map((pid) => {
      const process = cluster.network.processes[pid];
      return answerOf(process?.output ?? '', process?.exitCode);
    }),
  );
}

/** Everything that a table says: for each client and target, the answers of all tries. */
export interface Measurement {
  readonly cluster: Cluster;
  readonly clients: readonly Client[];
  readonly targets: readonly Target[];
  /** clients x targets x tries */
  readonly answers: readonly (readonly (readonly Answer[])[])[];
}

/** Builds the scenario and lets everybody ask for everything, all at once, and again. */
export function measure(scenario: TableScenario): Measurement {
  const cluster = buildScenario(scenario);
  const clients = clientsOf(cluster, scenario);
  const targets = [...podTargets(cluster, scenario), ...serviceTargets(cluster, scenario)];
  const tries = Array.from({ length: MOST_ENDPOINTS }, (_, turn) =>
    tryAll(cluster, clients, targets, turn),
  );
  const answers = clients.map((_, row) =>
    targets.map((__, column) => tries.flatMap((grid) => grid[row]?.[column] ?? [])),
  );
  return { cluster, clients, targets, answers };
}

/** Whether an address is the client's own: what a server sees when nobody masquerades. */
export function isOwnAddress({ cluster }: Measurement, client: Client, address: string): boolean {
  const links = Object.values(cluster.network.namespaces[client.namespace]?.links ?? {});
  return links.some(({ addresses }) => addresses.some((own) => own.address === address));
}
