import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { networkOf } from '../../base/cidr.ts';
import type { Match, Rule, Ruleset } from '../../linux/netfilter/rule.ts';
import {
  appendRule,
  deleteChain,
  deleteRule,
  ensureChain,
  indexOfRule,
  replaceChain,
} from '../../linux/netfilter/ruleset.ts';
import type { CniHost } from './cni-host.ts';

/** Longest name of an iptables chain that CNI plug-ins make. */
const CHAIN_LENGTH = 28;
const multicastOf = (cidr: string) => (cidr.includes(':') ? 'ff00::/8' : '224.0.0.0/4');

/**
 * `CNI-`, the prefix, and the beginning of sha512(network + container id) in hexadecimal.
 * Source: containernetworking/plugins pkg/utils/utils.go, `FormatChainName` and `MustFormatChainNameWithPrefix`.
 */
export function cniChain(network: string, containerId: string, prefix = ''): string {
  const digest = bytesToHex(sha512(utf8ToBytes(network + containerId)));
  return `CNI-${prefix}${digest}`.slice(0, CHAIN_LENGTH);
}

/** The chain that masquerades for one container. */
export const masqueradeChain = (network: string, containerId: string) =>
  cniChain(network, containerId);

/** What the plug-ins write into their rules (pkg/utils `FormatComment`). */
export const cniComment = (network: string, containerId: string) =>
  `name: "${network}" id: "${containerId}"`;

const commentMatch = (network: string, containerId: string): Match => ({
  match: 'comment',
  text: cniComment(network, containerId),
});

const hostAddress = (cidr: string) => cidr.split('/')[0] ?? '';

const jumpRule = (chain: string, comment: Match, cidr: string): Rule => ({
  matches: [
    { match: 'source', cidr: `${hostAddress(cidr)}${cidr.includes(':') ? '/128' : '/32'}` },
    comment,
  ],
  target: { target: 'JUMP', chain },
});

/** The host's rules for the family of an address. */
function rulesetFor({ network, namespace }: CniHost, cidr: string): Ruleset | undefined {
  const own = network.namespaces[namespace];
  return cidr.includes(':') ? own?.ruleset6 : own?.ruleset;
}

/**
 * The bridge plug-in's rules for one address of a container (`10.244.1.2/24`): what leaves for anything but its own
 * subnet takes the host's address. Source: containernetworking/plugins pkg/ip/ipmasq_linux.go, `SetupIPMasq`.
 */
export function setUpMasquerade(
  network: string,
  containerId: string,
  cidr: string,
  host: CniHost,
): void {
  const ruleset = rulesetFor(host, cidr);
  if (!ruleset) return;
  const { because } = host;
  // `iptables -C || iptables -A`.
  const appendUnique = (to: string, rule: Rule) => {
    if (indexOfRule(ruleset, 'nat', to, rule) >= 0) return;
    appendRule(ruleset, 'nat', to, because ? { ...rule, because } : rule);
  };
  const chain = masqueradeChain(network, containerId);
  const comment = commentMatch(network, containerId);
  ensureChain(ruleset, 'nat', chain);
  appendUnique(chain, {
    matches: [{ match: 'destination', cidr: networkOf(cidr) ?? cidr }, comment],
    target: { target: 'ACCEPT' },
  });
  appendUnique(chain, {
    matches: [{ match: 'destination', cidr: multicastOf(cidr), not: true }, comment],
    target: { target: 'MASQUERADE' },
  });
  appendUnique('POSTROUTING', jumpRule(chain, comment, cidr));
}

/**
 * Undoes `setUpMasquerade`. `in-use`: another address of the container still leads to its chain, which then stays, empty; the
 * plug-in gives up there. Source: pkg/ip/ipmasq_linux.go, `TeardownIPMasq`.
 */
export function tearDownMasquerade(
  network: string,
  containerId: string,
  cidr: string,
  host: CniHost,
): 'done' | 'in-use' {
  const ruleset = rulesetFor(host, cidr);
  if (!ruleset?.tables.nat) return 'done';
  const chain = masqueradeChain(network, containerId);
  deleteRule(
    ruleset,
    'nat',
    'POSTROUTING',
    jumpRule(chain, commentMatch(network, containerId), cidr),
  );
  if (!ruleset.tables.nat.chains[chain]) return 'done';
  replaceChain(ruleset, 'nat', chain, []);
  return deleteChain(ruleset, 'nat', chain) === 'referenced' ? 'in-use' : 'done';
}
