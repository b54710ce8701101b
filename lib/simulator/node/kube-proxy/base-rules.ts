import { cidrContains } from '../../base/cidr.ts';
import type { Match } from '../../linux/netfilter/rule.ts';
import { isEveryAddress, MASQUERADE_MARK, type ProxyConfig } from './proxy-config.ts';
import {
  comment,
  destination,
  jump,
  notDestination,
  notSource,
  write,
  type ChainWriter,
} from './proxy-rules.ts';

export const FILTER_CHAINS = [
  'KUBE-SERVICES',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-FORWARD',
  'KUBE-NODEPORTS',
  'KUBE-PROXY-FIREWALL',
];
export const NAT_CHAINS = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ'];
const LOOPBACK = '127.0.0.0/8';
const LOOPBACK_6 = '::1/128';

const marked = (not?: true): Match => ({
  match: 'mark',
  value: MASQUERADE_MARK,
  mask: MASQUERADE_MARK,
  ...(not && { not }),
});

/** localhostNodePorts is of no use when node ports do not answer on loopback addresses anyway; IPv6 never has them. */
export const hasLocalhostNodePorts = (config: ProxyConfig) =>
  config.localhostNodePorts === 'answered' &&
  config.family === 'IPv4' &&
  (isEveryAddress(config) ||
    config.nodePortAddresses.some(
      (cidr) => cidrContains(cidr, '127.0.0.1') || cidrContains(LOOPBACK, cidr.split('/')[0] ?? ''),
    ));

/** Masquerade what was marked, and take the mark off so that it is not done twice. */
export function writePostrouting(nat: ChainWriter, { hasRandomFully }: ProxyConfig): void {
  write(nat, 'KUBE-POSTROUTING', [marked(true)], { target: 'RETURN' });
  write(nat, 'KUBE-POSTROUTING', [], { target: 'MARK', operation: 'xor', value: MASQUERADE_MARK });
  write(nat, 'KUBE-POSTROUTING', [comment('kubernetes service traffic requiring SNAT')], {
    target: 'MASQUERADE',
    ...(hasRandomFully && { randomFully: true }),
  });
  write(nat, 'KUBE-MARK-MASQ', [], { target: 'MARK', operation: 'or', value: MASQUERADE_MARK });
}

/** The guard against others who use route_localnet to reach 127.0.0.1 of this node; the kubelet writes the same one. */
export function writeFirewall(filter: ChainWriter, config: ProxyConfig): void {
  if (!hasLocalhostNodePorts(config)) return;
  const matches: Match[] = [
    comment('block incoming localnet connections'),
    destination(LOOPBACK),
    notSource(LOOPBACK),
    { match: 'conntrack-state', states: ['RELATED', 'ESTABLISHED', 'DNAT'], not: true },
  ];
  write(filter, 'KUBE-FIREWALL', matches, { target: 'DROP' });
}

/** The end of KUBE-SERVICES: whatever comes to an address of the node may be for a node port. */
export function writeNodePortJump(nat: ChainWriter, config: ProxyConfig): void {
  const because = comment(
    'kubernetes service nodeports; NOTE: this must be the last rule in this chain',
  );
  const loopback = config.family === 'IPv4' ? LOOPBACK : LOOPBACK_6;
  if (isEveryAddress(config)) {
    const toLocal: Match = { match: 'address-type', side: 'dst', type: 'LOCAL' };
    const exceptLoopback = hasLocalhostNodePorts(config) ? undefined : notDestination(loopback);
    write(nat, 'KUBE-SERVICES', [because, toLocal, exceptLoopback], jump('KUBE-NODEPORTS'));
    return;
  }
  for (const address of config.localAddresses) {
    if (!config.nodePortAddresses.some((cidr) => cidrContains(cidr, address))) continue;
    if (cidrContains(loopback, address) && !hasLocalhostNodePorts(config)) continue;
    write(nat, 'KUBE-SERVICES', [because, destination(address)], jump('KUBE-NODEPORTS'));
  }
}

/** What may be forwarded whatever the policy of FORWARD is: what kube-proxy marked, and what belongs to it. */
export function writeForward(filter: ChainWriter): void {
  write(filter, 'KUBE-FORWARD', [{ match: 'conntrack-state', states: ['INVALID'] }], {
    target: 'DROP',
  });
  write(filter, 'KUBE-FORWARD', [comment('kubernetes forwarding rules'), marked()], {
    target: 'ACCEPT',
  });
  const established: Match = { match: 'conntrack-state', states: ['RELATED', 'ESTABLISHED'] };
  write(filter, 'KUBE-FORWARD', [comment('kubernetes forwarding conntrack rule'), established], {
    target: 'ACCEPT',
  });
}
