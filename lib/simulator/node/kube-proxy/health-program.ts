import type { Flow } from '../../base/flow.ts';
import type { Program, SocketId, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpRequest, type HttpResponse } from '../../packet/http-message.ts';
import { SERVE } from './proxy-health.ts';
import { answerServer, startServer, type ServerState } from './proxy-server.ts';

/** One health-check node port: the process's own arguments. */
interface HealthState {
  readonly namespace: string;
  readonly service: string;
}

/** Where the agent leaves the number of endpoints on this node for the process to read. */
export const ENDPOINTS_FILE = '/proc/self/local-endpoints';

const NOWHERE = { address: '0.0.0.0', port: 0 };

/** hcHandler.ServeHTTP of pkg/proxy/healthcheck/service_health.go. */
function answer({ namespace, service }: HealthState, endpoints: number): HttpResponse {
  const body = [
    '{',
    '\t"service": {',
    `\t\t"namespace": ${JSON.stringify(namespace)},`,
    `\t\t"name": ${JSON.stringify(service)}`,
    '\t},',
    `\t"localEndpoints": ${endpoints},`,
    '\t"serviceProxyHealthy": true',
    '}',
  ].join('\n');
  return {
    status: endpoints > 0 ? 200 : 503,
    reason: endpoints > 0 ? 'OK' : 'Service Unavailable',
    version: '1.1',
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Content-Type-Options', 'nosniff'],
      ['X-Load-Balancing-Endpoint-Weight', String(endpoints)],
      ['Content-Length', String(body.length)],
    ],
    body,
  };
}

function respond(
  state: HealthState | ServerState,
  request: HttpRequest,
  socket: SocketId,
  calls: SystemCalls,
): void {
  const port = calls.localAddress(socket)?.port ?? 0;
  const response =
    'mode' in state
      ? answerServer(state, port, request.target, calls)
      : answer(state, Number(calls.readFile(ENDPOINTS_FILE) ?? 0));
  const flow: Flow = {
    protocol: 'tcp',
    source: calls.localAddress(socket) ?? NOWHERE,
    destination: calls.peerAddress(socket) ?? NOWHERE,
  };
  const line = `HTTP/1.1 ${response.status} ${response.reason}`;
  calls.record({ kind: 'http', place: { machine: '' }, flow, side: 'answers', line });
  calls.send(socket, { kind: 'http-response', response });
  if (headerOf(request.headers, 'connection')?.toLowerCase() === 'close') calls.close(socket);
}

function startNodePort(
  [namespace = '', service = '', port = '0', ...addresses]: readonly string[],
  calls: SystemCalls,
): HealthState {
  const opened =
    addresses.length === 0
      ? [calls.listen(Number(port))]
      : addresses.map((address) => calls.listen(Number(port), address));
  if (opened.some(({ ok }) => !ok)) calls.exit(1);
  return { namespace, service };
}

/**
 * What kube-proxy answers: about itself (arguments: `serve`, mode, loopback address), and on the health-check node port of a
 * Service, where load balancers hear whether this node has endpoints of it (arguments: namespace, Service, port, then the
 * addresses to listen on; none: all).
 * Simplified: a node port is a process of its own; every path of it gets the answer, as from the real one. No Date header.
 */
export const HEALTH_PROGRAM: Program<HealthState | ServerState> = {
  name: 'kube-proxy',
  start: ([first, ...rest], calls) =>
    first === SERVE ? startServer(rest, calls) : startNodePort([first ?? '', ...rest], calls),
  handle(state, event, calls) {
    if (event.type === 'ended') calls.close(event.socket);
    else if (event.type === 'signal') calls.exit(0);
    else if (event.type === 'data' && event.payload.kind === 'http-request')
      respond(state, event.payload.request, event.socket, calls);
  },
};
