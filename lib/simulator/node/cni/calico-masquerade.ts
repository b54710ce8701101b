import { sha224 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { appendRule, insertRule, replaceChain } from '../../linux/netfilter/ruleset.ts';
import type { Match, Rule, Target } from '../../linux/netfilter/rule.ts';
import type { CniHost } from './cni-host.ts';

const OUTGOING = 'cali-nat-outgoing';
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const HASH_LENGTH = 16;

/** The beginning of base64 with the alphabet of URLs. */
function base64Prefix(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; text.length < HASH_LENGTH; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.slice(i, i + 3);
    const value = (a << 16) | (b << 8) | c;
    for (const shift of [18, 12, 6, 0]) text += BASE64[(value >> shift) & 63] ?? '';
  }
  return text.slice(0, HASH_LENGTH);
}

/**
 * The hashes in Felix's comments: each is of the one before and of the rule's text, the first of the chain's name.
 * Source: projectcalico/calico felix/iptables/rule_hashes.go, `Chain.RuleHashes`.
 *
 * @param fragments what iptables is told after `-A chain HASH`: `--jump cali-fip-dnat`
 */
export function felixHashes(chain: string, fragments: readonly string[]): string[] {
  let digest = sha224(utf8ToBytes(chain));
  return fragments.map((fragment) => {
    const text = utf8ToBytes(`-A ${chain} HASH ${fragment}`);
    digest = sha224(Uint8Array.from([...digest, ...text]));
    return base64Prefix(digest);
  });
}

interface FelixRule {
  /** As Felix writes it, for the hash. */
  readonly text: string;
  readonly matches?: readonly Match[];
  readonly target: Target;
}

const jump = (chain: string): FelixRule => ({
  text: `--jump ${chain}`,
  target: { target: 'JUMP', chain },
});

/**
 * Felix's nat chains for one family. Of IPv6 pools natOutgoing is off by default: their pods leave with their own addresses,
 * and need a router that knows the way back. Source: tigera/operator pkg/controller/installation, `fillDefaults`; for the
 * chains projectcalico/calico felix/rules/nat.go, `NATOutgoingChain`.
 *
 * Simplified: the pools are written as prefixes where Felix has the sets cali40masq-ipam-pools and cali40all-ipam-pools.
 */
function felixChains(podRange: string): Readonly<Record<string, readonly FelixRule[]>> {
  const outgoing: FelixRule = {
    text: '-m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst --jump MASQUERADE --random-fully',
    matches: [
      { match: 'source', cidr: podRange },
      { match: 'destination', cidr: podRange, not: true },
    ],
    target: { target: 'MASQUERADE', randomFully: true },
  };
  return {
    'cali-fip-dnat': [],
    'cali-fip-snat': [],
    [OUTGOING]: podRange.includes(':') ? [] : [outgoing],
    'cali-OUTPUT': [jump('cali-fip-dnat')],
    'cali-POSTROUTING': [jump('cali-fip-snat'), jump(OUTGOING)],
    'cali-PREROUTING': [jump('cali-fip-dnat')],
  };
}

function rulesOf(chain: string, rules: readonly FelixRule[]): Rule[] {
  const hashes = felixHashes(
    chain,
    rules.map(({ text }) => text),
  );
  return rules.map(({ matches = [], target }, index) => ({
    matches: [{ match: 'comment', text: `cali:${hashes[index] ?? ''}` }, ...matches],
    target,
  }));
}

const HOOKS = ['PREROUTING', 'OUTPUT', 'POSTROUTING'];

/** Writes Felix's nat rules into a node once: where natOutgoing is on, what leaves the pods' range takes the node's address. */
export function ensureCalicoMasquerade(
  podRange: string,
  { network, namespace, because }: CniHost,
): void {
  const own = network.namespaces[namespace];
  const ruleset = podRange.includes(':') ? own?.ruleset6 : own?.ruleset;
  if (!ruleset || ruleset.tables.nat?.chains[OUTGOING]) return;
  const withReason = (rule: Rule): Rule => (because ? { ...rule, because } : rule);
  for (const [chain, rules] of Object.entries(felixChains(podRange))) {
    replaceChain(ruleset, 'nat', chain, []);
    for (const rule of rulesOf(chain, rules)) appendRule(ruleset, 'nat', chain, withReason(rule));
  }
  for (const hook of HOOKS) {
    const [rule] = rulesOf(hook, [jump(`cali-${hook}`)]);
    if (rule) insertRule(ruleset, 'nat', hook, withReason(rule));
  }
}
