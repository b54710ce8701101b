import 'server-only';
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { authorize } from '#lib/auth/authorize.ts';
import type { KnownViewer, Viewer } from '#lib/auth/viewer.ts';
import { db } from '#lib/db/client.server.ts';
import type { JsonObject } from '#lib/db/sql.server.ts';
import { env } from '#lib/env/env.server.ts';
import type { Transcript } from '#lib/simulator/index.ts';
import { kubeconfigOf } from '../kubeconfig.ts';
import type { LiveAnswer, LiveBeginning } from '../live-protocol.ts';
import { isPossibleCluster } from '../share-link.ts';
import { askSandbox } from './fold-sandbox.server.ts';
import { foldPool, type FoldPool } from './fold-pool.server.ts';
import { MOST_BYTES, readEntries, tick } from './ordered-actions.server.ts';

/** Hours that a kubeconfig works. */
const LIFE_HOURS = 4;
const MOST_LIVE = 3;
/** Ended sandboxes that are kept for their owner; the oldest go when another one begins. */
const MOST_KEPT = 20;
const MOST_ACTIONS = 900;
/** A transcript has 2,000 actions at most; each entry is two of them, its time and itself. */
const TRANSCRIPT_ACTIONS = 2_000;

export type BeginResult =
  | { readonly type: 'begun'; readonly live: LiveBeginning }
  | { readonly type: 'refused'; readonly status: 404 | 409 | 422 | 503; readonly problem: string };

const refused = (
  status: 404 | 409 | 422 | 503,
  problem: string,
): Extract<BeginResult, { type: 'refused' }> => ({ type: 'refused', status, problem });

const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');
const newToken = () => randomBytes(32).toString('base64url');
const isLive = (now: Date) => ({ endedAt: null, expiresAt: { gt: now } });

interface Beginning {
  /** Chosen by the page before the first send. */
  readonly id: string;
  readonly contentId: string;
  readonly transcript: Transcript;
}

/**
 * From here on the server orders the actions of this sandbox, and its kubeconfig works. Asked again with the same id, it
 * gives another kubeconfig and takes the one before back.
 */
export async function beginLive(
  viewer: KnownViewer,
  { id, contentId, transcript }: Beginning,
  pool: FoldPool = foldPool(),
): Promise<BeginResult> {
  if (!authorize(viewer, 'sandbox:create', { ownerId: viewer.id }))
    return refused(404, 'There is no such sandbox.');
  const now = new Date();
  const again = await db().sandbox.findUnique({ where: { id } });
  if (again) return beginAgain(viewer, again, now);
  const live = await db().sandbox.count({ where: { userId: viewer.id, ...isLive(now) } });
  if (live >= MOST_LIVE)
    return refused(
      409,
      `You have ${MOST_LIVE} sandboxes with a kubeconfig already. End one of them first.`,
    );
  const text = JSON.stringify(transcript);
  // Postgres keeps neither NUL nor half a surrogate pair; JSON writes both as escapes.
  if (/\\u(0000|d[89a-f])/i.test(text))
    return refused(422, 'This sandbox holds a character that cannot be kept. Reset it first.');
  const size = Buffer.byteLength(text);
  const mostActions = Math.min(
    MOST_ACTIONS,
    Math.floor((TRANSCRIPT_ACTIONS - 1 - transcript.actions.length) / 2),
  );
  if (size > MOST_BYTES / 2 || mostActions < 100 || !(await isPossibleCluster(transcript)))
    return refused(
      422,
      'So much was done in this sandbox already that no room is left. Reset it and begin again.',
    );
  const elapsed = await elapsedOf(id, transcript, pool);
  if (typeof elapsed !== 'number') return elapsed;
  const token = newToken();
  const expiresAt = new Date(now.getTime() + LIFE_HOURS * 3_600_000);
  const base = beginningAt(transcript, new Date(Date.now() - elapsed));
  await db().sandbox.create({
    data: {
      id,
      userId: viewer.id,
      contentId,
      transcript: base as unknown as JsonObject,
      tokenHash: hashOf(token),
      expiresAt,
      mostActions,
      size,
      clockMs: elapsed,
    },
  });
  await forgetOldest(viewer.id);
  void warmLive(id, pool).catch((error: unknown) => console.error(error));
  return begun(id, token, base, expiresAt);
}

/** The same sandbox with today's date: what clients work out from their own clock (ages) is right. */
const beginningAt = (transcript: Transcript, now: Date): Transcript => ({
  ...transcript,
  scenario: { ...transcript.scenario, now: `${now.toISOString().slice(0, 19)}Z` },
});

/** Milliseconds that the cluster has lived; folding it also shows that it can be folded. */
async function elapsedOf(
  id: string,
  transcript: Transcript,
  pool: FoldPool,
): Promise<number | BeginResult> {
  const ask = { type: 'elapsed' } as const;
  const job = { sandboxId: id, sequence: 0, clock: 0, entries: [], base: transcript, ask };
  const outcome = await pool.run(job);
  switch (outcome.type) {
    case 'elapsed':
      return Math.ceil(outcome.clock / 1_000);
    case 'busy':
      return refused(503, 'Many sandboxes are busy. Try again in a moment.');
    case 'exhausted':
    case 'fault':
    case 'need':
    case 'over-budget':
    case 'parts':
    case 'plain':
    case 'stream':
      return refused(422, 'This sandbox cannot be run on the server. Reset it and begin again.');
  }
}

