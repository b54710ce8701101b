import { networkOf } from '../../base/cidr.ts';
import { listEntries, removeEntry } from '../../linux/conntrack.ts';
import type { Match, Rule, Ruleset } from '../../linux/netfilter/rule.ts';
import {
  appendRule,
  chainOf,
  deleteChain,
  deleteRule,
  ensureChain,
  ensureRuleFirst,
  indexOfRule,
  replaceChain,
} from '../../linux/netfilter/ruleset.ts';
import { findRoute } from '../../linux/routes.ts';
import type { CniHost } from './cni-host.ts';
import { failed, type CniOutcome, type CniResult } from './cni-result.ts';
import { cniChain, cniComment } from './ip-masquerade.ts';
import type {
  ChainPosition,
  CniArguments,
  PortMapping,
  PortmapConfiguration,
} from './network-configuration.ts';

const DNAT_CHAIN = 'CNI-HOSTPORT-DNAT';
const SET_MARK_CHAIN = 'CNI-HOSTPORT-SETMARK';
const MASQUERADE_CHAIN = 'CNI-HOSTPORT-MASQ';
const DEFAULT_MARK_BIT = 13;
/** `-m multiport` takes so many ports in one rule. */
const PORTS_IN_A_RULE = 15;

/** The chain with the ports of one container. */
const hostPortChain = (network: string, containerId: string) =>
  cniChain(network, containerId, 'DN-');

const wantsMasquerade = ({ snat }: PortmapConfiguration) => snat !== false;
const markOf = ({ markMasqBit }: PortmapConfiguration) =>
  (1 << (markMasqBit ?? DEFAULT_MARK_BIT)) >>> 0;

function ensureRule({ network, namespace }: CniHost, chain: string, rule: Rule): void {
  const ruleset = network.namespaces[namespace]?.ruleset;
  if (ruleset && indexOfRule(ruleset, 'nat', chain, rule) < 0) {
    appendRule(ruleset, 'nat', chain, rule);
  }
}

const toLocalAddresses: Rule = {
  matches: [{ match: 'address-type', side: 'dst', type: 'LOCAL' }],
  target: { target: 'JUMP', chain: DNAT_CHAIN },
};

/** `genSetMarkChain` and `genMarkMasqChain`: what is marked is masqueraded when it leaves. */
function ensureMasqueradeChains(
  configuration: PortmapConfiguration,
  ruleset: Ruleset,
  host: CniHost,
): void {
  const mark = markOf(configuration);
  ensureRule(host, SET_MARK_CHAIN, {
    matches: [{ match: 'comment', text: 'CNI portfwd masquerade mark' }],
    target: { target: 'MARK', operation: 'set', value: mark, mask: mark },
  });
  ensureRule(host, MASQUERADE_CHAIN, {
    matches: [{ match: 'mark', value: mark, mask: mark }],
    target: { target: 'MASQUERADE' },
  });
  ensureRuleFirst(ruleset, 'nat', 'POSTROUTING', {
    matches: [{ match: 'comment', text: 'CNI portfwd requiring masquerade' }],
    target: { target: 'JUMP', chain: MASQUERADE_CHAIN },
  });
}

const isAnyAddress = (address: string | undefined) =>
  address === undefined || address === '' || address === '0.0.0.0';

const portMatches = ({ protocol, hostPort, hostIP }: PortMapping): Match[] => [
  ...(isAnyAddress(hostIP) ? [] : [{ match: 'destination', cidr: `${hostIP}/32` } as const]),
  { match: 'protocol', protocol },
  { match: 'transport', module: protocol, destination: [hostPort, hostPort] },
];

/** `fillDnatRules`: for each port, what needs the mark (the pods beside it, the host itself), then the new destination. */
function portRules(
  mapping: PortMapping,
  container: { readonly cidr: string; readonly address: string },
  configuration: PortmapConfiguration,
): Rule[] {
  const matches = portMatches(mapping);
  const chain = configuration.externalSetMarkChain ?? SET_MARK_CHAIN;
  const marked = (source: string): Rule => ({
    matches: [{ match: 'source', cidr: source }, ...matches],
    target: { target: 'JUMP', chain },
  });
  const to = `${container.address}:${mapping.containerPort}`;
  const masquerade = wantsMasquerade(configuration)
    ? [marked(networkOf(container.cidr) ?? container.cidr), marked('127.0.0.1/32')]
    : [];
  return [...masquerade, { matches, target: { target: 'DNAT', to } }];
}

