import 'server-only';
import { authorize } from '#lib/auth/authorize.ts';
import type { KnownViewer, Viewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { db } from '#lib/db/client.server.ts';
import { isUniqueViolation } from '#lib/db/unique-violation.server.ts';
import { refuse, type Refusal } from './refusal.ts';
import type { Draft, DraftSubmission } from './submission.ts';

export type SaveResult =
  | { readonly type: 'saved'; readonly version: number }
  /** Somewhere else went on from the same version: both are kept, here and there, until somebody chooses. */
  | { readonly type: 'conflict'; readonly mine: Draft; readonly theirs: Draft }
  | Refusal;

type Kept = Omit<Draft, 'version'>;

async function readDraft(userId: string, contentId: string): Promise<Draft | undefined> {
  const row = await db().sandboxDraft.findUnique({
    where: { userId_contentId: { userId, contentId } },
  });
  return row ? { ...(row.transcript as unknown as Kept), version: row.version } : undefined;
}

/** The viewer's unfinished work on an exercise. */
export async function loadDraft(viewer: Viewer, slug: string): Promise<Draft | undefined> {
  if (viewer.kind === 'none' || !authorize(viewer, 'sandbox-draft:read', { ownerId: viewer.id }))
    return undefined;
  return readDraft(viewer.id, slug);
}

/** jsonb keeps keys in an order of its own. */
const comparable = ({ revision, engine, seed, actions }: Kept): string =>
  JSON.stringify([
    revision,
    engine,
    seed,
    actions.map((action) => Object.entries(action).sort(([a], [b]) => (a < b ? -1 : 1))),
  ]);

/** Writes over the version that the page continued, and over no other. A repeated save is saved once. */
export async function saveDraft(
  viewer: KnownViewer,
  slug: string,
  { baseVersion, ...transcript }: DraftSubmission,
): Promise<SaveResult> {
  const isKnown = (await loadContent()).exercises.has(slug);
  if (!isKnown || !authorize(viewer, 'sandbox-draft:write', { ownerId: viewer.id }))
    return refuse(404, 'There is no such exercise.');
  const place = { userId: viewer.id, contentId: slug };
  if (baseVersion === 0) {
    try {
      await db().sandboxDraft.create({ data: { ...place, transcript, version: 1 } });
      return { type: 'saved', version: 1 };
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
    }
  } else {
    const { count } = await db().sandboxDraft.updateMany({
      where: { ...place, version: baseVersion },
      data: { transcript, version: baseVersion + 1 },
    });
    if (count === 1) return { type: 'saved', version: baseVersion + 1 };
  }
  const theirs = await readDraft(viewer.id, slug);
  // Deleted meanwhile, with everything about this person or by a merge: what is here is all there is.
  if (!theirs) return saveDraft(viewer, slug, { baseVersion: 0, ...transcript });
  if (comparable(theirs) === comparable(transcript))
    return { type: 'saved', version: theirs.version };
  return { type: 'conflict', mine: { ...transcript, version: baseVersion }, theirs };
}
