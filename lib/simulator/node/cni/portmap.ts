import { networkOf, parseCidr } from '../../base/cidr.ts';
import { formatSocketAddress } from '../../base/flow.ts';
import { ipVersion, type IpVersion } from '../../base/ip.ts';
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

/** An address of the container, and the rules of its family. */
interface Container {
  readonly version: IpVersion;
  /** `10.244.1.5/24` */
  readonly cidr: string;
  readonly address: string;
  readonly ruleset: Ruleset;
}

function ensureRule(ruleset: Ruleset, chain: string, rule: Rule): void {
  if (indexOfRule(ruleset, 'nat', chain, rule) < 0) appendRule(ruleset, 'nat', chain, rule);
}

const toLocalAddresses: Rule = {
  matches: [{ match: 'address-type', side: 'dst', type: 'LOCAL' }],
  target: { target: 'JUMP', chain: DNAT_CHAIN },
};

/** `genSetMarkChain` and `genMarkMasqChain`: what is marked is masqueraded when it leaves. */
function ensureMasqueradeChains(configuration: PortmapConfiguration, ruleset: Ruleset): void {
  const mark = markOf(configuration);
  ensureRule(ruleset, SET_MARK_CHAIN, {
    matches: [{ match: 'comment', text: 'CNI portfwd masquerade mark' }],
    target: { target: 'MARK', operation: 'set', value: mark, mask: mark },
  });
  ensureRule(ruleset, MASQUERADE_CHAIN, {
    matches: [{ match: 'mark', value: mark, mask: mark }],
    target: { target: 'MASQUERADE' },
  });
  ensureRuleFirst(ruleset, 'nat', 'POSTROUTING', {
    matches: [{ match: 'comment', text: 'CNI portfwd requiring masquerade' }],
    target: { target: 'JUMP', chain: MASQUERADE_CHAIN },
  });
}

const isAnyAddress = (address: string | undefined) =>
  address === undefined || address === '' || address === '0.0.0.0' || address === '::';

/** A host address of one family says nothing to a container's address of the other. */
const concerns = (version: IpVersion, { hostIP }: PortMapping) =>
  hostIP === undefined || hostIP === '' || ipVersion(hostIP) === version;

const hostCidr = (address: string) => `${address}${address.includes(':') ? '/128' : '/32'}`;

const portMatches = ({ protocol, hostPort, hostIP = '' }: PortMapping): Match[] => [
  ...(isAnyAddress(hostIP) ? [] : [{ match: 'destination', cidr: hostCidr(hostIP) } as const]),
  { match: 'protocol', protocol },
  { match: 'transport', module: protocol, destination: [hostPort, hostPort] },
];

/**
 * `fillDnatRules`: for each port, what needs the mark (the pods beside it, in IPv4 the host itself by 127.0.0.1), then the
 * new destination. From ::1 there is no way to a pod: IPv6 has nothing like route_localnet.
 */
function portRules(
  mapping: PortMapping,
  { version, cidr, address }: Container,
  configuration: PortmapConfiguration,
): Rule[] {
  const matches = portMatches(mapping);
  const chain = configuration.externalSetMarkChain ?? SET_MARK_CHAIN;
  const marked = (source: string): Rule => ({
    matches: [{ match: 'source', cidr: source }, ...matches],
    target: { target: 'JUMP', chain },
  });
  const to = formatSocketAddress({ address, port: mapping.containerPort });
  const localhost = version === 4 ? [marked('127.0.0.1/32')] : [];
  const masquerade = wantsMasquerade(configuration)
    ? [marked(networkOf(cidr) ?? cidr), ...localhost]
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

/** The first address of each family, IPv4 before IPv6. */
function containersOf({ ips }: CniResult, { network, namespace: id }: CniHost): Container[] {
  const namespace = network.namespaces[id];
  if (!namespace) return [];
  return ([4, 6] as const).flatMap((version) => {
    const cidr = ips.find(({ address }) => parseCidr(address)?.version === version)?.address;
    if (cidr === undefined) return [];
    const ruleset = version === 6 ? namespace.ruleset6 : namespace.ruleset;
    return [{ version, cidr, address: cidr.split('/')[0] ?? '', ruleset }];
  });
}

/** `forwardPorts`: the rules of one family. */
function forwardPorts(
  configuration: PortmapConfiguration,
  position: ChainPosition,
  cniArguments: CniArguments,
  container: Container,
  host: CniHost,
): void {
  const { version, ruleset, address } = container;
  const mappings = cniArguments.portMappings ?? [];
  if (wantsMasquerade(configuration)) {
    if (configuration.externalSetMarkChain === undefined) {
      ensureMasqueradeChains(configuration, ruleset);
    }
    if (version === 4) allowLocalhost(address, host);
  }
  ensureChain(ruleset, 'nat', DNAT_CHAIN);
  for (const hook of ['PREROUTING', 'OUTPUT']) ensureRule(ruleset, hook, toLocalAddresses);
  const { because } = host;
  const chain = hostPortChain(position.network, cniArguments.containerId);
  const rules = mappings
    .filter((mapping) => concerns(version, mapping))
    .flatMap((mapping) => portRules(mapping, container, configuration));
  const withReason = (rule: Rule) => (because ? { ...rule, because } : rule);
  replaceChain(ruleset, 'nat', chain, rules.map(withReason));
  for (const rule of entryRules(mappings, chain, position, cniArguments)) {
    ensureRule(ruleset, DNAT_CHAIN, withReason(rule));
  }
  forgetConnections(mappings, version, host);
}

/**
 * CNI ADD of the portmap plug-in: a packet to a host port of this machine goes on to the container.
 * Source: containernetworking/plugins plugins/meta/portmap/{main,portmap}.go, `cmdAdd`.
 *
 * Simplified: without `conditionsV4`, `conditionsV6` and `masqAll`.
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
  for (const container of mappings.length > 0 ? containersOf(previous, host) : []) {
    forwardPorts(configuration, position, cniArguments, container, host);
  }
  return { ok: true, result: previous };
}

/** UDP connections to such a port from before go on to nobody: `deletePortmapStaleConnections`. */
function forgetConnections(
  mappings: readonly PortMapping[],
  version: IpVersion,
  { network, namespace, environment }: CniHost,
): void {
  const table = network.namespaces[namespace]?.conntrack;
  const ports = mappings.filter(({ protocol }) => protocol === 'udp');
  if (!table || ports.length === 0) return;
  for (const entry of listEntries(table, environment.queue.now)) {
    const { protocol, destination } = entry.original;
    if (ipVersion(destination.address) !== version) continue;
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
  const namespace = host.network.namespaces[host.namespace];
  const chain = hostPortChain(network, containerId);
  for (const ruleset of namespace ? [namespace.ruleset, namespace.ruleset6] : []) {
    if (ruleset.tables.nat) tearDown(ruleset, chain);
  }
}

function tearDown(ruleset: Ruleset, chain: string): void {
  const entries = chainOf(ruleset, 'nat', DNAT_CHAIN)?.rules ?? [];
  for (const rule of [...entries]) {
    if (rule.target.target !== 'JUMP' || rule.target.chain !== chain) continue;
    deleteRule(ruleset, 'nat', DNAT_CHAIN, rule);
  }
  if (!chainOf(ruleset, 'nat', chain)) return;
  replaceChain(ruleset, 'nat', chain, []);
  deleteChain(ruleset, 'nat', chain);
}
