import 'server-only';
import type { Ask, FoldAnswer } from './fold-jobs.ts';
import { foldPool, type FoldOutcome, type FoldPool } from './fold-pool.server.ts';
import { readBase, readEntries, type Head } from './ordered-actions.server.ts';

/** Up to which entry the process of a sandbox has folded it, as far as this server knows. A guess: it says when it lacks some. */
const folded = new Map<string, number>();
const MOST_KNOWN = 1_000;

export type Folded = Exclude<FoldAnswer, { type: 'need' }> | Exclude<FoldOutcome, FoldAnswer>;

/** Asks the folded sandbox something about the state at `head`; entries come from Postgres when the fold lacks them. */
export async function askSandbox(
  sandboxId: string,
  head: Head,
  ask: Ask,
  pool: FoldPool = foldPool(),
): Promise<Folded> {
  let known = folded.get(sandboxId);
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const base = known === undefined ? await readBase(sandboxId) : undefined;
    const isBehind = known === undefined || known < head.sequence;
    const entries = isBehind ? await readEntries(sandboxId, known ?? 0, head.sequence) : [];
    const outcome = await pool.run({
      sandboxId,
      sequence: head.sequence,
      clock: head.clockMs * 1_000,
      entries,
      ...(base ? { base } : {}),
      ask,
    });
    if (outcome.type !== 'need') {
      if (outcome.type === 'over-budget' || outcome.type === 'fault') folded.delete(sandboxId);
      else remember(sandboxId, head.sequence);
      return outcome;
    }
    known = outcome.after;
  }
  return { type: 'fault', reason: 'the stream of the sandbox has a gap' };
}

function remember(sandboxId: string, sequence: number): void {
  const before = folded.get(sandboxId) ?? 0;
  folded.delete(sandboxId);
  folded.set(sandboxId, Math.max(before, sequence));
  for (const oldest of folded.keys()) {
    if (folded.size <= MOST_KNOWN) break;
    folded.delete(oldest);
  }
}
