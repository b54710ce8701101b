import type { Service } from '../../api/core/service.ts';
import type { EndpointSlice } from '../../api/discovery/endpoint-slice.ts';
import {
  FILTER_CHAINS,
  hasLocalhostNodePorts,
  NAT_CHAINS,
  writeFirewall,
  writeForward,
  writeNodePortJump,
  writePostrouting,
} from './base-rules.ts';
import { endpointsByPort } from './endpoints.ts';
import type { ProxyConfig } from './proxy-config.ts';
import type { ChainWriter, ProxyRules } from './proxy-rules.ts';
import { servicePortsOf } from './service-port.ts';
import { writeServiceRules } from './service-rules.ts';

/** More endpoints than this, and comments are left out (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER = 1000;

const emptyChains = (names: readonly string[]): ChainWriter =>
  new Map(names.map((name) => [name, []]));

/**
 * Everything that kube-proxy in iptables mode hands to iptables-restore for these objects on this node. Pure.
 * Source: syncProxyRules of pkg/proxy/iptables/proxier.go, 1.28 to 1.35.
 */
export function buildRules(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  config: ProxyConfig,
): ProxyRules {
  const firewall = hasLocalhostNodePorts(config) ? ['KUBE-FIREWALL'] : [];
  const tables = {
    filter: emptyChains([...FILTER_CHAINS, ...firewall]),
    nat: emptyChains(NAT_CHAINS),
  };
  const endpoints = endpointsByPort(slices, config.nodeName);
  const ports = servicePortsOf(services);
  const total = ports.reduce((sum, { key }) => sum + (endpoints.get(key)?.length ?? 0), 0);
  writePostrouting(tables.nat, config);
  writeFirewall(tables.filter, config);
  for (const port of ports) {
    writeServiceRules(
      tables,
      port,
      endpoints.get(port.key) ?? [],
      config,
      total > LARGE_CLUSTER ? 'sparse' : 'full',
    );
  }
  writeNodePortJump(tables.nat, config);
  writeForward(tables.filter);
  return tables;
}
