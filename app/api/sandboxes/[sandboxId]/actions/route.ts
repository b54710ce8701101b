import { z } from 'zod';
import { readJsonBody } from '#lib/exercises/read-json-body.ts';
import { refusalResponse } from '#lib/exercises/refusal.ts';
import { actionSchema, TRANSCRIPT_BYTES } from '#lib/exercises/submission.ts';
import { answerAct, answerRead, refuseForeign } from '#lib/sandbox/server/answer-page.server.ts';

interface Context {
  readonly params: Promise<{ sandboxId: string }>;
}

const schema = z.strictObject({
  key: z.uuid(),
  after: z.int().min(0).max(1_000_000),
  what: z.union([
    actionSchema,
    z.strictObject({ type: z.literal('undo'), of: z.int().min(-2_000).max(1_000_000) }),
  ]),
});

/** What happened in a live sandbox behind `after`; waits up to `wait` milliseconds for something. */
export async function GET(request: Request, { params }: Context): Promise<Response> {
  return answerRead(request, (await params).sandboxId);
}

/** Does something in a live sandbox, behind everything that was done before. */
export async function POST(request: Request, { params }: Context): Promise<Response> {
  const foreign = await refuseForeign();
  if (foreign) return foreign;
  const body = await readJsonBody(request, schema, TRANSCRIPT_BYTES);
  return body.ok ? answerAct((await params).sandboxId, body.value) : refusalResponse(body);
}
