import { answerRequest } from '#lib/exercises/answer-request.server.ts';
import { refusalResponse } from '#lib/exercises/refusal.ts';
import { showSolution } from '#lib/exercises/show-solution.server.ts';
import { SOLUTION_REQUEST_BYTES, solutionRequestSchema } from '#lib/exercises/submission.ts';

/** Tells the solution to whoever has checked once or gives up. */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  return answerRequest(request, (await params).slug, {
    schema: solutionRequestSchema,
    bytes: SOLUTION_REQUEST_BYTES,
    limit: 'attempt-viewer',
    async answer(viewer, slug, body) {
      const result = await showSolution(viewer, slug, body);
      return result.type === 'solution'
        ? Response.json({ steps: result.steps })
        : refusalResponse(result);
    },
  });
}
