import { answerRequest } from '#lib/exercises/answer-request.server.ts';
import { saveDraft } from '#lib/exercises/drafts.server.ts';
import { refusalResponse } from '#lib/exercises/refusal.ts';
import { draftSchema, TRANSCRIPT_BYTES } from '#lib/exercises/submission.ts';

/** Keeps unfinished work. 409 with both texts when another page went on meanwhile. */
export async function PUT(
  request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  return answerRequest(request, (await params).slug, {
    schema: draftSchema,
    bytes: TRANSCRIPT_BYTES,
    limit: 'draft-viewer',
    async answer(viewer, slug, draft) {
      const result = await saveDraft(viewer, slug, draft);
      switch (result.type) {
        case 'saved':
          return Response.json({ version: result.version });
        case 'conflict':
          return Response.json({ mine: result.mine, theirs: result.theirs }, { status: 409 });
        case 'refused':
          return refusalResponse(result);
      }
    },
  });
}
