import type { ConfigMap } from '../../api/core/config-map.ts';
import type { Service } from '../../api/core/service.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import {
  NODE_CACHE_ADDRESS,
  nodeCacheAddresses,
  type ClusterOptions,
} from '../../cluster-options.ts';

const NAMESPACE = 'kube-system';

/** Words of a node cache's Corefile that the program itself replaces when it starts. */
export const CLUSTER_DNS_WORD = '__PILLAR__CLUSTER__DNS__';
export const UPSTREAM_SERVERS_WORD = '__PILLAR__UPSTREAM__SERVERS__';

/** What every block has, between its own lines. */
const block = (zone: string, cache: string, bind: string, forward: string, more: string[]) =>
  [
    `${zone}:53 {`,
    '    errors',
    `    ${cache}`,
    '    reload',
    '    loop',
    `    bind ${bind}`,
    `    forward . ${forward}`,
    '    prometheus :9253',
    ...more.map((line) => `    ${line}`),
    '}',
    '',
  ].join('\n');

/**
 * The Corefile of the caches: the cluster's zones and reverse look-ups go to CoreDNS over TCP, everything else to the
 * node's own resolvers. In iptables mode CoreDNS is reached by a second Service, as the cache has taken the ClusterIP of
 * kube-dns. Source: kubernetes cluster/addons/dns/nodelocaldns/nodelocaldns.yaml.
 */
export function nodeCacheCorefile(options: ClusterOptions): string {
  const bind = nodeCacheAddresses(options).join(' ');
  const clusterDns = options.proxyMode === 'iptables' ? CLUSTER_DNS_WORD : options.dnsServiceIp;
  const overTcp = `${clusterDns} {\n        force_tcp\n    }`;
  const zoneCache = 'cache {\n        success 9984 30\n        denial 9984 5\n    }';
  const health = [`health ${NODE_CACHE_ADDRESS}:8080`];
  return [
    block(options.clusterDomain, zoneCache, bind, overTcp, health),
    block('in-addr.arpa', 'cache 30', bind, overTcp, []),
    block('ip6.arpa', 'cache 30', bind, overTcp, []),
    block('.', 'cache 30', bind, UPSTREAM_SERVERS_WORD, []),
  ].join('');
}

/**
 * What an installer creates for NodeLocal DNSCache, beside the program on the nodes.
 *
 * Simplified: there are no DaemonSets, so the caches have no pods: an agent starts them (node/dns-cache).
 */
export function nodeCacheAddon(options: ClusterOptions): readonly KubeObject[] {
  const upstream: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: 'kube-dns-upstream',
      namespace: NAMESPACE,
      labels: {
        'k8s-app': 'kube-dns',
        'kubernetes.io/cluster-service': 'true',
        'kubernetes.io/name': 'KubeDNSUpstream',
      },
    },
    spec: {
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
      ],
    },
  };
  const config: ConfigMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'node-local-dns', namespace: NAMESPACE },
    data: { Corefile: nodeCacheCorefile(options) },
  };
  return [upstream, config];
}
