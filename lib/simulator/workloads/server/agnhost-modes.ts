import { SECOND, type Micros } from '../../base/clock.ts';
import type { SystemCalls } from '../../linux/program.ts';
import type { HttpResponse } from '../../packet/http-message.ts';
import { formatHttpDate } from '../calendar.ts';
import { flagOf } from '../go-flags.ts';
import { httpResponse, type HttpExchange } from '../http-server.ts';

export function plain(status: number, body: string, calls: SystemCalls): HttpResponse {
  const date = formatHttpDate(calls.now);
  return httpResponse(
    status,
    [
      ['Date', date],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    body,
  );
}

const NO_PAGE = '404 page not found\n';

/** What a server of agnhost remembers. */
export interface ModeState {
  readonly startedAt: Micros;
  /** Of the gRPC health server. */
  isServing: boolean;
}

/** A subcommand that is an HTTP server and nothing more. */
export interface ServerMode {
  ports(args: readonly string[], calls: SystemCalls): readonly number[];
  readonly greeting?: (ports: readonly number[]) => string;
  answer(exchange: HttpExchange, state: ModeState, calls: SystemCalls): HttpResponse;
}

const pathOf = ({ request }: HttpExchange) => request.target.split('?')[0] ?? '/';

/** agnhost liveness: healthy for ten seconds, and then no more. */
const LIVENESS: ServerMode = {
  ports: () => [8080],
  answer(exchange, { startedAt }, calls) {
    const seconds = (calls.now - startedAt) / SECOND;
    switch (pathOf(exchange)) {
      case '/healthz':
        return seconds > 10 ? plain(500, `error: ${seconds}`, calls) : plain(200, 'ok', calls);
      case '/started':
        return plain(200, `${seconds}s`, calls);
      default:
        return plain(404, NO_PAGE, calls);
    }
  },
};

const SERVED = /^SERVE_(?:TLS_|SCTP_)?PORT_(\d+)$/;

/** agnhost porter: a port for every variable SERVE_PORT_n, which answers the value. */
const PORTER: ServerMode = {
  ports: (_, calls) =>
    Object.keys(calls.environment).flatMap((name) => {
      const port = SERVED.exec(name)?.[1];
      return port === undefined ? [] : [Number(port)];
    }),
  answer: ({ server }, _, calls) =>
    plain(200, calls.environment[`SERVE_PORT_${server.port}`] ?? '', calls),
};

/** The method of grpc.health.v1 that probes call, as a request of HTTP. */
const HEALTH_CHECK = '/grpc.health.v1.Health/Check';

/** agnhost grpc-health-checking: gRPC health on 5000; on 8080 somebody may say that it does not serve. */
const GRPC_HEALTH: ServerMode = {
  ports: (args) => [
    Number(flagOf(args, 'port') ?? 5000),
    Number(flagOf(args, 'http-port') ?? 8080),
  ],
  greeting: ([port, http]) =>
    `Http server starting to listen on port :${http}\ngRPC server starting to listen on port :${port}\n`,
  answer(exchange, state, calls) {
    switch (pathOf(exchange)) {
      case HEALTH_CHECK:
        return httpResponse(
          200,
          [
            ['Content-Type', 'application/grpc'],
            ['Grpc-Status', '0'],
          ],
          state.isServing ? 'SERVING' : 'NOT_SERVING',
        );
      case '/make-not-serving':
        state.isServing = false;
        return plain(200, '', calls);
      case '/make-serving':
        state.isServing = true;
        return plain(200, '', calls);
      default:
        return plain(404, NO_PAGE, calls);
    }
  },
};

/** agnhost serve-hostname: the name of the pod, on 9376. */
const SERVE_HOSTNAME: ServerMode = {
  ports: (args) => [Number(flagOf(args, 'port') ?? 9376)],
  answer: (_, __, calls) => plain(200, calls.hostname, calls),
};

export const SERVER_MODES: Readonly<Record<string, ServerMode>> = {
  liveness: LIVENESS,
  porter: PORTER,
  'grpc-health-checking': GRPC_HEALTH,
  'serve-hostname': SERVE_HOSTNAME,
};

const resolverWords = (calls: SystemCalls, keyword: string) =>
  (calls.readFile('/etc/resolv.conf') ?? '')
    .split('\n')
    .filter((line) => line.startsWith(`${keyword} `))
    .flatMap((line) => line.split(/\s+/).slice(1));

/** Subcommands that print something and end. */
export const PRINTING_MODES: Readonly<Record<string, (calls: SystemCalls) => string>> = {
  'dns-suffix': (calls) => `${resolverWords(calls, 'search').join(',')}\n`,
  'dns-server-list': (calls) => `${resolverWords(calls, 'nameserver').join(',')}\n`,
  'etc-hosts': (calls) => calls.readFile('/etc/hosts') ?? '',
};
