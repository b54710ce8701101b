import { answerRequest } from '#lib/exercises/answer-request.server.ts';
import { refusalResponse } from '#lib/exercises/refusal.ts';
import { submitExercise } from '#lib/exercises/submit-exercise.server.ts';
import { submissionSchema, TRANSCRIPT_BYTES } from '#lib/exercises/submission.ts';

/** Checks an exercise: the transcript is replayed here, whatever the page believes. */
export async function POST(
  request: Request,
  { params }: { params: Promise<{ slug: string }> },
): Promise<Response> {
  return answerRequest(request, (await params).slug, {
    schema: submissionSchema,
    bytes: TRANSCRIPT_BYTES,
    limit: 'attempt-viewer',
    async answer(viewer, slug, submission) {
      const result = await submitExercise(viewer, slug, submission);
      return result.type === 'answer' ? Response.json(result.answer) : refusalResponse(result);
    },
  });
}
