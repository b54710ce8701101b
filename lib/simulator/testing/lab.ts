import { EventQueue } from '../base/event-queue.ts';
import { MINUTE, type Micros } from '../base/clock.ts';
import { seedRandom } from '../base/random.ts';
import { NETWORK_TARGET, type NetworkEnvironment } from '../linux/environment.ts';
import { handleNetworkEvent } from '../linux/handle-network-event.ts';
import { restoreIptables } from '../linux/netfilter/parse/parse-iptables.ts';
import { addAddress, addBridge, addVethPair, setMaster } from '../linux/links.ts';
import { addMachine, addNamespace, createNetwork } from '../linux/network-state.ts';
import type { Network, NetworkEvent, NetworkNamespace } from '../linux/network.ts';
import { startProcess } from '../linux/process.ts';
import type { Program } from '../linux/program.ts';
import { addRoute } from '../linux/routes.ts';
import { createRecorder, type RecordedTraces, type TraceTag } from '../trace/recorder.ts';
import type { Step } from '../trace/step.ts';
import { LAB_PROGRAMS } from './lab-programs.ts';

/** Machines on one clock, for tests. */
export interface Lab {
  readonly network: Network;
  readonly environment: NetworkEnvironment;
  readonly traces: RecordedTraces;
}

/** An empty network with a few small programs; `seed` decides ports and MAC addresses. */
export function createLab(
  options: { seed?: string; programs?: Record<string, Program> } = {},
): Lab {
  const queue = new EventQueue({ now: 0, sequence: 0, heap: [] });
  const traces: RecordedTraces = {};
  return {
    network: createNetwork(),
    traces,
    environment: {
      queue,
      random: seedRandom(options.seed ?? 'lab'),
      recorder: createRecorder(traces, () => queue.now),
      exited: [],
      programs: { ...LAB_PROGRAMS, ...options.programs },
    },
  };
}

/** Fires events until none is due within `limit` of virtual time. Returns how many were fired. */
export function runUntilIdle({ network, environment }: Lab, limit: Micros = 5 * MINUTE): number {
  const { queue } = environment;
  const end = queue.now + limit;
  let fired = 0;
  for (let next = queue.peek(); next && next.at <= end; next = queue.peek()) {
    const event = queue.next();
    if (event?.target === NETWORK_TARGET) {
      handleNetworkEvent(network, event.payload as NetworkEvent, environment);
    }
    fired += 1;
  }
  return fired;
}

/** Opens a trace and returns its tag. */
export function openTrace({ traces }: Lab, id = 't'): TraceTag {
  traces[id] = { packets: 1, steps: [] };
  return { trace: id, packet: 1 };
}

export const stepsOf = ({ traces }: Lab, id = 't'): readonly Step[] => traces[id]?.steps ?? [];

export function namespaceOf({ network }: Lab, id: string): NetworkNamespace {
  const namespace = network.namespaces[id];
  if (!namespace) throw new Error(`no namespace ${id}`);
  return namespace;
}

/** Starts one of the lab's programs and returns its pid. */
export function run(
  { network, environment }: Lab,
  namespace: string,
  program: string,
  args: readonly string[],
  tag?: TraceTag,
): number {
  return startProcess(network, environment, {
    program,
    args,
    namespace,
    hostname: namespace,
    files: {},
    environment: {},
    ...(tag ? { tag } : {}),
  });
}

export const outputOf = ({ network }: Lab, pid: number) => network.processes[pid]?.output;

/** Two machines, `a` 10.0.0.1 and `b` 10.0.0.2, joined by one cable. */
export function twoMachines(options: Parameters<typeof createLab>[0] = {}): Lab {
  const lab = createLab(options);
  const { network, environment } = lab;
  for (const name of ['a', 'b']) addMachine(network, name);
  addVethPair(
    network,
    environment,
    { namespace: 'a', name: 'eth0' },
    { namespace: 'b', name: 'eth0' },
  );
  addAddress(network, 'a', 'eth0', '10.0.0.1/24');
  addAddress(network, 'b', 'eth0', '10.0.0.2/24');
  return lab;
}

export const NODE_SYSCTLS = { 'ipv4.ip_forward': '1', 'bridge.bridge-nf-call-iptables': '1' };

/** Adds a pod-like namespace to a node with cni0: eth0 with `address`/24, a default route through the bridge. */
export function addPod(
  { network, environment }: Lab,
  node: string,
  name: string,
  address: string,
  options: { hairpin?: 'on' | 'off' } = {},
): void {
  addNamespace(network, { id: name, machine: node, label: `lab/${name}` });
  addVethPair(
    network,
    environment,
    { namespace: name, name: 'eth0' },
    { namespace: node, name: `veth-${name}` },
  );
  setMaster(network, node, `veth-${name}`, 'cni0', { hairpin: options.hairpin ?? 'on' });
  addAddress(network, name, 'eth0', `${address}/24`);
  const namespace = network.namespaces[name];
  const via = address.replace(/\d+$/, '1');
  if (namespace) addRoute(namespace, { destination: '0.0.0.0/0', via, device: 'eth0' });
}

/**
 * Two nodes on a switch, each with a bridge cni0, a route to the other's pods and a default route to nobody: node-a 192.168.10.11 with web
 * 10.244.1.7 and shop 10.244.1.9, node-b 192.168.10.12 with catalog 10.244.2.5.
 */
export function twoNodes(options: Parameters<typeof createLab>[0] = {}): Lab {
  const lab = createLab(options);
  const { network, environment } = lab;
  addMachine(network, 'switch');
  addBridge(network, environment, { namespace: 'switch', name: 'br0' });
  const nodes = [
    { name: 'node-a', address: '192.168.10.11', pods: '10.244.1', other: '10.244.2' },
    { name: 'node-b', address: '192.168.10.12', pods: '10.244.2', other: '10.244.1' },
  ];
  for (const { name, address, pods } of nodes) {
    addMachine(network, name, { sysctls: NODE_SYSCTLS });
    addVethPair(
      network,
      environment,
      { namespace: name, name: 'eth0' },
      { namespace: 'switch', name: `port-${name}` },
    );
    setMaster(network, 'switch', `port-${name}`, 'br0');
    addAddress(network, name, 'eth0', `${address}/24`);
    addBridge(network, environment, { namespace: name, name: 'cni0' });
    addAddress(network, name, 'cni0', `${pods}.1/24`);
  }
  for (const [i, { name, other }] of nodes.entries()) {
    const via = nodes[1 - i]?.address ?? '';
    const namespace = namespaceOf(lab, name);
    addRoute(namespace, { destination: `${other}.0/24`, via, device: 'eth0' });
    addRoute(namespace, { destination: '0.0.0.0/0', via: '192.168.10.1', device: 'eth0' });
  }
  addPod(lab, 'node-a', 'web', '10.244.1.7');
  addPod(lab, 'node-a', 'shop', '10.244.1.9');
  addPod(lab, 'node-b', 'catalog', '10.244.2.5');
  return lab;
}

/** Loads rules into a namespace from `iptables-restore` text. */
export function loadRules(lab: Lab, namespace: string, text: string): void {
  const { ruleset } = namespaceOf(lab, namespace);
  const result = restoreIptables(ruleset, text);
  if (!result.ok) throw new Error(JSON.stringify(result));
  Object.assign(ruleset.tables, result.ruleset.tables);
}
