/**
 * The distance between two names as misspell.c of nft 1.0.6 reckons it: letters that were left out, put in, changed or
 * swapped. Its table has one column too few, and its letters are counted from the second on; both are kept, for they
 * decide what nft suggests.
 */
function distanceBetween(a: string, b: string): number {
  const width = b.length;
  const table: number[] = [];
  const at = (i: number, j: number) => table[i * width + j] ?? 0;
  const put = (i: number, j: number, value: number) => {
    table[i * width + j] = value;
  };
  for (let i = 0; i <= a.length; i++) put(i, 0, i);
  for (let j = 0; j <= b.length; j++) put(0, j, j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = a.charAt(i) === b.charAt(j) ? 0 : 1;
      put(i, j, Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change));
      const isSwapped = a.charAt(i) === b.charAt(j - 1) && a.charAt(i - 1) === b.charAt(j);
      if (i > 1 && j > 1 && isSwapped) put(i, j, Math.min(at(i, j), at(i - 2, j - 2) + change));
    }
  }
  return at(a.length, b.length);
}

/** The candidate that was probably meant, as nft guesses; undefined when none is near. */
export function findMeant<C extends { readonly name: string }>(
  candidates: readonly C[],
  wanted: string,
): C | undefined {
  let best: { readonly candidate: C; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    const longest = Math.max(candidate.name.length, wanted.length);
    const shortest = Math.min(candidate.name.length, wanted.length);
    if (longest <= 1) continue;
    const threshold = Math.ceil((longest - shortest <= 1 ? longest : longest + 2) / 3);
    const distance = distanceBetween(candidate.name, wanted);
    if (distance > threshold || (best && distance >= best.distance)) continue;
    best = { candidate, distance };
  }
  return best?.candidate;
}
