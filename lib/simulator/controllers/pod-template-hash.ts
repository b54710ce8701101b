import type { PodTemplateSpec } from '../api/core/pod.ts';

/** Canonical text: keys in order, undefined left out, so that equal templates hash equally. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** apimachinery `rand.SafeEncodeString`: digits become letters that spell no words. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const safeEncode = (text: string) =>
  [...text].map((character) => ALPHABET[character.charCodeAt(0) % ALPHABET.length]).join('');

/**
 * The value of the `pod-template-hash` label: FNV-1a of the template, in upstream's alphabet.
 * Source: pkg/controller/controller_utils.go, `ComputeHash`.
 *
 * Simplified: upstream hashes Go's dump of the struct, so a real cluster has other letters for the same template.
 */
export function podTemplateHash(
  template: PodTemplateSpec,
  collisionCount: number | undefined,
): string {
  const suffix = collisionCount === undefined ? '' : `#${collisionCount}`;
  return safeEncode(String(fnv1a(canonical(template) + suffix)));
}
