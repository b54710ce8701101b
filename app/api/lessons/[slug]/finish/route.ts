import { consume } from '#lib/auth/rate-limit.server.ts';
import { isSameOrigin } from '#lib/auth/same-origin.server.ts';
import { requireViewer, TooManyGuests } from '#lib/auth/viewer.server.ts';
import { readJsonBody } from '#lib/exercises/read-json-body.ts';
import { finishLesson, finishSchema } from '#lib/quizzes/finish-lesson.server.ts';

const problem = (status: number, text: string, headers: Record<string, string> = {}) =>
  Response.json({ problem: text }, { status, headers });

/** A lesson was read to its end. */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  if (!(await isSameOrigin())) return problem(403, 'This did not come from a page of this site.');
  const body = await readJsonBody(request, finishSchema, 1024);
  if (!body.ok) return problem(body.status, body.problem);
  try {
    const viewer = await requireViewer();
    const allowed = await consume('attempt-viewer', viewer.id);
    if (!allowed.isAllowed) {
      const headers = { 'retry-after': String(allowed.retryAfterSeconds) };
      return problem(429, 'That was too often within a minute.', headers);
    }
    const isKnown = await finishLesson(viewer, (await params).slug, body.value.key);
    return isKnown ? Response.json({ isFinished: true }) : problem(404, 'There is no such lesson.');
  } catch (error) {
    if (error instanceof TooManyGuests)
      return problem(429, 'Too many new visitors from this address.', { 'retry-after': '60' });
    console.error(error);
    return problem(503, 'This could not be kept yet.', { 'retry-after': '2' });
  }
}
