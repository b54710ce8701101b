import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  handleRequest,
  MILLISECOND,
  pollLog,
  pollWatch,
  type RestRequest,
  type RestResponse,
  type Sandbox,
} from './index.ts';

/** Real time between two looks at the simulated clock, in milliseconds. */
const TICK = 50;
const BODY_LIMIT = 3 * 1024 * 1024;
const METHODS: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

/** A stream that is polled after each tick. True when it has ended. */
type Stream = () => boolean;

function kubeconfigFor(address: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: hopwise, cluster: {server: "${address}"}}]
users: [{name: learner, user: {}}]
contexts: [{name: hopwise, context: {cluster: hopwise, user: learner}}]
current-context: hopwise
`;
}

/** Protobuf is bytes, one character each; everything else that kubectl sends is text. */
const encodingOf = (request: IncomingMessage) =>
  request.headers['content-type']?.includes('protobuf') === true ? 'latin1' : 'utf8';

function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= BODY_LIMIT) chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(size > BODY_LIMIT ? undefined : Buffer.concat(chunks).toString(encodingOf(request))),
    );
    request.on('error', () => resolve(undefined));
  });
}

function flattenHeaders(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );
}

/** Opens the stream of a watch or a followed log; polled until it ends or the client has gone. */
function openStream(
  answer: Extract<RestResponse, { type: 'watch' | 'log' }>,
  response: ServerResponse,
  { cluster }: Sandbox,
): Stream {
  response.writeHead(200, {
    'content-type': answer.type === 'watch' ? 'application/json' : 'text/plain',
    'transfer-encoding': 'chunked',
  });
  response.flushHeaders();
  return () => {
    if (response.writableEnded || response.destroyed) return true;
    if (answer.type === 'watch') {
      const { lines, isClosed } = pollWatch(answer.watcher, cluster.store, cluster.now);
      for (const line of lines) response.write(`${line}\n`);
      if (isClosed) response.end();
      return isClosed;
    }
    const { text, isClosed } = pollLog(answer.follower, cluster.apiServer);
    if (text !== '') response.write(text);
    if (isClosed) response.end();
    return isClosed;
  };
}

/**
 * Answers HTTP for a sandbox's API server on 127.0.0.1. Its clock runs with ours, one to one, from the moment that the
 * server starts.
 */
export function serve(
  sandbox: Sandbox,
  options: { port: number; announce: (kubeconfig: string, address: string) => void },
): void {
  const { cluster } = sandbox;
  const startedAt = performance.now();
  const origin = cluster.now;
  const streams = new Set<Stream>();

  const catchUp = () => {
    const due = origin + Math.round((performance.now() - startedAt) * MILLISECOND);
    if (due > cluster.now) cluster.advance(due - cluster.now);
    for (const stream of streams) if (stream()) streams.delete(stream);
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request);
    catchUp();
    const method = request.method ?? 'GET';
    if (body === undefined || !METHODS.has(method)) {
      response.writeHead(body === undefined ? 413 : 405).end();
      return;
    }
    const result = handleRequest(
      {
        method: method as RestRequest['method'],
        path: request.url ?? '/',
        headers: flattenHeaders(request),
        body,
      },
      cluster.apiServer,
    );
    if (result.type === 'watch' || result.type === 'log') {
      streams.add(openStream(result, response, sandbox));
      return;
    }
    for (const warning of result.warnings) response.appendHeader('warning', `299 - "${warning}"`);
    response.writeHead(result.status, { 'content-type': result.contentType }).end(result.body);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
  const timer = setInterval(catchUp, TICK);
  server.listen(options.port, '127.0.0.1', () => {
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : options.port;
    const address = `http://127.0.0.1:${port}`;
    options.announce(kubeconfigFor(address), address);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clearInterval(timer);
      server.closeAllConnections();
      server.close();
    });
  }
}
