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
import type { ServedPort, ServedService, ServiceView } from './service-view.ts';

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

/** The rules of a port: what it adds to chains that all share, and its own chains. */
interface PortRules {
  readonly filter: readonly (readonly [chain: string, Rule[]])[];
  readonly nat: readonly (readonly [chain: string, Rule[]])[];
  readonly own: readonly (readonly [chain: string, Rule[]])[];
}

const portRules = rememberPerPort(
  (served: ServedPort, config: ProxyConfig, comments: CommentStyle): PortRules => {
    const { filter, nat } = writeServiceRules(served, config, comments);
    return {
      filter: [...filter],
      nat: [...nat].filter(([chain]) => !isServiceChain(chain)),
      own: [...nat].filter(([chain]) => isServiceChain(chain)),
    };
  },
);

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
  const chainsOf = new Map<string, readonly string[]>();
  const comments = commentStyle(view);
  const of = variant(config, comments);
  writePostrouting(nat, config);
  writeFirewall(filter, config);
  for (const service of view.services) {
    const rules = service.ports.map((port) => portRules(port, config, of, comments));
    for (const each of rules) {
      for (const [chain, list] of each.filter) addRules(filter, chain, list);
      for (const [chain, list] of each.nat) addRules(nat, chain, list);
    }
    if (isWritten(service)) continue;
    const own = rules.flatMap((each) => each.own);
    for (const [chain, list] of own) nat.set(chain, list);
    chainsOf.set(
      service.key,
      own.map(([chain]) => chain),
    );
  }
  writeNodePortJump(nat, config);
  writeForward(filter);
  return { filter, nat, chainsOf };
}
