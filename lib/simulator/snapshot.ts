import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { copyPlain } from './base/copy.ts';
import { Cluster, type ClusterState } from './cluster.ts';

/** A deep copy of a cluster's state; the cluster goes on without changing it. */
export function save(cluster: Cluster): ClusterState {
  return copyPlain(cluster.state);
}

/** A cluster that goes on from a saved state, which stays as it is: time travel and forks begin here. */
export function restore(state: ClusterState): Cluster {
  return new Cluster(copyPlain(state));
}

/** JSON with sorted keys, so that equal states give equal text however they came about. */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const entries = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`;
}

/** SHA-256 over a state, in hex: two machines that folded the same transcript have the same one. */
export function fingerprint(state: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(state))));
}
