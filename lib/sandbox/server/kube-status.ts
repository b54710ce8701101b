import type { RestResponse } from '#lib/simulator/index.ts';
import type { PlainAnswer } from './fold-jobs.ts';

export const isPlain = (
  response: RestResponse,
): response is Extract<RestResponse, { type: 'json' | 'text' }> =>
  response.type === 'json' || response.type === 'text';

/** A failure as a Kubernetes API server tells it: clients print `message`. */
export function statusAnswer(code: number, reason: string, message: string): PlainAnswer {
  const metadata = {};
  const status = { kind: 'Status', apiVersion: 'v1', metadata, status: 'Failure' };
  return {
    type: 'plain',
    status: code,
    contentType: 'application/json',
    body: `${JSON.stringify({ ...status, message, reason, code })}\n`,
    warnings: [],
  };
}

/** As the real one says it (k8s.io/apiserver, pkg/endpoints/filters/authentication.go). */
export const UNAUTHORIZED = statusAnswer(401, 'Unauthorized', 'Unauthorized');

export const NEEDS_UPGRADE = statusAnswer(
  400,
  'BadRequest',
  'exec, attach and port-forward need a connection of their own, which this address does not offer: use the terminal of the page, or `npm run sim -- serve`',
);

export const EXHAUSTED = statusAnswer(
  503,
  'ServiceUnavailable',
  'this sandbox has lived through all the events that it may: end it in the page, reset, and begin again',
);

export const internalError = (reason: string): PlainAnswer =>
  statusAnswer(500, 'InternalError', `Internal error occurred: the simulator broke: ${reason}`);
