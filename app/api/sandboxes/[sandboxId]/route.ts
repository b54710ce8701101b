import { answerEnd, refuseForeign } from '#lib/sandbox/server/answer-page.server.ts';

/** Ends the kubeconfig. */
export async function DELETE(
  _request: Request,
  { params }: { params: Promise<{ sandboxId: string }> },
): Promise<Response> {
  return (await refuseForeign()) ?? answerEnd((await params).sandboxId);
}
