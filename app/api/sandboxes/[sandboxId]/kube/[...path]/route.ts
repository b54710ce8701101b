import { answerKube } from '#lib/sandbox/server/answer-kube.server.ts';

export const dynamic = 'force-dynamic';

interface Context {
  readonly params: Promise<{ sandboxId: string }>;
}

/** The Kubernetes API of a learner's sandbox, for their own kubectl. */
const answer = async (request: Request, { params }: Context): Promise<Response> =>
  answerKube(request, (await params).sandboxId);

export { answer as GET, answer as POST, answer as PUT, answer as PATCH, answer as DELETE };
