import type { CheckAnswer, Submission } from '#lib/exercises/submission.ts';

export type Sent =
  | { readonly type: 'answered'; readonly answer: CheckAnswer }
  /** The server heard it and said no; sending it again would not help. */
  | { readonly type: 'refused'; readonly problem: string }
  /** Nobody knows whether it arrived, or the server asks to wait: send it again with the same key. */
  | { readonly type: 'unsent'; readonly reason: 'offline' | 'server'; readonly after: number };

const RETRY_SECONDS = 15;

/** Sends a check once. */
export async function sendCheck(slug: string, submission: Submission): Promise<Sent> {
  try {
    const response = await fetch(`/api/exercises/${slug}/submit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(submission),
      signal: AbortSignal.timeout(60_000),
    });
    const after = Number(response.headers.get('retry-after') ?? RETRY_SECONDS);
    if (response.ok) return { type: 'answered', answer: (await response.json()) as CheckAnswer };
    if (response.status === 429 || response.status > 500)
      return { type: 'unsent', reason: 'server', after };
    const { problem } = (await response.json()) as { problem?: string };
    return { type: 'refused', problem: problem ?? 'The check was refused.' };
  } catch {
    return { type: 'unsent', reason: 'offline', after: RETRY_SECONDS };
  }
}
