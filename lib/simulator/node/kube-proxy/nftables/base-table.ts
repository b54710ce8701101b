import { cidrContains } from '../../../base/cidr.ts';
import type { NftBase, NftExpression, NftSetBody } from '../../../linux/netfilter/nft/model.ts';
import {
  isEveryAddress,
  MASQUERADE_MARK,
  type IpFamily,
  type ProxyConfig,
} from '../proxy-config.ts';
import {
  addressProtocolAndPort,
  drop,
  is,
  isIn,
  isLocal,
  isNew,
  isNot,
  isOneOf,
  jump,
  payload,
  protocolAndPort,
  rule,
  verdict,
  vmap,
  type ProxyChain,
  type ProxySet,
  type ProxyTable,
} from './words.ts';

/** `dstnat - 10`: before addresses are translated. */
const BEFORE_DNAT = -110;

const BASE_CHAINS: Readonly<Record<string, NftBase>> = {
  'filter-prerouting-pre-dnat': { type: 'filter', hook: 'PREROUTING', priority: BEFORE_DNAT },
  'filter-output-pre-dnat': { type: 'filter', hook: 'OUTPUT', priority: BEFORE_DNAT },
  'filter-input': { type: 'filter', hook: 'INPUT', priority: 0 },
  'filter-forward': { type: 'filter', hook: 'FORWARD', priority: 0 },
  'filter-output': { type: 'filter', hook: 'OUTPUT', priority: 0 },
  'nat-prerouting': { type: 'nat', hook: 'PREROUTING', priority: -100 },
  'nat-output': { type: 'nat', hook: 'OUTPUT', priority: -100 },
  'nat-postrouting': { type: 'nat', hook: 'POSTROUTING', priority: 100 },
};

/** nftablesJumpChains: to, from, whether only for new connections. */
const JUMPS: readonly (readonly [to: string, from: string, when: 'new' | 'always'])[] = [
  ['nodeport-endpoints-check', 'filter-input', 'new'],
  ['service-endpoints-check', 'filter-input', 'new'],
  ['service-endpoints-check', 'filter-forward', 'new'],
  ['service-endpoints-check', 'filter-output', 'new'],
  ['firewall-check', 'filter-prerouting-pre-dnat', 'new'],
  ['firewall-check', 'filter-output-pre-dnat', 'new'],
  ['services', 'nat-output', 'always'],
  ['services', 'nat-prerouting', 'always'],
  ['masquerading', 'nat-postrouting', 'always'],
  ['cluster-ips-check', 'filter-forward', 'new'],
  ['cluster-ips-check', 'filter-output', 'new'],
];

export const MARK_CHAIN = 'mark-for-masquerade';
export const REJECT_CHAIN = 'reject-chain';

const mark: NftExpression = { expression: 'meta', key: 'mark' };
const withMark = (operation: 'and' | 'or' | 'xor'): NftExpression => ({
  expression: 'bitwise',
  operation,
  left: mark,
  right: MASQUERADE_MARK,
});

function writeMasquerading(chain: (name: string) => ProxyChain): void {
  chain(MARK_CHAIN).rules.push(
    rule([{ statement: 'set-mark', of: 'meta', value: withMark('or') }]),
  );
  chain('masquerading').rules.push(
    rule([is(withMark('and'), '0'), verdict({ verdict: 'return' })]),
    rule([{ statement: 'set-mark', of: 'meta', value: withMark('xor') }]),
    rule([{ statement: 'masquerade', flags: ['fully-random'] }]),
  );
}

/** What the iptables mode leaves alone: ports that a ClusterIP does not have, ClusterIPs that nobody has. */
function writeClusterIpsCheck({ rules }: ProxyChain, { family, serviceCidrs }: ProxyConfig): void {
  const daddr = payload(family, 'daddr');
  rules.push(
    rule([isIn(daddr, 'cluster-ips'), { statement: 'reject' }], {
      comment: 'Reject traffic to invalid ports of ClusterIPs',
    }),
  );
  if (serviceCidrs.length === 0) return;
  rules.push(
    rule([isOneOf(daddr, '==', serviceCidrs), verdict(drop)], {
      comment: 'Drop traffic to unallocated ClusterIPs',
    }),
  );
}