/** The rules of CNI-HOSTPORT-DNAT that lead to the container's chain: protocols in order, 15 ports each. */
function entryRules(
  mappings: readonly PortMapping[],
  chain: string,
  { network }: ChainPosition,
  { containerId }: CniArguments,
): Rule[] {
  const text = `dnat ${cniComment(network, containerId)}`;
  const protocols = [...new Set(mappings.map(({ protocol }) => protocol))].sort();
  return protocols.flatMap((protocol) => {
    const ports = mappings
      .filter((mapping) => mapping.protocol === protocol)
      .map(({ hostPort }) => [hostPort, hostPort] as const);
    const groups: (typeof ports)[] = [];
    while (ports.length > 0) groups.push(ports.splice(0, PORTS_IN_A_RULE));
    return groups.map((group): Rule => ({
      matches: [
        { match: 'protocol', protocol },
        { match: 'comment', text },
        { match: 'multiport', side: 'destination', ports: group },
      ],
      target: { target: 'JUMP', chain },
    }));
  });
}

/** The host may send from 127.0.0.1 to the container: its port of the way there routes such packets. */
function allowLocalhost(address: string, { network, namespace: id }: CniHost): void {
  const namespace = network.namespaces[id];
  if (!namespace) return;
  const device = findRoute(namespace, address)?.device;
  if (device !== undefined) namespace.sysctls[`ipv4.conf.${device}.route_localnet`] = '1';
}

function firstAddress({ ips }: CniResult): { cidr: string; address: string } | undefined {
  const cidr = ips.find(({ address }) => !address.includes(':'))?.address;
  return cidr === undefined ? undefined : { cidr, address: cidr.split('/')[0] ?? '' };
}

/**
 * CNI ADD of the portmap plug-in: a packet to a host port of this machine goes on to the container.
 * Source: containernetworking/plugins plugins/meta/portmap/portmap.go, `forwardPorts`.
 *
 * Simplified: IPv4 alone, without `conditionsV4`.
 */
export function addPortMappings(
  configuration: PortmapConfiguration,
  position: ChainPosition,
  cniArguments: CniArguments,
  host: CniHost,
): CniOutcome {
  const { previous } = position;
  if (!previous) return failed('must be called as chained plugin');
  const mappings = cniArguments.portMappings ?? [];
  const container = firstAddress(previous);
  const ruleset = host.network.namespaces[host.namespace]?.ruleset;
  if (mappings.length === 0 || !container || !ruleset) return { ok: true, result: previous };
  if (wantsMasquerade(configuration)) {
    if (configuration.externalSetMarkChain === undefined) {
      ensureMasqueradeChains(configuration, ruleset, host);
    }
    allowLocalhost(container.address, host);
  }
  ensureChain(ruleset, 'nat', DNAT_CHAIN);
  for (const hook of ['PREROUTING', 'OUTPUT']) ensureRule(host, hook, toLocalAddresses);
  const { because } = host;
  const chain = hostPortChain(position.network, cniArguments.containerId);
  const rules = mappings.flatMap((mapping) => portRules(mapping, container, configuration));
  const withReason = (rule: Rule) => (because ? { ...rule, because } : rule);
  replaceChain(ruleset, 'nat', chain, rules.map(withReason));
  for (const rule of entryRules(mappings, chain, position, cniArguments)) {
    ensureRule(host, DNAT_CHAIN, withReason(rule));
  }
  forgetConnections(mappings, host);
  return { ok: true, result: previous };
}

/** UDP connections to such a port from before go on to nobody: `deletePortmapStaleConnections`. */
function forgetConnections(
  mappings: readonly PortMapping[],
  { network, namespace, environment }: CniHost,
): void {
  const table = network.namespaces[namespace]?.conntrack;
  const ports = mappings.filter(({ protocol }) => protocol === 'udp');
  if (!table || ports.length === 0) return;
  for (const entry of listEntries(table, environment.queue.now)) {
    const { protocol, destination } = entry.original;
    const isStale = ports.some(
      ({ hostPort, hostIP }) =>
        hostPort === destination.port && (isAnyAddress(hostIP) || hostIP === destination.address),
    );
    if (protocol === 'udp' && isStale) removeEntry(table, entry);
  }
}

/** CNI DEL: the container's chain and what leads there go; the chains that all share stay. */
export function removePortMappings(
  _configuration: PortmapConfiguration,
  { network }: ChainPosition,
  { containerId }: CniArguments,
  host: CniHost,
): void {
  const ruleset = host.network.namespaces[host.namespace]?.ruleset;
  if (!ruleset?.tables.nat) return;
  const chain = hostPortChain(network, containerId);
  const entries = chainOf(ruleset, 'nat', DNAT_CHAIN)?.rules ?? [];
  for (const rule of [...entries]) {
    if (rule.target.target !== 'JUMP' || rule.target.chain !== chain) continue;
    deleteRule(ruleset, 'nat', DNAT_CHAIN, rule);
  }
  if (!chainOf(ruleset, 'nat', chain)) return;
  replaceChain(ruleset, 'nat', chain, []);
  deleteChain(ruleset, 'nat', chain);
}
