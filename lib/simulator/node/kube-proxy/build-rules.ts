import type { Rule } from '../../linux/netfilter/rule.ts';
import {
  FILTER_CHAINS,
  hasLocalhostNodePorts,
  NAT_CHAINS,
  writeFirewall,
  writeForward,
  writeNodePortJump,
  writePostrouting,
} from './base-rules.ts';
import { isServiceChain } from './chain-names.ts';
import { rememberPerPort } from './port-cache.ts';
import type { ProxyConfig } from './proxy-config.ts';
import type { ChainWriter, ProxyRules } from './proxy-rules.ts';
import { writeServiceRules, type CommentStyle } from './service-rules.ts';
import type { ServedService, ServiceView } from './service-view.ts';

/** More endpoints than this, and comments are left out (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER = 1000;

const emptyChains = (names: readonly string[]): ChainWriter =>
  new Map(names.map((name) => [name, []]));

function addRules(to: ChainWriter, chain: string, rules: readonly Rule[]): void {
  const existing = to.get(chain);
  if (existing) existing.push(...rules);
  else to.set(chain, [...rules]);
}

export const commentStyle = ({ endpointCount }: ServiceView): CommentStyle =>
  endpointCount > LARGE_CLUSTER ? 'sparse' : 'full';

/** What the rules of a Service port depend on besides its objects and, for some, its node. */
const variant = (config: ProxyConfig, comments: CommentStyle) =>
  JSON.stringify([comments, config.pods, config.masqueradeAll]);

const portRules = rememberPerPort(writeServiceRules);

/**
 * Everything that kube-proxy in iptables mode hands to iptables-restore on this node. The chains of Services that
 * `isWritten` are not written again, as in upstream's partial sync (KEP-3453). Pure.
 * Source: syncProxyRules of pkg/proxy/iptables/proxier.go, 1.28 to 1.35.
 */
export function buildRules(
  view: ServiceView,
  config: ProxyConfig,
  isWritten: (service: ServedService) => boolean = () => false,
): ProxyRules {
  const firewall = hasLocalhostNodePorts(config) ? ['KUBE-FIREWALL'] : [];
  const filter = emptyChains([...FILTER_CHAINS, ...firewall]);
  const nat = emptyChains(NAT_CHAINS);
  const kept = new Set<string>();
  const comments = commentStyle(view);
  const of = variant(config, comments);
  writePostrouting(nat, config);
  writeFirewall(filter, config);
  for (const service of view.services) {
    const keeps = isWritten(service);
    for (const port of service.ports) {
      const rules = portRules(port, config, of, comments);
      for (const [chain, list] of rules.filter) addRules(filter, chain, list);
      for (const [chain, list] of rules.nat) {
        if (keeps && isServiceChain(chain)) kept.add(chain);
        else addRules(nat, chain, list);
      }
    }
  }
  writeNodePortJump(nat, config);
  writeForward(filter);
  return { filter, nat, kept };
}
