import { startLogin } from '#lib/auth/sign-in.server.ts';
import type { Role } from '#lib/auth/viewer.ts';
import { rebuildReviewCards } from '#lib/review/rebuild-review-cards.server.ts';

/** Starts a log-in; where a guest's work was merged, what is due follows from all attempts together. */
export async function letIn(user: { id: string; role: Role; theme: string }): Promise<void> {
  const { mergedGuestId } = await startLogin(user);
  if (mergedGuestId !== null) await rebuildAfterMerge(user.id);
}

/** The cards of both are united already: a rebuild that fails must not keep anybody out. */
export async function rebuildAfterMerge(userId: string): Promise<void> {
  try {
    await rebuildReviewCards(userId);
  } catch (error) {
    console.error(error);
  }
}
