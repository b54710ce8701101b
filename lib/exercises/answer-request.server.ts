import 'server-only';
import type { z } from 'zod';
import { consume, type Limit } from '#lib/auth/rate-limit.server.ts';
import { isSameOrigin } from '#lib/auth/same-origin.server.ts';
import { requireViewer, TooManyGuests } from '#lib/auth/viewer.server.ts';
import type { KnownViewer } from '#lib/auth/viewer.ts';
import { loadContent } from '#lib/content/load-content.server.ts';
import { readJsonBody } from './read-json-body.ts';
import { refusalResponse } from './refusal.ts';

interface Endpoint<T> {
  readonly schema: z.ZodType<T>;
  /** Most bytes of a body. */
  readonly bytes: number;
  readonly limit: Limit;
  readonly answer: (viewer: KnownViewer, slug: string, body: T) => Promise<Response>;
}

/**
 * What the endpoints of an exercise have in common, in the order in which it costs least: the origin, the exercise,
 * the body, the viewer (who becomes a guest only now), the limit.
 */
export async function answerRequest<T>(
  request: Request,
  slug: string,
  { schema, bytes, limit, answer }: Endpoint<T>,
): Promise<Response> {
  if (!(await isSameOrigin()))
    return refusalResponse({ status: 403, problem: 'This did not come from a page of this site.' });
  if (!(await loadContent()).exercises.has(slug))
    return refusalResponse({ status: 404, problem: 'There is no such exercise.' });
  const body = await readJsonBody(request, schema, bytes);
  if (!body.ok) return refusalResponse(body);
  try {
    const viewer = await requireViewer();
    const allowed = await consume(limit, viewer.id);
    if (!allowed.isAllowed) {
      const { retryAfterSeconds } = allowed;
      return refusalResponse({ status: 429, problem: 'Too many at once.', retryAfterSeconds });
    }
    return await answer(viewer, slug, body.value);
  } catch (error) {
    if (!(error instanceof TooManyGuests)) throw error;
    return refusalResponse({ status: 429, problem: 'Too many new guests from this address.' });
  }
}
