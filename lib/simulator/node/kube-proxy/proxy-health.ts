import type { Node } from '../../api/core/node.ts';
import { SECOND, type Micros } from '../../base/clock.ts';
import { killProcess, startProcess } from '../../linux/process.ts';
import type { AgentContext } from '../agent.ts';
import type { IpFamily } from './proxy-config.ts';
import { familiesOf } from './read-config.ts';

/** What the health server of a kube-proxy knows. Plain data; times by IP family. */
export interface ProxyHealth {
  /** When the last round was written. */
  readonly updated: Partial<Record<IpFamily, Micros>>;
  /** The oldest change that is still to be written. */
  readonly queued: Partial<Record<IpFamily, Micros>>;
  nodeEligible: boolean;
}

/** How long a change may wait to be written: twice `syncPeriod`, which is 30 s. */
const HEALTH_TIMEOUT: Micros = 60 * SECOND;
/** The Cluster Autoscaler's, on a node that it is about to take away. */
const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Where the agent leaves a ProxyHealth for the process to read (`printHealth`). */
export const HEALTH_FILE = '/proc/self/proxy-health';
/** The first argument of the process that answers on the two ports. */
export const SERVE = 'serve';

interface Server {
  pid: number;
  readonly health: ProxyHealth;
}

/** The process of this kube-proxy, started when there is none. */
function serverOf(context: AgentContext): Server {
  const { memory, network, environment, node, options } = context;
  const known = memory['server'] as Server | undefined;
  const process = known && network.processes[known.pid];
  if (known && process && process.exitCode === undefined) return known;
  const loopback = familiesOf(options)[0] === 'IPv6' ? '::1' : '127.0.0.1';
  const pid = startProcess(network, environment, {
    program: 'kube-proxy',
    args: [SERVE, options.proxyMode, loopback],
    namespace: node,
    hostname: node,
    files: {},
    environment: {},
  });
  const health = known?.health ?? { updated: {}, queued: {}, nodeEligible: true };
  const server: Server = { pid, health };
  memory['server'] = server;
  return server;
}

/** SyncNode: a node that is going away wants no more connections. One that is gone is told of no more. */
function isEligible({ store, node }: AgentContext): boolean | undefined {
  const found = store.get<Node>('Node', undefined, node);
  if (!found) return undefined;
  const isTainted = (found.spec.taints ?? []).some(({ key }) => key === TO_BE_DELETED);
  return found.metadata.deletionTimestamp === undefined && !isTainted;
}

/** Changes have come that are not written yet (QueuedUpdate). */
export function noteQueued(
  context: AgentContext,
  families: readonly IpFamily[] = familiesOf(context.options),
): void {
  const { health } = serverOf(context);
  for (const family of families) health.queued[family] ??= context.now;
}

/** The rules of a family say what they should (Updated). */
export function noteUpdated(context: AgentContext, family: IpFamily): void {
  const { health } = serverOf(context);
  if (health.queued[family] !== undefined) delete health.queued[family];
  health.updated[family] = context.now;
}

/** Lets the process know what was noted, and how the node is now. Every round of every node comes here. */
export function publishHealth(context: AgentContext): void {
  const { pid, health } = serverOf(context);
  health.nodeEligible = isEligible(context) ?? health.nodeEligible;
  const files = context.network.processes[pid]?.files;
  if (files) files[HEALTH_FILE] = printHealth(health);
}

/** A ProxyHealth as five words: whether the node is eligible, and for each family when it was updated and queued. */
function printHealth({ nodeEligible, updated, queued }: ProxyHealth): string {
  return `${nodeEligible} ${updated.IPv4 ?? '-'} ${queued.IPv4 ?? '-'} ${updated.IPv6 ?? '-'} ${queued.IPv6 ?? '-'}`;
}

/** Reads what `printHealth` wrote; of a kube-proxy that has just begun nothing is known, and all is well. */
export function parseHealth(text = 'true - - - -'): ProxyHealth {
  const [eligible, ...times] = text.split(' ');
  const [updated4, queued4, updated6, queued6] = times.map((time) =>
    time === '-' ? undefined : Number(time),
  );
  const byFamily = (of4: Micros | undefined, of6: Micros | undefined) => ({
    ...(of4 !== undefined && { IPv4: of4 }),
    ...(of6 !== undefined && { IPv6: of6 }),
  });
  return {
    nodeEligible: eligible === 'true',
    updated: byFamily(updated4, updated6),
    queued: byFamily(queued4, queued6),
  };
}

/** The process of kube-proxy ends, and its ports are closed. */
export function closeProxyServer({ memory, network, environment }: AgentContext): void {
  const known = memory['server'] as Server | undefined;
  if (known) killProcess(network, environment, known.pid);
}

/** Whether a kube-proxy keeps up, and when it last did (ProxyHealthServer.isHealthy). */
export function healthOf(
  { updated, queued }: ProxyHealth,
  now: Micros,
): { readonly isHealthy: boolean; readonly lastUpdated: Micros } {
  for (const family of ['IPv4', 'IPv6'] as const) {
    const written = updated[family];
    const waiting = queued[family];
    // Until it has written once it is starting up.
    if (written === undefined || waiting === undefined || now - waiting < HEALTH_TIMEOUT) continue;
    return { isHealthy: false, lastUpdated: written };
  }
  return { isHealthy: true, lastUpdated: Math.max(0, ...Object.values(updated)) };
}
