import type { Flow, SocketAddress } from '../base/flow.ts';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

function hashText(text: string): number {
  let hash = OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME) >>> 0;
  // The high bits decide what `scaleHash` picks: the low ones are folded into them.
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b) >>> 0;
  hash ^= hash >>> 13;
  return Math.imul(hash, 0xc2b2ae35) >>> 0;
}

const endText = ({ address, port }: SocketAddress) => `${address} ${String(port)}`;

/**
 * 32 bits that a five-tuple always gives, the same for both directions (`__flow_hash_consistentify`).
 * Simplified: the kernel's hash has a secret that each boot draws; here a flow gives the same number everywhere.
 */
export function flowHash({ protocol, source, destination }: Flow): number {
  const ends = [endText(source), endText(destination)].sort();
  return hashText(`${protocol} ${ends.join(' ')}`);
}

/** As `flowHash`, where direction counts (inet_ehashfn). */
export const directedFlowHash = ({ protocol, source, destination }: Flow): number =>
  hashText(`${protocol} ${endText(source)} ${endText(destination)}`);

/** reciprocal_scale: a hash of 32 bits onto 0 to `count` - 1. */
export const scaleHash = (hash: number, count: number): number =>
  Math.floor(((hash >>> 0) * count) / 2 ** 32);
