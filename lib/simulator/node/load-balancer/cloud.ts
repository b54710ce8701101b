import { nodeAddress, type Node } from '../../api/core/node.ts';
import type { Service } from '../../api/core/service.ts';
import { SECOND } from '../../base/clock.ts';
import { addAddress, removeAddress } from '../../linux/links.ts';
import type { NetworkNamespace, Process, Route } from '../../linux/network.ts';
import { startProcess } from '../../linux/process.ts';
import { addRoute, deleteRoute } from '../../linux/routes.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { balancedServices, type BalancedService } from './balanced-service.ts';
import { writeCloudRules, type HealthyService } from './cloud-rules.ts';
import { HEALTH_CHECK_PROGRAM, TARGETS_FILE, verdictOf } from './health-checks.ts';
import { HEALTHZ_PORT } from '../kube-proxy/proxy-server.ts';
import { electNode } from './speaker.ts';

/** The balancer's machine, on the nodes' segment. */
export const LOAD_BALANCER = 'load-balancer';
const UPLINK = 'eth0';
const KEY = 'sync';
/** How often the verdicts are looked at. */
const CHECK = 5 * SECOND;

interface NodeTarget {
  readonly name: string;
  readonly address: string;
}

const nodesOf = ({ store }: AgentContext): NodeTarget[] =>
  store.list<Node>('Node').flatMap((node) => {
    const address = nodeAddress(node, 'InternalIP');
    return address === undefined ? [] : [{ name: node.metadata.name, address }];
  });

const keyOf = ({ metadata }: Service, node: NodeTarget) =>
  `${metadata.namespace ?? ''}/${metadata.name}@${node.name}`;

/**
 * The line of the targets' file: who has a health-check node port is asked there, and otherwise the node's kube-proxy,
 * whatever becomes of the Service's own pods (KEP-3836, as clouds do since 1.28).
 */
const targetLine = ({ service }: BalancedService, node: NodeTarget) =>
  `${keyOf(service, node)} ${node.address} ${service.spec.healthCheckNodePort ?? HEALTHZ_PORT}`;

function checkProcess({ network, environment }: AgentContext): Process | undefined {
  const running = Object.values(network.processes).find(
    ({ program, exitCode }) => program === HEALTH_CHECK_PROGRAM.name && exitCode === undefined,
  );
  if (running) return running;
  const pid = startProcess(network, environment, {
    program: HEALTH_CHECK_PROGRAM.name,
    args: [],
    namespace: LOAD_BALANCER,
    hostname: LOAD_BALANCER,
    files: {},
    environment: {},
  });
  return network.processes[pid];
}

/** Delivery through node ports: the balancer has the addresses itself, and lends its own to what it passes on. */
function deliverToNodePorts(
  namespace: NetworkNamespace,
  services: readonly HealthyService[],
  { network }: AgentContext,
): void {
  const wanted = services.map(({ address }) => address);
  const own = namespace.links['lo']?.addresses ?? [];
  for (const { address } of [...own]) {
    if (address.startsWith('127.') || address.includes(':') || wanted.includes(address)) continue;
    removeAddress(network, namespace.id, 'lo', address);
  }
  for (const address of wanted) addAddress(network, namespace.id, 'lo', `${address}/32`);
  writeCloudRules(namespace.ruleset, services);
}

/**
 * Delivery of packets as they are: a route to a node for each address. kube-proxy there knows the address, and the
 * answer goes to the client without the balancer.
 *
 * Simplified: one healthy node an address; clouds spread the connections of an address over the nodes.
 */
function deliverToNodes(
  namespace: NetworkNamespace,
  services: readonly HealthyService[],
  nodes: readonly NodeTarget[],
): void {
  const wanted = services.flatMap((each): Route[] => {
    const able = nodes.filter(({ address }) => each.healthy.includes(address));
    const chosen = electNode(
      each,
      able.map(({ name }) => name),
    );
    const via = able.find(({ name }) => name === chosen)?.address;
    const { namespace: home = '', name } = each.service.metadata;
    const because = { kind: 'Service', namespace: home, name };
    const destination = `${each.address}/32`;
    return via === undefined
      ? []
      : [{ destination, via, device: UPLINK, protocol: 'static', because }];
  });
  const isOurs = ({ because }: Route) => because?.kind === 'Service';
  for (const route of namespace.routes.filter(isOurs)) {
    if (
      !wanted.some(({ destination, via }) => destination === route.destination && via === route.via)
    )
      deleteRoute(namespace, route);
  }
  for (const route of wanted) addRoute(namespace, route);
}

function reconcile(_key: string, context: AgentContext): void {
  const { network, store, options, memory } = context;
  const namespace = network.namespaces[LOAD_BALANCER];
  const services = balancedServices(store);
  if (!namespace || (services.length === 0 && memory['isUsed'] !== true)) return;
  memory['isUsed'] = true;
  const nodes = nodesOf(context);
  const process = checkProcess(context);
  const lines = services.flatMap((each) => nodes.map((node) => targetLine(each, node)));
  if (process) process.files[TARGETS_FILE] = lines.join('\n');
  const healthy = services.map((each) => ({
    ...each,
    healthy: nodes
      .filter((node) => verdictOf(process?.state, keyOf(each.service, node)) === 'healthy')
      .map(({ address }) => address),
  }));
  if (options.loadBalancer === 'cloud-vip') deliverToNodes(namespace, healthy, nodes);
  else deliverToNodePorts(namespace, healthy, context);
  if (services.length > 0) context.requeue('periodic:health', CHECK);
}

/**
 * A cloud's load balancer: a machine of the provider that checks the nodes' health and brings connections to them, by node
 * port (`cloud`) or with the destination kept (`cloud-vip`, direct server return).
 */
export const cloudLoadBalancer: NodeAgent = {
  name: 'cloud-load-balancer',
  place: LOAD_BALANCER,
  keysOf: ({ object }) =>
    object.kind === 'Service' || object.kind === 'EndpointSlice' || object.kind === 'Node'
      ? [KEY]
      : [],
  reconcile,
};
