import type { Viewer } from '#lib/auth/viewer.ts';
import type { Owner } from './attempt-queue.ts';

/** Whose answers a page sends. */
export function ownerOf(viewer: Viewer): Owner {
  return viewer.kind === 'none'
    ? 'nobody'
    : viewer.kind === 'guest'
      ? 'guest'
      : `user ${viewer.id}`;
}
