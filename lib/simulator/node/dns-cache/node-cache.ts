import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Service } from '../../api/core/service.ts';
import { SECOND } from '../../base/clock.ts';
import type { ObjectRef } from '../../base/object-ref.ts';
import { nodeCacheAddresses } from '../../cluster-options.ts';
import { addAddress, addDummy, removeLink } from '../../linux/links.ts';
import type { Process } from '../../linux/network.ts';
import { removeProcess, signalProcess, startProcess } from '../../linux/process.ts';
import { CLUSTER_DNS_WORD, UPSTREAM_SERVERS_WORD } from './node-cache-addon.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { mayRetryAt, nextBackOff, type BackOff } from '../kubelet/back-off.ts';
import { ensureNodeCacheRules, removeNodeCacheRules } from './node-cache-rules.ts';

const NAMESPACE = 'kube-system';
const CONFIG = 'node-local-dns';
const UPSTREAM = 'kube-dns-upstream';
const DEVICE = 'nodelocaldns';
const COREFILE = '/etc/Corefile';

const SYNC = 'sync';
/** The server has had time to write its pid file: now come the rules. */
const RUNNING = 'running';
const CHECK = 'periodic:networking';
/** `waitForFile` looks every second, and at the networking every `-syncinterval`. */
const PID_FILE_DELAY = 1 * SECOND;
const SYNC_INTERVAL = 60 * SECOND;

/** From a process's end until the kubelet has seen it and started another, when it does not hold back. */
const RESTART_DELAY = 1 * SECOND;

const BECAUSE: ObjectRef = { kind: 'ConfigMap', namespace: NAMESPACE, name: CONFIG };

/** What the agent remembers on a node: plain data. */
interface CacheMemory {
  pid?: number;
  /** One that ended, kept for what it said. */
  endedPid?: number;
  /** When the process ended that is to be started again. */
  endedAt?: number;
  backOff?: BackOff;
}

const memoryOf = ({ memory }: AgentContext) => memory as CacheMemory;

function runningProcess(context: AgentContext): Process | undefined {
  const { pid } = memoryOf(context);
  const process = pid === undefined ? undefined : context.network.processes[pid];
  return process?.exitCode === undefined ? process : undefined;
}

/** The Corefile with the upstreams put in (`updateCorefile`): CoreDNS's second Service, and the node's resolv.conf. */
function corefileOf({ store }: AgentContext): string | undefined {
  const template = store.get<ConfigMap>('ConfigMap', NAMESPACE, CONFIG)?.data?.['Corefile'];
  const clusterDns = store.get<Service>('Service', NAMESPACE, UPSTREAM)?.spec.clusterIP;
  if (template === undefined || clusterDns === undefined) return undefined;
  return template
    .replaceAll(CLUSTER_DNS_WORD, clusterDns)
    .replaceAll(UPSTREAM_SERVERS_WORD, '/etc/resolv.conf');
}

/** The device that holds the addresses. It is never set up: its addresses are local all the same. Source: pkg/netif. */
function ensureDevice({ node, network, environment, options }: AgentContext): void {
  const links = network.namespaces[node]?.links;
  if (!links) return;
  if (!links[DEVICE])
    addDummy(network, environment, { namespace: node, name: DEVICE, queueLength: 0 });
  for (const address of nodeCacheAddresses(options)) {
    if (!links[DEVICE]?.addresses.some((own) => own.address === address))
      addAddress(network, node, DEVICE, `${address}/32`);
  }
}

function ensureNetworking(context: AgentContext): void {
  const ruleset = context.network.namespaces[context.node]?.ruleset;
  if (ruleset) ensureNodeCacheRules(ruleset, nodeCacheAddresses(context.options), BECAUSE);
  ensureDevice(context);
}

/** What the program does on SIGTERM, and what SIGKILL leaves undone. Source: cache_app.go, `TeardownNetworking`. */
function tearDown({ node, network, options }: AgentContext): void {
  removeLink(network, node, DEVICE);
  const ruleset = network.namespaces[node]?.ruleset;
  if (ruleset) removeNodeCacheRules(ruleset, nodeCacheAddresses(options), BECAUSE);
}

function start(corefile: string, context: AgentContext): void {
  const { node, network, environment } = context;
  const memory = memoryOf(context);
  ensureDevice(context);
  if (memory.endedPid !== undefined) removeProcess(network, memory.endedPid);
  memory.pid = startProcess(network, environment, {
    program: 'node-cache',
    args: ['-conf', COREFILE],
    namespace: node,
    hostname: node,
    files: { [COREFILE]: corefile },
    environment: {},
    because: BECAUSE,
  });
  delete memory.endedAt;
  context.requeue(RUNNING, PID_FILE_DELAY);
}

function reconcile(key: string, context: AgentContext): void {
  const process = runningProcess(context);
  if (key === RUNNING || key === CHECK) {
    if (!process) return;
    ensureNetworking(context);
    context.requeue(CHECK, SYNC_INTERVAL);
    return;
  }
  const corefile = corefileOf(context);
  if (corefile === undefined) return;
  if (process) {
    process.files[COREFILE] = corefile;
    return;
  }
  const { endedAt, backOff } = memoryOf(context);
  const at = endedAt === undefined ? context.now : mayRetryAt(backOff, endedAt, context.now);
  if (at > context.now) {
    context.requeue(SYNC, at - context.now);
    return;
  }
  if (endedAt !== undefined) memoryOf(context).backOff = nextBackOff(backOff, context.now);
  start(corefile, context);
}

/**
 * NodeLocal DNSCache: on every node a caching CoreDNS on a link-local address and, in iptables mode, on the ClusterIP of
 * kube-dns itself, which rules keep away from connection tracking. Stopped, it takes device and rules with it; killed, it
 * leaves them, and nothing answers there until it runs again.
 *
 * Simplified: an agent instead of a DaemonSet's pods, so kubectl does not show it; it starts a process that ended again
 * as the kubelet would, with its back-off. The device and the rules are the agent's work instead of the program's.
 */
export const nodeCache: NodeAgent = {
  name: 'node-local-dns',
  keysOf: ({ object: { kind, metadata } }) =>
    metadata.namespace === NAMESPACE &&
    ((kind === 'ConfigMap' && metadata.name === CONFIG) ||
      (kind === 'Service' && metadata.name === UPSTREAM))
      ? [SYNC]
      : [],
  reconcile,
  onProcessExit(pid, context) {
    const memory = memoryOf(context);
    if (pid !== memory.pid) return;
    delete memory.pid;
    memory.endedPid = pid;
    // SIGTERM ends it in order.
    if (context.network.processes[pid]?.exitCode === 0) tearDown(context);
    memory.endedAt = context.now;
    context.requeue(SYNC, RESTART_DELAY);
  },
  onStop(context) {
    const process = runningProcess(context);
    const memory = memoryOf(context);
    delete memory.pid;
    delete memory.endedAt;
    delete memory.backOff;
    if (!process) return;
    signalProcess(context.network, context.environment, process.pid, 'SIGTERM');
    tearDown(context);
  },
};
