import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleRequest } from '../apiserver/rest.ts';
import type { RestRequest, RestResponse } from '../apiserver/rest-types.ts';
import { badRequest, statusFailure } from '../apiserver/status.ts';
import type { Cluster } from '../cluster.ts';
import type { Sandbox } from '../scenario/open-sandbox.ts';
import { createUpgrader } from './answer-upgrade.ts';
import { followResponse } from './follow-response.ts';
import { kubeconfigFor } from './kubeconfig.ts';
import { BODY_LIMIT, flattenHeaders, readBody } from './read-request.ts';
import { ServeClock, type ClockMode } from './serve-clock.ts';

const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly clock: ClockMode;
  /** The kubeconfig's namespace. */
  readonly namespace?: string;
}

/** A server that answers. */
export interface RunningServer {
  readonly address: string;
  readonly kubeconfig: string;
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

function sendStatus(response: ServerResponse, status: { readonly code: number }): void {
  if (response.destroyed) return;
  response
    .writeHead(status.code, { 'content-type': 'application/json' })
    .end(JSON.stringify(status));
}

const ask = (request: IncomingMessage, body: string, { apiServer }: Cluster): RestResponse =>
  handleRequest(
    {
      method: request.method as RestRequest['method'],
      path: request.url ?? '/',
      headers: flattenHeaders(request),
      body,
    },
    apiServer,
  );

/** Answers one request that is no upgrade. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sandbox: Sandbox,
  clock: ServeClock,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return sendStatus(response, TOO_LARGE);
  const method = request.method ?? 'GET';
  if (!METHODS.has(method)) return sendStatus(response, WRONG_METHOD);
  const { cluster } = sandbox;
  const result = ask(request, body, cluster);
  if (result.type === 'session') return sendStatus(response, UPGRADE_REQUIRED);
  if (result.type === 'watch' || result.type === 'log') {
    clock.add(followResponse(result, response, cluster));
    return;
  }
  for (const warning of result.warnings) {
    response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
  }
  response.writeHead(result.status, { 'content-type': result.contentType }).end(result.body);
}

/** Answers for a sandbox's API server on 127.0.0.1, until it is closed. A request that breaks us answers 500 and ends nothing. */
export async function serve(sandbox: Sandbox, options: ServeOptions): Promise<RunningServer> {
  const clock = new ServeClock(sandbox.cluster, options.clock);
  const server = createServer((request, response) => {
    clock.beginRequest();
    answer(request, response, sandbox, clock)
      .catch((error: unknown) => {
        console.error(error);
        if (!response.headersSent) response.writeHead(500);
        response.end();
      })
      .finally(() => clock.endRequest());
  });
  const upgrader = createUpgrader(sandbox, (stream) => clock.add(stream));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    clock.beginRequest();
    upgrader.answer(request, socket, head, ask(request, '', sandbox.cluster));
    clock.endRequest();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : options.port;
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    kubeconfig: kubeconfigFor({
      server: address,
      ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
    }),
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
