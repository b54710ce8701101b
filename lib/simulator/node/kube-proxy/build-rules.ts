import { isSameJson } from '../../base/same-json.ts';
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
import { isEveryAddress, type ProxyConfig } from './proxy-config.ts';
import type { WrittenNames } from './proxy-memory.ts';
import type { ChainWriter, ProxyRules, SharedChains } from './proxy-rules.ts';
import { writeServiceRules, type CommentStyle } from './service-rules.ts';
import type { ServedPort, ServedService, ServiceView } from './service-view.ts';
import { changesBetween, type ServiceChange } from './view-changes.ts';

/** More endpoints than this, and comments are left out (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER = 1000;

const emptyChains = (names: readonly string[]): ChainWriter =>
  new Map(names.map((name) => [name, []]));

export const commentStyle = ({ endpointCount }: ServiceView): CommentStyle =>
  endpointCount > LARGE_CLUSTER ? 'sparse' : 'full';

/** What the rules of a Service port depend on besides its objects and, for some, its node. */
const variant = (config: ProxyConfig, comments: CommentStyle) =>
  JSON.stringify([comments, config.pods, config.masqueradeAll]);

type ChainRules = readonly (readonly [chain: string, Rule[]])[];

/** The rules of a port: what it adds to chains that all share, and its own chains. */
interface PortRules {
  readonly shared: { readonly filter: ChainRules; readonly nat: ChainRules };
  readonly own: ChainRules;
}

const portRules = rememberPerPort(
  (served: ServedPort, config: ProxyConfig, comments: CommentStyle): PortRules => {
    const { filter, nat } = writeServiceRules(served, config, comments);
    return {
      shared: { filter: [...filter], nat: [...nat].filter(([chain]) => !isServiceChain(chain)) },
      own: [...nat].filter(([chain]) => isServiceChain(chain)),
    };
  },
);

function addRules(to: ChainWriter, added: ChainRules): void {
  for (const [chain, rules] of added) {
    const list = to.get(chain);
    if (list) for (const rule of rules) list.push(rule);
    else to.set(chain, [...rules]);
  }
}

/** The chains that all Services share, with what each of them adds. */
function writeShared(view: ServiceView, config: ProxyConfig, comments: CommentStyle): SharedChains {
  const firewall = hasLocalhostNodePorts(config) ? ['KUBE-FIREWALL'] : [];
  const filter = emptyChains([...FILTER_CHAINS, ...firewall]);
  const nat = emptyChains(NAT_CHAINS);
  const of = variant(config, comments);
  writePostrouting(nat, config);
  writeFirewall(filter, config);
  for (const { ports } of view.services) {
    for (const port of ports) {
      const { shared } = portRules(port, config, of, comments);
      addRules(filter, shared.filter);
      addRules(nat, shared.nat);
    }
  }
  writeNodePortJump(nat, config);
  writeForward(filter);
  return { filter, nat };
}

/** What the shared chains depend on besides the view. */
function sharedVariant(view: ServiceView, config: ProxyConfig, comments: CommentStyle): string {
  const { nodeName, nodeAddress, nodeLabels, localAddresses, nodePortAddresses } = config;
  return JSON.stringify([
    variant(config, comments),
    config.family,
    config.hasRandomFully,
    config.localhostNodePorts,
    nodePortAddresses,
    isEveryAddress(config) ? [] : localAddresses,
    view.differingCount === 0 ? [] : [nodeName, nodeAddress, nodeLabels],
  ]);
}

/** The shared chains of a view: nodes write the same ones, unless they have reason to differ. */
const known = new WeakMap<ServiceView, Map<string, SharedChains>>();

/** Whether the changed Services add to the shared chains what they added before: one endpoint more, say. */
function addsTheSame(
  changes: readonly ServiceChange[],
  config: ProxyConfig,
  comments: CommentStyle,
): boolean {
  const of = variant(config, comments);
  const sharedOf = ({ ports }: ServedService) =>
    ports.map((port) => portRules(port, config, of, comments).shared);
  return changes.every(({ was, now }) => was && now && isSameJson(sharedOf(was), sharedOf(now)));
}

function sharedChains(
  view: ServiceView,
  config: ProxyConfig,
  comments: CommentStyle,
  before: ServiceView | undefined,
): SharedChains {
  const of = sharedVariant(view, config, comments);
  const variants = known.get(view) ?? new Map<string, SharedChains>();
  known.set(view, variants);
  const found = variants.get(of);
  if (found) return found;
  const last = before && known.get(before)?.get(of);
  const shared =
    last && addsTheSame(changesBetween(before, view), config, comments)
      ? last
      : writeShared(view, config, comments);
  variants.set(of, shared);
  return shared;
}

/**
 * What kube-proxy in iptables mode hands to iptables-restore on this node. Of the chains that Services have for themselves,
 * only those of `written` are in it, as in upstream's partial sync (KEP-3453). `before`: what was written last. Pure.
 * Source: syncProxyRules of pkg/proxy/iptables/proxier.go, 1.28 to 1.35.
 */
export function buildRules(
  view: ServiceView,
  config: ProxyConfig,
  written: readonly ServedService[] = view.services,
  before?: ServiceView,
): ProxyRules {
  const comments = commentStyle(view);
  const of = variant(config, comments);
  const own = new Map<string, readonly Rule[]>();
  const chainsOf = new Map<string, WrittenNames>();
  for (const { key, ports } of written) {
    const chains = ports.flatMap((port) => portRules(port, config, of, comments).own);
    for (const [chain, list] of chains) own.set(chain, list);
    chainsOf.set(key, { names: chains.map(([chain]) => chain) });
  }
  return { ...sharedChains(view, config, comments, before), own, chainsOf };
}
