import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import type { NetworkNamespace } from '../../linux/network.ts';
import type { AgentContext, NodeAgent } from '../agent.ts';
import { applyRules } from './apply-rules.ts';
import { buildRules } from './build-rules.ts';
import { cleanStaleConnections } from './clean-stale-connections.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** The one key: rules of all Services are written together, as syncProxyRules does. */
const SYNC = 'sync';

/** What kube-proxy sets at its start: `conntrack.tcpEstablishedTimeout` 24 h, `tcpCloseWaitTimeout` 1 h, route_localnet. */
const SYSCTLS: Readonly<Record<string, string>> = {
  'netfilter.nf_conntrack_tcp_timeout_established': '86400',
  'netfilter.nf_conntrack_tcp_timeout_close_wait': '3600',
  'ipv4.conf.all.route_localnet': '1',
};

function addressesOf({ links }: NetworkNamespace): string[] {
  return Object.values(links).flatMap(({ addresses }) => addresses.map(({ address }) => address));
}

function configOf(
  { node, options, store }: AgentContext,
  namespace: NetworkNamespace,
): ProxyConfig {
  return {
    nodeName: node,
    nodeAddress: options.nodes.find(({ name }) => name === node)?.address ?? '',
    nodeLabels: store.get('Node', undefined, node)?.metadata.labels ?? {},
    localAddresses: [
      '127.0.0.1',
      ...addressesOf(namespace).filter((address) => address !== '127.0.0.1'),
    ],
    clusterCidr: options.podCidr,
    localhostNodePorts: 'answered',
    nodePortAddresses: [],
    hasRandomFully: true,
  };
}

/**
 * kube-proxy in iptables mode: Services and EndpointSlices of the API become rules of its node's network namespace.
 * Simplified: it writes at once, where the real one waits up to `iptables.minSyncPeriod` (1 s) between two rounds.
 */
export const kubeProxy: NodeAgent = {
  name: 'kube-proxy',
  keysOf({ object }, node) {
    const isOwnNode = object.kind === 'Node' && object.metadata.name === node;
    return object.kind === 'Service' || object.kind === 'EndpointSlice' || isOwnNode ? [SYNC] : [];
  },
  reconcile(_key, context) {
    const namespace = context.network.namespaces[context.node];
    if (!namespace) return;
    Object.assign(namespace.sysctls, SYSCTLS);
    const config = configOf(context, namespace);
    const services = context.store.list<Service>('Service');
    const slices = context.store.list<EndpointSlice>('EndpointSlice');
    applyRules(namespace.ruleset, buildRules(services, slices, config));
    cleanStaleConnections(namespace.conntrack, services, slices, { ...config, now: context.now });
  },
};