/** The addresses that node ports answer on: never loopback, whatever was asked for. */
function nodePortIps({ family, localAddresses, nodePortAddresses }: ProxyConfig): string[] {
  const loopback = family === 'IPv4' ? '127.0.0.0/8' : '::1/128';
  return localAddresses.filter(
    (address) =>
      nodePortAddresses.some((cidr) => cidrContains(cidr, address)) &&
      !cidrContains(loopback, address),
  );
}

/** The rules that look a packet up in the maps of Services. */
function writeLookups(chain: (name: string) => ProxyChain, config: ProxyConfig): void {
  const { family } = config;
  const daddr = payload(family, 'daddr');
  const notLoopback = isNot(daddr, family === 'IPv4' ? '127.0.0.0/8' : '::1');
  const isAny = isEveryAddress(config);
  const isNodePortIp = isAny ? notLoopback : isIn(daddr, 'nodeport-ips');
  const address = addressProtocolAndPort(family);
  chain('service-endpoints-check').rules.push(rule([vmap(address, 'no-endpoint-services')]));
  chain('nodeport-endpoints-check').rules.push(
    rule([isNodePortIp, vmap(protocolAndPort, 'no-endpoint-nodeports')]),
  );
  chain('firewall-check').rules.push(rule([vmap(address, 'firewall-ips')]));
  chain('services').rules.push(
    rule([vmap(address, 'service-ips')]),
    rule([
      isAny ? isLocal('daddr') : undefined,
      isNodePortIp,
      vmap(protocolAndPort, 'service-nodeports'),
    ]),
  );
}

/** The sets and maps that all Services share. */
export function sharedSets(config: ProxyConfig): Readonly<Record<string, NftSetBody>> {
  const address = config.family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const set = (comment: string): NftSetBody => ({ kind: 'set', type: [address], comment });
  const map = (by: 'address' | 'port', comment: string): NftSetBody => ({
    kind: 'map',
    type:
      by === 'address' ? [address, 'inet_proto', 'inet_service'] : ['inet_proto', 'inet_service'],
    data: 'verdict',
    comment,
  });
  return {
    'cluster-ips': set('Active ClusterIPs'),
    ...(!isEveryAddress(config) && { 'nodeport-ips': set('IPs that accept NodePort traffic') }),
    'no-endpoint-services': map(
      'address',
      'vmap to drop or reject packets to services with no endpoints',
    ),
    'no-endpoint-nodeports': map(
      'port',
      'vmap to drop or reject packets to service nodeports with no endpoints',
    ),
    'firewall-ips': map('address', 'destinations that are subject to LoadBalancerSourceRanges'),
    'service-ips': map('address', 'ClusterIP, ExternalIP and LoadBalancer IP traffic'),
    'service-nodeports': map('port', 'NodePort traffic'),
  };
}

const emptySets = (config: ProxyConfig): Map<string, ProxySet> =>
  new Map(
    Object.entries(sharedSets(config)).map(([name, body]) => [name, { body, elements: new Map() }]),
  );

/** The table of a kube-proxy that knows no Service (setupNFTables of pkg/proxy/nftables/proxier.go, 1.34). */
export function baseTable(config: ProxyConfig): ProxyTable {
  const chains = new Map<string, ProxyChain>();
  const chain = (name: string) => {
    const base = BASE_CHAINS[name];
    const found = chains.get(name) ?? { ...(base && { base }), rules: [] };
    chains.set(name, found);
    return found;
  };
  for (const name of Object.keys(BASE_CHAINS)) chain(name);
  for (const [to, from, when] of JUMPS) {
    chain(to);
    chain(from).rules.push(rule([when === 'new' ? isNew : undefined, jump(to)]));
  }
  writeMasquerading(chain);
  writeClusterIpsCheck(chain('cluster-ips-check'), config);
  chains.set(REJECT_CHAIN, {
    comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports',
    rules: [rule([{ statement: 'reject' }])],
  });
  writeLookups(chain, config);
  const sets = emptySets(config);
  if (!isEveryAddress(config)) {
    for (const key of nodePortIps(config)) sets.get('nodeport-ips')?.elements.set(key, { key });
  }
  return { chains, sets };
}

export const nftFamily = (family: IpFamily) => (family === 'IPv4' ? 'ip' : 'ip6');
