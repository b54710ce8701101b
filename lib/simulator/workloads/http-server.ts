import type { SocketAddress } from '../base/flow.ts';
import type { ProgramEvent, SocketId, SystemCalls } from '../linux/program.ts';
import {
  headerOf,
  type HttpHeaders,
  type HttpRequest,
  type HttpResponse,
} from '../packet/http-message.ts';
import { flowFrom, recordHttp } from './application-steps.ts';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** Reason phrase of a status (RFC 9110 15), empty for one without. */
export const reasonOf = (status: number): string => REASONS[status] ?? '';

/** Bytes of a text in UTF-8. */
export function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}

/** A response with Content-Length behind the given headers. */
export function httpResponse(status: number, headers: HttpHeaders, body: string): HttpResponse {
  return {
    status,
    reason: reasonOf(status),
    version: '1.1',
    headers: [...headers, ['Content-Length', String(byteLength(body))]],
    body,
  };
}

/** `HTTP/1.1 200 OK`. */
export const statusLine = ({ version, status, reason }: HttpResponse) =>
  `HTTP/${version} ${status} ${reason}`.trimEnd();

export interface HttpExchange {
  readonly request: HttpRequest;
  readonly socket: SocketId;
  readonly client: SocketAddress;
  readonly server: SocketAddress;
}

const NOWHERE: SocketAddress = { address: '0.0.0.0', port: 0 };

/** Sends a response on a connection, and ends it when the client asked for that. */
export function respond(calls: SystemCalls, exchange: HttpExchange, response: HttpResponse): void {
  const { request, socket } = exchange;
  const sent = request.method === 'HEAD' ? { ...response, body: '' } : response;
  recordHttp(calls, flowFrom(calls, socket, undefined, 'tcp'), 'answers', statusLine(sent));
  calls.send(socket, { kind: 'http-response', response: sent });
  const connection = headerOf(request.headers, 'connection')?.toLowerCase();
  if (connection === 'close' || (request.version === '1.0' && connection !== 'keep-alive')) {
    calls.close(socket);
  }
}

/**
 * The life of an HTTP server's connections: requests go to `answer`, anything that is no HTTP gets 400, and a client
 * that ends is let go. Call it with every event of the server's TCP sockets.
 */
export function serveHttp(
  event: ProgramEvent,
  calls: SystemCalls,
  answer: (exchange: HttpExchange) => HttpResponse | undefined,
): void {
  if (event.type === 'ended') {
    calls.close(event.socket);
    return;
  }
  if (event.type !== 'data') return;
  const { socket, payload } = event;
  const client = calls.peerAddress(socket) ?? NOWHERE;
  const server = calls.localAddress(socket) ?? NOWHERE;
  if (payload.kind !== 'http-request') {
    const body = '400 Bad Request';
    const response = httpResponse(
      400,
      [
        ['Content-Type', 'text/plain'],
        ['Connection', 'close'],
      ],
      body,
    );
    calls.send(socket, { kind: 'http-response', response });
    calls.close(socket);
    return;
  }
  const exchange = { request: payload.request, socket, client, server };
  const response = answer(exchange);
  if (response) respond(calls, exchange, response);
}
