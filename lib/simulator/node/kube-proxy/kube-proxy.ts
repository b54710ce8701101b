import { MILLISECOND, SECOND } from '../../base/clock.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { cleanStaleConnections } from './clean-stale-connections.ts';
import { closeHealthChecks, syncHealthChecks } from './health-checks.ts';
import { memoryOf, type ProxyMemory } from './proxy-memory.ts';
import type { ProxyConfig } from './proxy-config.ts';
import { familiesOf, readConfig } from './read-config.ts';
import type { ServiceView } from './service-view.ts';
import { viewStore } from './view-store.ts';
import { syncIptables } from './sync-iptables.ts';
import { syncNftables } from './nftables/sync-nftables.ts';

/** The one key: rules of all Services are written together, as syncProxyRules does. */
const SYNC = 'sync';
/** A round that was put off. */
const WRITE = 'write';
/** When a round failed: `syncPeriod`. */
const RETRY_AFTER = 30 * SECOND;

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

/** One round for one IP family. */
function syncFamily(
  context: AgentContext,
  namespace: NetworkNamespace,
  view: ServiceView,
  config: ProxyConfig,
  memory: ProxyMemory,
): 'done' | 'failed' {
  switch (context.options.proxyMode) {
    case 'iptables': {
      const { family } = config;
      const ruleset = family === 'IPv4' ? namespace.ruleset : namespace.ruleset6;
      syncIptables(ruleset, view, config, memory);
      return 'done';
    }
    case 'nftables':
      return syncNftables(namespace.nftables, view, config, memory, context.now);
  }
}

function sync(context: AgentContext): void {
  const namespace = context.network.namespaces[context.node];
  if (!namespace) return;
  setSysctls(namespace, context);
  for (const [index, family] of familiesOf(context.options).entries()) {
    const view = viewStore(context.store, family);
    const config = readConfig(context, namespace, family);
    const outcome = syncFamily(context, namespace, view, config, memoryOf(context.memory, family));
    if (outcome === 'failed') context.requeue(WRITE, RETRY_AFTER);
    cleanStaleConnections(namespace.conntrack, view, { ...config, now: context.now });
    // They listen on addresses of both families: one proxier sees to them.
    if (index === 0) syncHealthChecks(context, view, config);
  }
}

/**
 * kube-proxy: Services and EndpointSlices of the API become rules of its node's network namespace, in the mode that
 * the cluster's options name.
 * Simplified: it writes at once, or after the delay that the options ask for, where the real one leaves `minSyncPeriod`
 * (1 s) between two rounds.
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
    const delay = (context.options.kubeProxy?.syncDelayMs ?? 0) * MILLISECOND;
    if (key === SYNC && delay > 0) context.requeue(WRITE, delay);
    else sync(context);
  },
  onStop(context) {
    closeHealthChecks(context);
    for (const key of Object.keys(context.memory)) delete context.memory[key];
  },
};
