import 'server-only';
import { db } from '#lib/db/client.server.ts';
import { sql } from '#lib/db/sql.server.ts';
import { isWriteConflict } from '#lib/db/write-conflict.server.ts';
import type { LiveEntry, Transcript } from '#lib/simulator/index.ts';

/** Where a live sandbox stands, by the clock of the database: several servers have one time. */
export interface Head {
  /** Number of the newest entry; 0 before the first. */
  readonly sequence: number;
  /** Milliseconds of the cluster's life. */
  readonly clockMs: number;
}

export type Source = 'PAGE' | 'KUBECTL';

export type AppendResult =
  | { readonly type: 'appended'; readonly head: Head }
  /** Somebody else acted since the state that the act was meant for. */
  | { readonly type: 'overtaken' }
  | { readonly type: 'full' }
  /** Ended, run out, or never there. */
  | { readonly type: 'gone' };

/** While nobody looks for longer than this, the cluster sleeps: the clock stands still until somebody does. */
const SLEEP_AFTER_SECONDS = 60;
/** The transcript and all actions of one sandbox, as JSON: less than may be handed in at once. */
export const MOST_BYTES = 448 * 1024;
/** Beside its own text an entry has a number, a time and brackets in the transcript. */
const BYTES_AN_ENTRY = 64;

const IS_LIVE = sql`s."endedAt" IS NULL AND s."expiresAt" > now()`;
/** Milliseconds that have passed since the last look. Never less than none, whatever a clock is set to. */
const PASSED = sql`least(greatest(extract(epoch FROM clock_timestamp() - s."clockAt") * 1000, 0), ${SLEEP_AFTER_SECONDS * 1000})::int`;
const GO_ON = sql`"clockMs" = s."clockMs" + ${PASSED}, "clockAt" = clock_timestamp()`;

/** Lets the clock of a live sandbox go on to now. Whatever is appended later stands later. */
export async function tick(sandboxId: string): Promise<Head | undefined> {
  const [head] = await db().$queryRaw<Head[]>`
    UPDATE "Sandbox" s SET ${GO_ON} WHERE s.id = ${sandboxId}::uuid AND ${IS_LIVE}
    RETURNING s.sequence, s."clockMs"`;
  return head;
}

interface Act {
  readonly sandboxId: string;
  /** Chosen before the first send: the same key is never done twice. */
  readonly key: string;
  readonly source: Source;
  readonly what: LiveEntry['what'];
  /** The act is meant for the state after this entry, and for no other. */
  readonly after?: number;
}

const ATTEMPTS = 5;

/**
 * Puts an act behind all others: it has its number, and survives whatever happens next, when this answers. One
 * statement; the row of the sandbox orders its writers, on however many servers they are.
 */
export async function appendAction(act: Act): Promise<AppendResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const head = await insert(act);
      return head ? { type: 'appended', head } : await whyNot(act);
    } catch (error) {
      if (!isWriteConflict(error)) throw error;
      const same = await findByKey(act);
      if (same) return { type: 'appended', head: same };
      if (attempt >= ATTEMPTS) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 20 * (1 + Math.random())));
    }
  }
}

async function insert({ sandboxId, key, source, what, after }: Act): Promise<Head | undefined> {
  const text = JSON.stringify(what);
  const size = Buffer.byteLength(text) + BYTES_AN_ENTRY;
  const isMeant = after === undefined ? sql`true` : sql`s.sequence = ${after}`;
  const [head] = await db().$queryRaw<Head[]>`
    WITH moved AS (
      UPDATE "Sandbox" s SET ${GO_ON}, sequence = s.sequence + 1, size = s.size + ${size}
      WHERE s.id = ${sandboxId}::uuid AND ${IS_LIVE} AND ${isMeant}
        AND s.sequence < s."mostActions" AND s.size + ${size} <= ${MOST_BYTES}
      RETURNING s.id, s.sequence, s."clockMs"
    )
    INSERT INTO "SandboxAction" ("sandboxId", sequence, key, source, "atMs", what)
    SELECT id, sequence, ${key}::uuid, ${source}::"ActionSource", "clockMs", ${text}::jsonb FROM moved
    RETURNING sequence, "atMs" AS "clockMs"`;
  return head;
}

async function findByKey({ sandboxId, key }: Act): Promise<Head | undefined> {
  const row = await db().sandboxAction.findUnique({
    where: { sandboxId_key: { sandboxId, key } },
    select: { sequence: true, atMs: true },
  });
  return row ? { sequence: row.sequence, clockMs: row.atMs } : undefined;
}

async function whyNot(act: Act): Promise<AppendResult> {
  const same = await findByKey(act);
  if (same) return { type: 'appended', head: same };
  const row = await db().sandbox.findUnique({
    where: { id: act.sandboxId },
    select: { sequence: true, endedAt: true, expiresAt: true },
  });
  if (!row || row.endedAt || row.expiresAt <= new Date()) return { type: 'gone' };
  if (act.after !== undefined && row.sequence !== act.after) return { type: 'overtaken' };
  return { type: 'full' };
}

/** The entries behind `after`, in order. */
export async function readEntries(
  sandboxId: string,
  after: number,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<readonly (LiveEntry & { readonly source: Source })[]> {
  const rows = await db().sandboxAction.findMany({
    where: { sandboxId, sequence: { gt: after, lte: Math.min(upTo, 2_147_483_647) } },
    orderBy: { sequence: 'asc' },
    select: { sequence: true, atMs: true, what: true, source: true },
  });
  return rows.map(({ sequence, atMs, what, source }) => ({
    sequence,
    at: atMs * 1_000,
    what: what as unknown as LiveEntry['what'],
    source,
  }));
}

/** Where a sandbox begins. */
export async function readBase(sandboxId: string): Promise<Transcript | undefined> {
  const row = await db().sandbox.findUnique({
    where: { id: sandboxId },
    select: { transcript: true },
  });
  return row ? (row.transcript as unknown as Transcript) : undefined;
}
