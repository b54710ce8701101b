/** Whether two lists have the same items, each the very same value: what tells an unchanged list cheaply. */
export const isSameList = <T>(a: readonly T[], b: readonly T[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);
