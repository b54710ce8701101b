import { MILLISECOND } from '../../base/clock.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { cleanStaleConnections } from './clean-stale-connections.ts';
import { closeHealthChecks, syncHealthChecks } from './health-checks.ts';
import type { IpFamily, ProxyConfig } from './proxy-config.ts';
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
  const isPutOff = mayPutOff(context, namespace);
  const configs: Partial<Record<IpFamily, ProxyConfig>> = {};
  for (const [index, family] of familiesOf(context.options).entries()) {
    const view = viewStore(context.store, family);
    const config = readConfig(context, namespace, family);
    configs[family] = config;
    if (!isPutOff) syncFamily(context, namespace, view, config);
    cleanStaleConnections(namespace.conntrack, view, { ...config, now: context.now });
    // They listen on addresses of both families: one proxier sees to them.
    if (index === 0) syncHealthChecks(context, view, config);
  }
  if (isPutOff) putOff(context, namespace, configs);
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
  onWake: writePutOff,
  onStop(context) {
    const namespace = context.network.namespaces[context.node];
    if (namespace) context.environment.wake?.(namespace);
    closeHealthChecks(context);
    for (const key of Object.keys(context.memory)) delete context.memory[key];
  },
};
