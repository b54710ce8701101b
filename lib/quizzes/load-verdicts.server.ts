import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { Viewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import type { PlacedItem } from '#lib/content/content.ts';
import type { Verdict } from './public-item.ts';

/**
 * The viewer's newest answers to these items as they were graded, by item. An answer to an older revision is left
 * out: its reasons may no longer be true.
 */
export async function loadVerdicts(
  viewer: Viewer,
  items: readonly PlacedItem[],
): Promise<ReadonlyMap<string, Verdict>> {
  if (viewer.kind === 'none' || !authorize(viewer, 'attempt:read', { ownerId: viewer.id }))
    return new Map();
  const rows = await db().attempt.findMany({
    where: { userId: viewer.id, itemId: { in: items.map(({ item }) => item.id) } },
    select: { itemId: true, revision: true, verdict: true },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  const revisions = new Map(items.map(({ item, revision }) => [item.id, revision]));
  return new Map(
    rows
      .filter(({ itemId, revision }) => itemId !== null && revisions.get(itemId) === revision)
      .map(({ itemId, verdict }) => [itemId ?? '', verdict as unknown as Verdict]),
  );
}
