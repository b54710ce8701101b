import 'server-only';
import { randomUUID } from 'node:crypto';
import { consume } from '#lib/auth/rate-limit.server.ts';
import type { RequestAction } from '#lib/simulator/index.ts';
import { tokenOf } from '../kubeconfig.ts';
import type { PlainAnswer } from './fold-jobs.ts';
import { askSandbox, type Folded } from './fold-sandbox.server.ts';
import {
  EXHAUSTED,
  internalError,
  NEEDS_UPGRADE,
  statusAnswer,
  UNAUTHORIZED,
} from './kube-status.ts';
import { openKubeStream } from './kube-streams.server.ts';
import { isTokenOf } from './live-sandboxes.server.ts';
import { appendAction, tick, type Head } from './ordered-actions.server.ts';
import {
  actionOf,
  isWrite,
  MOST_BODY_BYTES,
  needsUpgrade,
  readRequest,
  type ReadRequest,
} from './read-request.ts';

function asResponse({ status, contentType, body, warnings }: PlainAnswer): Response {
  const headers = new Headers({ 'content-type': contentType });
  for (const warning of warnings)
    headers.append('warning', `299 - "${warning.replaceAll('"', '\\"')}"`);
  return new Response(body, { status, headers });
}

const TOO_LARGE = statusAnswer(
  413,
  'RequestEntityTooLarge',
  `Request entity too large: limit is ${MOST_BODY_BYTES}`,
);
const FULL = statusAnswer(
  403,
  'Forbidden',
  'this sandbox keeps no more actions: end it in the page, reset, and begin again',
);
const BUSY = statusAnswer(429, 'TooManyRequests', 'Too many requests, please try again later.');

function refusalOf(read: Exclude<ReadRequest, { type: 'request' }>): PlainAnswer {
  switch (read.type) {
    case 'too-large':
      return TOO_LARGE;
    case 'too-deep':
      return statusAnswer(400, 'BadRequest', 'the object is nested deeper than 64 levels');
    case 'no-text':
      return statusAnswer(400, 'BadRequest', 'the body is not text in UTF-8');
    case 'no-method':
      return statusAnswer(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
      );
  }
}

/** Clients of Kubernetes wait as long as this says, and ask again by themselves. */
function later(seconds: number): Response {
  const response = asResponse(BUSY);
  response.headers.set('retry-after', String(seconds));
  return response;
}

/** What stands behind `/kube` in the address, as it was sent: names may hold what a router would decode. */
function pathOf(request: Request, sandboxId: string): string {
  const { pathname, search } = new URL(request.url);
  const root = `/api/sandboxes/${sandboxId}/kube`;
  return pathname.slice(pathname.indexOf(root) + root.length) + search;
}

/**
 * The Kubernetes API of a live sandbox, for somebody's own kubectl. A write is an action of the sandbox: it is in
 * Postgres, behind all others, before it is done and answered. A read sees everything that was answered before it, on
 * whichever server.
 */
export async function answerKube(request: Request, sandboxId: string): Promise<Response> {
  // Pages send Origin or Sec-Fetch-Site, kubectl neither: what a browser was talked into is not answered.
  if (request.headers.has('origin') || request.headers.has('sec-fetch-site'))
    return asResponse(statusAnswer(403, 'Forbidden', 'this address is for kubectl, not for pages'));
  const token = tokenOf(request.headers.get('authorization'));
  if (!(await isTokenOf(sandboxId, token))) return asResponse(UNAUTHORIZED);
  const allowed = await consume('kube-token', sandboxId);
  if (!allowed.isAllowed) return later(allowed.retryAfterSeconds);
  const read = await readRequest(request, pathOf(request, sandboxId));
  if (read.type !== 'request') return asResponse(refusalOf(read));
  if (needsUpgrade(read.request)) return asResponse(NEEDS_UPGRADE);
  const action = isWrite(read.request) ? actionOf(read.request, read.bytes) : undefined;
  return action ? answerWrite(sandboxId, action) : answerRead(request, sandboxId, read);
}

async function answerWrite(sandboxId: string, action: RequestAction): Promise<Response> {
  const appended = await appendAction({
    sandboxId,
    key: randomUUID(),
    source: 'KUBECTL',
    what: action,
  });
  switch (appended.type) {
    case 'appended':
      return answerTo(await askSandbox(sandboxId, appended.head, { type: 'result' }));
    case 'gone':
      return asResponse(UNAUTHORIZED);
    case 'full':
    case 'overtaken':
      return asResponse(FULL);
  }
}

async function answerRead(
  { signal }: Request,
  sandboxId: string,
  { request }: Extract<ReadRequest, { type: 'request' }>,
): Promise<Response> {
  const head: Head | undefined = await tick(sandboxId);
  if (!head) return asResponse(UNAUTHORIZED);
  const stream = randomUUID();
  const outcome = await askSandbox(sandboxId, head, { type: 'read', request, stream });
  if (outcome.type !== 'stream') return answerTo(outcome);
  const body = openKubeStream(sandboxId, stream, signal);
  if (!body) return asResponse(BUSY);
  return new Response(body, {
    headers: {
      'content-type': outcome.contentType,
      // A proxy that collects or packs a stream would keep it from its reader.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

function answerTo(outcome: Folded): Response {
  switch (outcome.type) {
    case 'plain':
      return asResponse(outcome);
    case 'exhausted':
    case 'over-budget':
      return asResponse(EXHAUSTED);
    case 'busy':
      return later(1);
    case 'fault':
      console.error(`a sandbox's Kubernetes API: ${outcome.reason}`);
      return asResponse(internalError('the process of this sandbox ended'));
    case 'elapsed':
    case 'parts':
    case 'stream':
      return asResponse(internalError('an answer to another question'));
  }
}
