import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { ObjectRef } from '../../base/object-ref.ts';
import type { Rule } from '../../linux/netfilter/rule.ts';

/** Longest name of an iptables chain that CNI plug-ins make. */
const CHAIN_LENGTH = 28;
const MULTICAST = '224.0.0.0/4';

/** `CNI-` and the beginning of sha512(network + container id) in hexadecimal (plugins pkg/utils `FormatChainName`). */
export function masqueradeChain(network: string, containerId: string): string {
  const digest = bytesToHex(sha512(utf8ToBytes(network + containerId)));
  return `CNI-${digest}`.slice(0, CHAIN_LENGTH);
}

interface MasqueradeRules {
  readonly chain: string;
  /** For the end of nat POSTROUTING. */
  readonly jump: Rule;
  readonly rules: readonly Rule[];
}

/**
 * The bridge plug-in's rules for one pod: what leaves for anything but a pod takes the node's address.
 * Source: containernetworking/plugins pkg/ip/ipmasq_iptables_linux.go.
 *
 * Simplified: the plug-in spares only its own subnet, which would hide pods of one node from those of another; here
 * the whole pod range of the cluster is spared, as kindnet's and kubenet's masquerade rules do.
 */
export function masqueradeRules(
  network: string,
  containerId: string,
  address: string,
  podRange: string,
  because: ObjectRef,
): MasqueradeRules {
  const chain = masqueradeChain(network, containerId);
  const comment = { match: 'comment', text: `name: "${network}" id: "${containerId}"` } as const;
  return {
    chain,
    jump: {
      matches: [{ match: 'source', cidr: `${address}/32` }, comment],
      target: { target: 'JUMP', chain },
      because,
    },
    rules: [
      {
        matches: [{ match: 'destination', cidr: podRange }, comment],
        target: { target: 'ACCEPT' },
        because,
      },
      {
        matches: [{ match: 'destination', cidr: MULTICAST, not: true }, comment],
        target: { target: 'MASQUERADE' },
        because,
      },
    ],
  };
}
