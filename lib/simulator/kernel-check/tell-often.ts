/**
 * Of several rounds of the same, the items about what came up in more than one round (those of the first such round), and the
 * items about what came up in one alone.
 */
export function tellOften<Item, About>(
  rounds: readonly (readonly Item[])[],
  aboutOf: (item: Item) => About,
): { readonly often: Item[]; readonly once: Item[] } {
  const seen = new Map<About, (readonly Item[])[]>();
  for (const round of rounds) {
    for (const about of new Set(round.map(aboutOf))) {
      const items = round.filter((item) => aboutOf(item) === about);
      seen.set(about, [...(seen.get(about) ?? []), items]);
    }
  }
  const all = [...seen.values()];
  return {
    often: all.filter(({ length }) => length > 1).flatMap(([first = []]) => first),
    once: all.filter(({ length }) => length === 1).flat(2),
  };
}
