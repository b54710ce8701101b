import { consume } from '#lib/auth/rate-limit.server.ts';
import { isSameOrigin } from '#lib/auth/same-origin.server.ts';
import { requireViewer, TooManyGuests } from '#lib/auth/viewer.server.ts';
import { readJsonBody } from '#lib/exercises/read-json-body.ts';
import { ANSWER_BYTE_LIMIT, submissionSchema } from '#lib/quizzes/submission-schema.ts';
import { submitItem } from '#lib/quizzes/submit-item.server.ts';

const problem = (status: number, text: string, headers: Record<string, string> = {}) =>
  Response.json({ problem: text }, { status, headers });

/** One answer to one question: graded here, kept once, and then told with a reason for every option. */
export async function POST(request: Request): Promise<Response> {
  if (!(await isSameOrigin())) return problem(403, 'This did not come from a page of this site.');
  const body = await readJsonBody(request, submissionSchema, ANSWER_BYTE_LIMIT);
  if (!body.ok) return problem(body.status, body.problem);
  try {
    const viewer = await requireViewer();
    const allowed = await consume('attempt-viewer', viewer.id);
    if (!allowed.isAllowed) {
      const seconds = String(allowed.retryAfterSeconds);
      return problem(429, 'That was many answers in a minute. This one waits.', {
        'retry-after': seconds,
      });
    }
    const result = await submitItem(viewer, body.value);
    return result.type === 'answered'
      ? Response.json({ verdict: result.verdict })
      : problem(result.status, result.problem);
  } catch (error) {
    if (error instanceof TooManyGuests)
      return problem(429, 'Too many new visitors from this address.', { 'retry-after': '60' });
    console.error(error);
    return problem(503, 'The answer could not be kept yet.', { 'retry-after': '2' });
  }
}
