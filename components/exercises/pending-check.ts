import { del, get, set } from 'idb-keyval';
import type { Submission } from '#lib/exercises/submission.ts';

/** A check that the server has not answered yet. It keeps its key, so that sending it again counts once. */
const place = (slug: string) => `check:${slug}`;

export async function keepCheck(slug: string, submission: Submission): Promise<void> {
  await set(place(slug), submission).catch(() => undefined); // without storage it lasts as long as the page
}

export async function keptCheck(slug: string): Promise<Submission | undefined> {
  return get<Submission>(place(slug)).catch(() => undefined);
}

/** Forgets the check with this key; a newer one stays. */
export async function forgetCheck(slug: string, key: string): Promise<void> {
  if ((await keptCheck(slug))?.key === key) await del(place(slug)).catch(() => undefined);
}
