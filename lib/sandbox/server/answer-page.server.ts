import 'server-only';
import { consume, type Limit } from '#lib/auth/rate-limit.server.ts';
import { isSameOrigin } from '#lib/auth/same-origin.server.ts';
import { getViewer, requireViewer, TooManyGuests } from '#lib/auth/viewer.server.ts';
import type { Action } from '#lib/simulator/index.ts';
import type { LiveAnswer } from '../live-protocol.ts';
import { isTranscript } from '../share-link.ts';
import { awaitLive, beginLive, endLive, ownsLive, readLive } from './live-sandboxes.server.ts';
import { appendAction } from './ordered-actions.server.ts';

const refuse = (status: number, problem: string, headers: HeadersInit = {}) =>
  Response.json({ problem }, { status, headers });

const FOREIGN = 'This did not come from a page of this site.';
const UNKNOWN = 'There is no such sandbox.';
const LONGEST_WAIT = 25_000;

async function limited(limit: Limit, who: string): Promise<Response | undefined> {
  const allowed = await consume(limit, who);
  if (allowed.isAllowed) return undefined;
  return refuse(429, 'Too many at once. Wait a moment.', {
    'retry-after': String(allowed.retryAfterSeconds),
  });
}

/** Asked first, before a body is read. Undefined when a page of ours sends this. */
export async function refuseForeign(): Promise<Response | undefined> {
  return (await isSameOrigin()) ? undefined : refuse(403, FOREIGN);
}

/** What a page may send; its shape is checked by the route. */
export interface BeginBody {
  readonly id: string;
  readonly contentId: string;
  readonly transcript: unknown;
}

/** Begins to be live, or gives another kubeconfig. Whoever had no row is a guest from now on. */
export async function answerBegin({ id, contentId, transcript }: BeginBody): Promise<Response> {
  if (!isTranscript(transcript)) return refuse(400, 'This is no transcript.');
  try {
    const viewer = await requireViewer();
    const tooMany = await limited('sandbox-create-viewer', viewer.id);
    if (tooMany) return tooMany;
    const result = await beginLive(viewer, { id, contentId, transcript });
    return result.type === 'begun'
      ? Response.json(result.live)
      : refuse(result.status, result.problem);
  } catch (error) {
    if (!(error instanceof TooManyGuests)) throw error;
    return refuse(429, 'Too many new guests from this address.');
  }
}

/** What happened behind `after`, at the latest when `wait` milliseconds are over. */
export async function answerRead(request: Request, id: string): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const after = Number(searchParams.get('after') ?? 0);
  const wait = Number(searchParams.get('wait') ?? 0);
  if (!Number.isSafeInteger(after) || after < 0 || !(wait >= 0)) return refuse(400, 'A number.');
  const viewer = await getViewer();
  const heard = await awaitLive(viewer, id, after, Math.min(wait, LONGEST_WAIT), request.signal);
  return heard ? Response.json(heard) : refuse(404, UNKNOWN);
}

export interface ActBody {
  readonly key: string;
  /** The newest entry that the page has folded. */
  readonly after: number;
  readonly what: Action | { readonly type: 'undo'; readonly of: number };
}

/**
 * Appends what was done in the page, and tells everything behind `after`. Taking back is meant for the state that the
 * page shows: when somebody else has acted since, nothing is done (409), and the page hears what it was.
 */
export async function answerAct(id: string, { key, after, what }: ActBody): Promise<Response> {
  const viewer = await getViewer();
  if (viewer.kind === 'none' || !(await ownsLive(viewer, id))) return refuse(404, UNKNOWN);
  const tooMany = await limited('sandbox-act-viewer', viewer.id);
  if (tooMany) return tooMany;
  const isUndo = what.type === 'undo';
  const act = { sandboxId: id, key, source: 'PAGE', what } as const;
  const appended = await appendAction(isUndo ? { ...act, after } : act);
  switch (appended.type) {
    case 'appended':
      return heardSince(await readLive(viewer, id, after), 200);
    case 'overtaken':
      return heardSince(await readLive(viewer, id, after), 409);
    case 'gone':
      return heardSince(await readLive(viewer, id, after), 410);
    case 'full':
      return refuse(422, 'This sandbox keeps no more actions. End the kubeconfig to go on here.');
  }
}

const heardSince = (heard: LiveAnswer | undefined, status: number) =>
  heard ? Response.json(heard, { status }) : refuse(404, UNKNOWN);

/** Takes the kubeconfig back. */
export async function answerEnd(id: string): Promise<Response> {
  const viewer = await getViewer();
  if (!(await endLive(viewer, id))) return refuse(404, UNKNOWN);
  return heardSince(await readLive(viewer, id, 0), 200);
}
