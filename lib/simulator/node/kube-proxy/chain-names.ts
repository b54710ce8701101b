import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

/** RFC 4648 base 32. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first characters (16 at most) of base32(sha256(text)). */
export function hashText(text: string, length: 8 | 16): string {
  const bits = [...sha256(utf8ToBytes(text)).slice(0, 10)]
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
  let hash = '';
  for (let i = 0; i < length; i++)
    hash += ALPHABET[Number.parseInt(bits.slice(i * 5, i * 5 + 5), 2)];
  return hash;
}

export interface ServicePortChains {
  /** KUBE-SVC: all endpoints (`Cluster` policy). */
  readonly cluster: string;
  /** KUBE-SVL: endpoints of this node (`Local` policy). */
  readonly local: string;
  /** KUBE-EXT: what comes to an external address or node port. */
  readonly external: string;
  /** KUBE-FW: loadBalancerSourceRanges. */
  readonly firewall: string;
}

/**
 * Chain names of a Service port. `name` is `namespace/service[:port]`, `protocol` in lower case.
 * Source: servicePortPolicyClusterChain and its neighbours in kube-proxy's pkg/proxy/iptables/proxier.go.
 */
export function servicePortChains(name: string, protocol: string): ServicePortChains {
  const hash = hashText(name + protocol, 16);
  return {
    cluster: `KUBE-SVC-${hash}`,
    local: `KUBE-SVL-${hash}`,
    external: `KUBE-EXT-${hash}`,
    firewall: `KUBE-FW-${hash}`,
  };
}

/** KUBE-SEP: one endpoint of a Service port. `endpoint` is `ip:port`. */
export const endpointChain = (name: string, protocol: string, endpoint: string) =>
  `KUBE-SEP-${hashText(name + protocol + endpoint, 16)}`;

const SERVICE_CHAIN = /^KUBE-(?:SVC|SVL|SEP|FW|EXT)-/;

/** Whether a chain of the nat table is one that kube-proxy makes for Services, so that it may be deleted when unused. */
export const isServiceChain = (chain: string) => SERVICE_CHAIN.test(chain);
