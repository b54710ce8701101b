import type { ServedService, ServiceView } from './service-view.ts';

/** What is between the beginning and the end that two lists have in common, of each. */
export function changedMiddle<T>(
  before: readonly T[],
  after: readonly T[],
  isSame: (a: T, b: T) => boolean = Object.is,
): readonly [before: readonly T[], after: readonly T[]] {
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && isSame(before[first]!, after[first]!)) first += 1;
  let same = 0;
  while (
    same < shorter - first &&
    isSame(before[before.length - 1 - same]!, after[after.length - 1 - same]!)
  )
    same += 1;
  return [before.slice(first, before.length - same), after.slice(first, after.length - same)];
}

/** A Service of which one view differs from another: absent where it was not, or is no more. */
export interface ServiceChange {
  readonly key: string;
  readonly was?: ServedService;
  readonly now?: ServedService;
}

const isSame = (a: ServedService, b: ServedService) =>
  a === b || (a.key === b.key && a.version === b.version);

function compareViews(before: ServiceView, after: ServiceView): readonly ServiceChange[] {
  const [old, young] = changedMiddle(before.services, after.services, isSame);
  const changes: ServiceChange[] = [];
  let at = 0;
  for (const now of young) {
    for (let was = old[at]; was && was.key < now.key; was = old[++at])
      changes.push({ key: was.key, was });
    const was = old[at]?.key === now.key ? old[at++] : undefined;
    if (!was) changes.push({ key: now.key, now });
    else if (!isSame(was, now)) changes.push({ key: now.key, was, now });
  }
  for (const was of old.slice(at)) changes.push({ key: was.key, was });
  return changes;
}

interface Compared {
  readonly before: ServiceView;
  readonly changes: readonly ServiceChange[];
}

/** Most nodes ask for the way between the same two views. Only the last comparison is kept, or no view would ever go. */
const compared = new WeakMap<ServiceView, Compared>();

/** The Services in which two views differ, in the order of their keys. */
export function changesBetween(before: ServiceView, after: ServiceView): readonly ServiceChange[] {
  if (before === after) return [];
  const known = compared.get(after);
  if (known?.before === before) return known.changes;
  const changes = compareViews(before, after);
  compared.set(after, { before, changes });
  compared.delete(before);
  return changes;
}
