import { z } from 'zod';
import { readJsonBody } from '#lib/exercises/read-json-body.ts';
import { refusalResponse } from '#lib/exercises/refusal.ts';
import { TRANSCRIPT_BYTES } from '#lib/exercises/submission.ts';
import { answerBegin, refuseForeign } from '#lib/sandbox/server/answer-page.server.ts';

const schema = z.strictObject({
  id: z.uuid(),
  contentId: z.string().regex(/^[a-z0-9-]{1,100}$/),
  transcript: z.unknown(),
});

/** A page asks for a kubeconfig of its sandbox: from now on the server orders what is done in it. */
export async function POST(request: Request): Promise<Response> {
  const foreign = await refuseForeign();
  if (foreign) return foreign;
  const body = await readJsonBody(request, schema, TRANSCRIPT_BYTES);
  return body.ok ? answerBegin(body.value) : refusalResponse(body);
}
