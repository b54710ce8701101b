import { hashText } from '../chain-names.ts';
import type { EndpointInfo } from '../endpoints.ts';
import type { ServicePortInfo } from '../service-port.ts';

/** Names of chains are cut at this length: 256 of nft, less the longest prefix. */
const LONGEST_BASE = 240;

/** A name behind its own hash, so that names that differ in one digit look different and may be cut. */
function hashAndTruncate(path: string): string {
  const name = `${hashText(path, 8)}-${path}`;
  return name.length > LONGEST_BASE ? `${name.slice(0, LONGEST_BASE - 3)}...` : name;
}

export interface NftPortNames {
  /** All endpoints (`Cluster` policy). */
  readonly cluster: string;
  /** Endpoints of this node (`Local` policy). */
  readonly local: string;
  /** What comes to an external address or node port. */
  readonly external: string;
  /** loadBalancerSourceRanges. */
  readonly firewall: string;
}

/** Chain names of a Service port. `path` is `namespace/service/protocol/port`. Source: servicePortChainNameBase. */
export function nftPortNames(path: string): NftPortNames {
  const base = hashAndTruncate(path);
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

export interface NftEndpointNames {
  readonly chain: string;
  /** The set of clients that keep this endpoint. */
  readonly affinity: string;
}

/** Chain and set of one endpoint of a Service port; colons are not allowed in names. Source: servicePortEndpointChainNameBase. */
export function nftEndpointNames(
  { path }: Pick<ServicePortInfo, 'path'>,
  { address, port }: Pick<EndpointInfo, 'address' | 'port'>,
): NftEndpointNames {
  const base = hashAndTruncate(`${path}__${address.replaceAll(':', '.')}/${port}`);
  return { chain: `endpoint-${base}`, affinity: `affinity-${base}` };
}

/** Only chains of Services have slashes in their names (isServiceChainName). */
export const isNftServiceChain = (chain: string) => chain.includes('/');

export const isAffinitySet = (set: string) => set.startsWith('affinity-');
