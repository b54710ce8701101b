/** Leaves out the counts that Go's `omitempty` leaves out of a status. */
export const omitZeros = <T extends Record<string, number>>(counts: T): Partial<T> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0)) as Partial<T>;
