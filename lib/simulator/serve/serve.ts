import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { authenticate } from '../apiserver/authenticate.ts';
import { ADMIN } from '../apiserver/request-user.ts';
import { handleRequest } from '../apiserver/rest.ts';
import { statusResponse } from '../apiserver/rest-response.ts';
import type { RestRequest, RestResponse } from '../apiserver/rest-types.ts';
import { badRequest, statusFailure } from '../apiserver/status.ts';
import type { Cluster } from '../cluster.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import { createUpgrader } from './answer-upgrade.ts';
import { createServerCertificate } from './certificate.ts';
import { followResponse } from './follow-response.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { BODY_LIMIT, flattenHeaders, readBody } from './read-request.ts';
import { ServeClock, type ClockMode } from './serve-clock.ts';
import { bearerToken, type TokenUsers } from './token-users.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly clock: ClockMode;
  /** The kubeconfig's namespace. */
  readonly namespace?: string;
  /** TLS, and users by their tokens. `token` is the administrator's. Without it: plain HTTP, and everybody may do everything. */
  readonly secure?: { readonly token: string; readonly users: TokenUsers };
}

/** A server that answers. */
export interface RunningServer {
  readonly address: string;
  readonly kubeconfig: string;
  /** The kubeconfig of another user. */
  kubeconfigOf(token: string): string;
  readonly clock: ServeClock;
  close(): Promise<void>;
}

const TOO_LARGE = statusFailure(
  413,
  'RequestEntityTooLarge',
  `Request entity too large: limit is ${BODY_LIMIT}`,
);
const WRONG_METHOD = statusFailure(
  405,
  'MethodNotAllowed',
  'the server does not allow this method on the requested resource',
  {},
);
const UPGRADE_REQUIRED = badRequest('Upgrade request required');

/** What answers requests and upgrades needs. */
interface Desk {
  readonly cluster: Cluster;
  readonly clock: ServeClock;
  readonly users: TokenUsers | undefined;
}

/** Asks the API server in the name of whoever sent the request. */
function ask(request: IncomingMessage, body: string, { cluster, users }: Desk): RestResponse {
  const token = bearerToken(request.headers.authorization);
  const who = users && authenticate(token, users, cluster.store, cluster.now);
  if (who && !who.ok) return statusResponse(who.status);
  return handleRequest(
    {
      method: request.method as RestRequest['method'],
      path: request.url ?? '/',
      headers: flattenHeaders(request),
      body,
      ...(who && { user: who.value }),
    },
    cluster.apiServer,
  );
}

function send(response: ServerResponse, answer: RestResponse): void {
  if (response.destroyed || !('body' in answer)) return;
  for (const warning of answer.warnings) {
    response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
  }
  response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
}

/** Answers one request that is no upgrade. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  desk: Desk,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return send(response, statusResponse(TOO_LARGE));
  if (!METHODS.has(request.method ?? '')) return send(response, statusResponse(WRONG_METHOD));
  const result = ask(request, body, desk);
  if (result.type === 'session') return send(response, statusResponse(UPGRADE_REQUIRED));
  if (result.type !== 'watch' && result.type !== 'log') return send(response, result);
  desk.clock.add(followResponse(result, response, desk.cluster));
}

/**
 * Answers for a sandbox's API server on 127.0.0.1, until it is closed. What breaks in one request answers 500 and ends
 * nothing else.
 */
export async function serve(sandbox: Sandbox, options: ServeOptions): Promise<RunningServer> {
  const { secure } = options;
  const clock = new ServeClock(sandbox.cluster, options.clock);
  const users = secure && new Map([...secure.users, [secure.token, ADMIN]]);
  const desk: Desk = { cluster: sandbox.cluster, clock, users };
  const tls = secure && createServerCertificate();
  const server = tls
    ? createHttpsServer({ cert: tls.certificate, key: tls.key })
    : createHttpServer();
  const upgrader = createUpgrader(sandbox, (stream) => clock.add(stream));
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    clock.beginRequest();
    answer(request, response, desk)
      .catch((error: unknown) => {
        console.error(error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      })
      .finally(() => clock.endRequest());
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    clock.beginRequest();
    upgrader.answer(request, socket, head, ask(request, '', desk));
    clock.endRequest();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : options.port;
  const address = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const kubeconfigOf = (token: string | undefined) =>
    kubeconfigFor({
      server: address,
      ...(tls && { authority: tls.authority }),
      ...(token === undefined ? {} : { token }),
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    });
  return {
    address,
    kubeconfig: kubeconfigOf(secure?.token),
    kubeconfigOf,
    clock,
    close: () =>
      new Promise((resolve) => {
        clock.stop();
        upgrader.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
