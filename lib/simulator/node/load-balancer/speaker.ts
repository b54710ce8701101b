import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { SECOND } from '../../base/clock.ts';
import { stackOf } from '../../linux/kernel.ts';
import type { Process } from '../../linux/network.ts';
import { startProcess } from '../../linux/process.ts';
import { transmitArp } from '../../linux/transmit.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { balancedServices, type BalancedService } from './balanced-service.ts';
import { ANNOUNCED_FILE, SPEAKER_PROGRAM } from './speaker-program.ts';

const UPLINK = 'eth0';
const NOBODY = '00:00:00:00:00:00';
const KEY = 'announce';
/** How long memberlist takes to find that a member is gone, about. */
const CHECK = 3 * SECOND;

/** A member that can be heard: its speaker runs, its machine is up and on the wire. */
function isAlive(node: string, { node: own, network, isPeerRunning }: AgentContext): boolean {
  const uplink = network.namespaces[node]?.links[UPLINK];
  const isUp = network.machines[node]?.isUp === true && uplink?.isUp === true;
  return isUp && (node === own || isPeerRunning(node));
}

/**
 * Which node answers for an address: of those that may, the first by the hash of its name and the address, so that all
 * speakers come to the same answer by themselves. With externalTrafficPolicy Local a node needs an endpoint of its own.
 * Source: metallb speaker/layer2_controller.go, `ShouldAnnounce`.
 */
export function electNode(
  { service, address, nodesWithEndpoints }: BalancedService,
  alive: readonly string[],
): string | undefined {
  if (nodesWithEndpoints.size === 0) return undefined;
  const isLocal = service.spec.externalTrafficPolicy === 'Local';
  const able = isLocal ? alive.filter((node) => nodesWithEndpoints.has(node)) : alive;
  const rank = (node: string) => bytesToHex(sha256(utf8ToBytes(`${node}#${address}`)));
  return able.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
}

function speakerProcess({ node, network, environment }: AgentContext): Process | undefined {
  const running = Object.values(network.processes).find(
    ({ program, namespace, exitCode }) =>
      program === SPEAKER_PROGRAM.name && namespace === node && exitCode === undefined,
  );
  if (running) return running;
  const pid = startProcess(network, environment, {
    program: SPEAKER_PROGRAM.name,
    args: [],
    namespace: node,
    hostname: node,
    files: {},
    environment: {},
  });
  return network.processes[pid];
}

/** Gratuitous ARP: whoever knows the address under another MAC takes this one (RFC 5227 section 3). */
function tellEverybody(address: string, { node, network, environment }: AgentContext): void {
  const stack = stackOf(network, environment, node);
  const link = stack?.namespace.links[UPLINK];
  if (!stack || !link?.isUp) return;
  transmitArp(stack, link, {
    operation: 'request',
    senderMac: link.mac,
    senderIp: address,
    targetMac: NOBODY,
    targetIp: address,
  });
}

function reconcile(_key: string, context: AgentContext): void {
  const { node, store, options } = context;
  const services = balancedServices(store);
  const announced = (context.memory['announced'] as string[] | undefined) ?? [];
  if (services.length === 0 && announced.length === 0) return;
  const alive = options.nodes.map(({ name }) => name).filter((name) => isAlive(name, context));
  const mine = services.filter((each) => electNode(each, alive) === node);
  const addresses = mine.map(({ address }) => address);
  const process = speakerProcess(context);
  if (process) process.files[ANNOUNCED_FILE] = addresses.join('\n');
  for (const { service, address } of mine) {
    if (announced.includes(address)) continue;
    tellEverybody(address, context);
    const message = `announcing from node "${node}" with protocol "layer2"`;
    context.recordEvent(service, 'Normal', 'nodeAssigned', message);
  }
  context.memory['announced'] = addresses;
  if (services.length > 0) context.requeue('periodic:members', CHECK);
}

/**
 * MetalLB's speaker in layer 2 mode: one node answers ARP for the address of a Service, and kube-proxy on that node does
 * the rest. When the node is gone another takes over and says so by gratuitous ARP.
 *
 * Simplified: the speakers see one another's links and processes every three seconds instead of gossiping.
 */
export const speaker: NodeAgent = {
  name: 'speaker',
  keysOf: ({ object }) =>
    object.kind === 'Service' || object.kind === 'EndpointSlice' ? [KEY] : [],
  keysOfSession: [KEY],
  reconcile,
  onStop(context) {
    const { memory, network, node } = context;
    delete memory['announced'];
    for (const { program, namespace, files } of Object.values(network.processes)) {
      if (program === SPEAKER_PROGRAM.name && namespace === node) files[ANNOUNCED_FILE] = '';
    }
  },
};