async function beginAgain(
  viewer: KnownViewer,
  row: { id: string; userId: string; transcript: unknown; endedAt: Date | null; expiresAt: Date },
  now: Date,
): Promise<BeginResult> {
  const { id, userId, expiresAt } = row;
  if (!authorize(viewer, 'sandbox:write', { ownerId: userId }))
    return refused(404, 'There is no such sandbox.');
  const token = newToken();
  const { count } = await db().sandbox.updateMany({
    where: { id, ...isLive(now) },
    data: { tokenHash: hashOf(token) },
  });
  if (count === 0) return refused(409, 'This kubeconfig has ended. Begin with a new one.');
  return begun(id, token, row.transcript as Transcript, expiresAt);
}

function begun(id: string, token: string, base: Transcript, expiresAt: Date): BeginResult {
  const address = `${env().HOPWISE_URL}/api/sandboxes/${id}/kube`;
  const namespace = base.scenario.namespace ?? 'default';
  const kubeconfig = kubeconfigOf({ address, token, namespace, name: `hopwise-${id.slice(0, 8)}` });
  return {
    type: 'begun',
    live: { id, base, kubeconfig, expiresAt: expiresAt.toISOString() },
  };
}

async function forgetOldest(userId: string): Promise<void> {
  const rows = await db().sandbox.findMany({
    where: { userId },
    orderBy: { createdAt: 'desc' },
    skip: MOST_KEPT,
    select: { id: true },
  });
  await db().sandbox.deleteMany({ where: { id: { in: rows.map(({ id }) => id) } } });
}

/** The viewer's own sandbox, live or ended; undefined when it is somebody else's or none. */
async function findOwn(viewer: Viewer, id: string) {
  if (viewer.kind === 'none') return undefined;
  const row = await db().sandbox.findUnique({
    where: { id },
    select: {
      id: true,
      userId: true,
      endedAt: true,
      expiresAt: true,
      sequence: true,
      clockMs: true,
    },
  });
  return row && authorize(viewer, 'sandbox:read', { ownerId: row.userId }) ? row : undefined;
}

/** What happened behind entry `after`; undefined when the sandbox is not the viewer's. */
export async function readLive(
  viewer: Viewer,
  id: string,
  after: number,
): Promise<LiveAnswer | undefined> {
  const row = await findOwn(viewer, id);
  if (!row) return undefined;
  const head = await tick(id);
  const { sequence, clockMs } = head ?? row;
  const entries = sequence > after ? await readEntries(id, after, sequence) : [];
  return { state: head ? 'live' : 'ended', entries, clock: clockMs * 1_000 };
}

const LOOK_EVERY = 150;
/** bin/serve.mjs sets this when it was told to stop: who waits is answered, and asks whoever comes next. */
const isDraining = () => Reflect.get(globalThis, Symbol.for('hopwise.draining')) === true;

/** As `readLive`, but waits up to `patience` milliseconds for something to happen. */
export async function awaitLive(
  viewer: Viewer,
  id: string,
  after: number,
  patience: number,
  signal: AbortSignal,
): Promise<LiveAnswer | undefined> {
  const end = performance.now() + patience;
  const first = await findOwn(viewer, id);
  if (!first) return undefined;
  for (let { sequence, endedAt } = first; sequence <= after && !endedAt;) {
    const left = end - performance.now();
    if (left <= 0 || signal.aborted || isDraining()) break;
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK_EVERY, left)));
    const row = await db().sandbox.findUnique({
      where: { id },
      select: { sequence: true, endedAt: true },
    });
    if (!row) return undefined;
    ({ sequence, endedAt } = row);
  }
  return readLive(viewer, id, after);
}

/** May the viewer's page append to it? */
export async function ownsLive(viewer: Viewer, id: string): Promise<boolean> {
  const row = await findOwn(viewer, id);
  return row !== undefined && authorize(viewer, 'sandbox:write', { ownerId: row.userId });
}

/** Takes the kubeconfig back. What was done stays, for the page and for the export. */
export async function endLive(viewer: Viewer, id: string): Promise<boolean> {
  if (!(await ownsLive(viewer, id))) return false;
  await tick(id);
  await db().sandbox.updateMany({ where: { id, endedAt: null }, data: { endedAt: new Date() } });
  return true;
}

const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(a), Buffer.from(b));
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Does this token open this sandbox now? A wrong one, one of another sandbox and one that ran out look alike. */
export async function isTokenOf(id: string, token: string | undefined): Promise<boolean> {
  if (token === undefined || !UUID.test(id)) return false;
  const row = await db().sandbox.findUnique({
    where: { id },
    select: {
      tokenHash: true,
      endedAt: true,
      expiresAt: true,
      user: { select: { disabledAt: true } },
    },
  });
  if (!row || row.endedAt || row.expiresAt <= new Date() || row.user.disabledAt) return false;
  return isSame(row.tokenHash, hashOf(token));
}

/** Folds a sandbox that somebody is about to ask for. */
async function warmLive(id: string, pool: FoldPool): Promise<void> {
  const head = await tick(id);
  if (head) await askSandbox(id, head, { type: 'elapsed' }, pool);
}
