import { MILLISECOND, type Micros } from '../../base/clock.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { cleanStaleConnections } from './clean-stale-connections.ts';
import { closeHealthChecks, syncHealthChecks } from './health-checks.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
import { closeProxyServer, noteQueued, noteUpdated, publishHealth } from './proxy-health.ts';
import { mayPutOff, putOff, writePutOff } from './put-off.ts';
import { familiesOf, readConfig } from './read-config.ts';
import { syncFamily, WRITE } from './sync-family.ts';
import { viewStore } from './view-store.ts';

/** The one key: rules of all Services are written together, as syncProxyRules does. */
const SYNC = 'sync';

/** What kube-proxy sets at its start: `conntrack.tcpEstablishedTimeout` 24 h, `tcpCloseWaitTimeout` 1 h. */
const SYSCTLS: Readonly<Record<string, string>> = {
  'netfilter.nf_conntrack_tcp_timeout_established': '86400',
  'netfilter.nf_conntrack_tcp_timeout_close_wait': '3600',
};

/** route_localnet, for node ports on 127.0.0.1: iptables mode alone knows them. */
function setSysctls({ sysctls }: NetworkNamespace, { options }: AgentContext): void {
  Object.assign(sysctls, SYSCTLS);
  const { proxyMode, kubeProxy } = options;
  if (proxyMode === 'iptables' && kubeProxy?.localhostNodePorts !== false)
    sysctls['ipv4.conf.all.route_localnet'] = '1';
}

function sync(context: AgentContext): void {
  const namespace = context.network.namespaces[context.node];
  if (!namespace) return;
  setSysctls(namespace, context);
  if (context.options.kubeProxy?.minSyncPeriodMs) context.memory[LAST_ROUND] = context.now;
  const isPutOff = mayPutOff(context, namespace);
  const configs: Partial<Record<IpFamily, ProxyConfig>> = {};
  for (const [index, family] of familiesOf(context.options).entries()) {
    const view = viewStore(context.store, family);
    const config = readConfig(context, namespace, family);
    configs[family] = config;
    const outcome = isPutOff ? 'done' : syncFamily(context, namespace, view, config);
    if (outcome === 'done') noteUpdated(context, family);
    else noteQueued(context, [family]);
    cleanStaleConnections(namespace.conntrack, view, { ...config, now: context.now });
    // They listen on addresses of both families: one proxier sees to them.
    if (index === 0) syncHealthChecks(context, view, config);
  }
  if (isPutOff) putOff(context, namespace, configs);
  publishHealth(context);
}

/** The time of the last round, for `minSyncPeriod`. */
const LAST_ROUND = 'lastRound';

/**
 * How long a change waits to be written: for the delay that the options ask for, and until `minSyncPeriod` has gone by since
 * the last round (the BoundedFrequencyRunner of 1.34 and later, which allows no bursts).
 */
function delayOf({ options: { kubeProxy = {} }, memory, now }: AgentContext): Micros {
  const { syncDelayMs = 0, minSyncPeriodMs = 0 } = kubeProxy;
  const last = memory[LAST_ROUND] as Micros | undefined;
  const earliest = last === undefined ? now : last + minSyncPeriodMs * MILLISECOND;
  return Math.max(syncDelayMs * MILLISECOND, earliest - now);
}

/**
 * kube-proxy: Services and EndpointSlices of the API become rules of its node's network namespace, in the mode that
 * the cluster's options name.
 * Simplified: unless the options name a `minSyncPeriodMs` it writes at once, where an installer has it leave a second
 * between two rounds.
 */
export const kubeProxy: NodeAgent = {
  name: 'kube-proxy',
  nodesOf({ object }) {
    if (object.kind === 'Service' || object.kind === 'EndpointSlice') return 'all';
    return object.kind === 'Node' ? [object.metadata.name] : [];
  },
  keysOf({ object }, node) {
    const isOwnNode = object.kind === 'Node' && object.metadata.name === node;
    return object.kind === 'Service' || object.kind === 'EndpointSlice' || isOwnNode ? [SYNC] : [];
  },
  reconcile(key, context) {
    const delay = key === SYNC ? delayOf(context) : 0;
    if (delay <= 0) return sync(context);
    context.requeue(WRITE, delay);
    noteQueued(context);
    publishHealth(context);
  },
  onWake: writePutOff,
  onStop(context) {
    const namespace = context.network.namespaces[context.node];
    if (namespace) context.environment.wake?.(namespace);
    closeHealthChecks(context);
    closeProxyServer(context);
    for (const key of Object.keys(context.memory)) delete context.memory[key];
  },
};
