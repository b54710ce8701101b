/**
 * Whether two plain values say the same: order of keys does not matter, a key that is undefined counts as absent.
 * What keeps level-triggered loops from writing what is there already.
 */
export function isSameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, index) => isSameJson(item, b[index]))
    );
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const keys = Object.keys(left).filter((key) => left[key] !== undefined);
  const count = Object.keys(right).filter((key) => right[key] !== undefined).length;
  return keys.length === count && keys.every((key) => isSameJson(left[key], right[key]));
}
