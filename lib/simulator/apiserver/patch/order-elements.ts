/** What identifies an element of a list: itself, or the value of its merge key. */
type IdentityOf = (item: unknown) => unknown;

const placeIn = (order: readonly unknown[], item: unknown, identityOf: IdentityOf) => {
  const wanted = identityOf(item);
  return order.findIndex((other) => identityOf(other) === wanted);
};

/** Elements that an order names as it says; the others stay before them. */
function sortBy(
  items: readonly unknown[],
  order: readonly unknown[],
  identityOf: IdentityOf,
): unknown[] {
  return items.toSorted((a, b) => placeIn(order, a, identityOf) - placeIn(order, b, identityOf));
}

/**
 * Puts a merged list in order: elements named by `wanted` as it says, the others as they stood before, and between the
 * two whoever stood first before (strategicpatch `normalizeElementOrder`, `mergeSortedSlice`).
 *
 * @param before the list before the patch
 */
export function orderElements(
  merged: readonly unknown[],
  wanted: readonly unknown[],
  before: readonly unknown[],
  identityOf: IdentityOf,
): unknown[] {
  const isWanted = (item: unknown) => placeIn(wanted, item, identityOf) >= 0;
  const left = sortBy(
    merged.filter((item) => !isWanted(item)),
    before,
    identityOf,
  );
  const right = sortBy(merged.filter(isWanted), wanted, identityOf);
  const result: unknown[] = [];
  while (left.length > 0 && right.length > 0) {
    const [l, r] = [placeIn(before, left[0], identityOf), placeIn(before, right[0], identityOf)];
    result.push(l >= 0 && r >= 0 && l < r ? left.shift() : right.shift());
  }
  return [...result, ...left, ...right];
}
