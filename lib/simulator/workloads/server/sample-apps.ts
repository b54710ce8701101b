import { SECOND } from '../../base/clock.ts';
import type { Program, ProgramEvent, SystemCalls } from '../../linux/program.ts';
import type { HttpResponse } from '../../packet/http-message.ts';
import { formatHttpDate } from '../calendar.ts';
import { httpResponse, serveHttp, type HttpExchange } from '../http-server.ts';

function plain(status: number, body: string, calls: SystemCalls): HttpResponse {
  return httpResponse(
    status,
    [
      ['Date', formatHttpDate(calls.now)],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    body,
  );
}

/** A whole number from the environment. */
function numberOf(calls: SystemCalls, name: string, otherwise: number): number {
  const value = Number(calls.environment[name] ?? otherwise);
  return Number.isFinite(value) && value >= 0 ? value : otherwise;
}

/** Listens, or says why not and ends. */
function listen(port: number, calls: SystemCalls): boolean {
  if (calls.listen(port).ok) return true;
  calls.printError(`listen tcp :${port}: bind: address already in use\n`);
  calls.exit(1);
  return false;
}

/** traefik/whoami: says who answered, and what it was asked. */
export const WHOAMI: Program<null> = {
  name: 'whoami',
  start(args, calls) {
    const at = args.findIndex((arg) => /^--?port$/.test(arg));
    const port = Number(at >= 0 ? args[at + 1] : numberOf(calls, 'WHOAMI_PORT_NUMBER', 80));
    if (listen(port, calls)) calls.print(`Starting up on port ${port}\n`);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else serveHttp(event, calls, (exchange) => whoAmI(exchange, calls));
  },
};

function whoAmI({ request, client }: HttpExchange, calls: SystemCalls): HttpResponse {
  if (request.target === '/health') return plain(200, '', calls);
  const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1] ?? '';
  const others = request.headers.filter(([name]) => name.toLowerCase() !== 'host');
  const lines = [
    `Hostname: ${calls.hostname}`,
    ...calls.ownAddresses().map(({ address }) => `IP: ${address}`),
    `RemoteAddr: ${client.address}:${client.port}`,
    `${request.method} ${request.target} HTTP/${request.version}`,
    `Host: ${host}`,
    ...others.map(([name, value]) => `${name}: ${value}`),
  ];
  return plain(200, `${lines.join('\n')}\n\n`, calls);
}

/** gcr.io/google-samples/hello-app: a greeting with the name of the pod. Its version is the image's tag: 1.0.0. */
export const HELLO_APP: Program<null> = {
  name: 'hello-app',
  start(_, calls) {
    const port = numberOf(calls, 'PORT', 8080);
    if (listen(port, calls)) calls.print(`Server listening on port ${port}\n`);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else {
      serveHttp(event, calls, ({ request }) => {
        calls.print(`Serving request: ${request.target}\n`);
        return plain(200, `Hello, world!\nVersion: 1.0.0\nHostname: ${calls.hostname}\n`, calls);
      });
    }
  },
};

interface SlowState {
  readonly port: number;
}

function handleSlow(state: SlowState, event: ProgramEvent, calls: SystemCalls): void {
  if (event.type === 'signal') {
    const seconds = numberOf(calls, 'STOP_SECONDS', 0);
    calls.print(`stopping in ${seconds} s\n`);
    calls.setTimer('end', seconds * SECOND);
  } else if (event.type === 'timer') {
    if (event.name === 'end') calls.exit(0);
    else if (listen(state.port, calls)) calls.print(`ready, listening on port ${state.port}\n`);
  } else {
    serveHttp(event, calls, ({ request }) => {
      const isCheck = request.target.split('?')[0] === '/healthz';
      return plain(200, isCheck ? 'ok\n' : `Hello from ${calls.hostname}\n`, calls);
    });
  }
}

/**
 * hopwise/slow-start: listens only START_SECONDS (20) after its start, and answers on for STOP_SECONDS (0) after SIGTERM. PORT
 * is 8080.
 */
export const SLOW_START: Program<SlowState> = {
  name: 'slow-start',
  start(_, calls) {
    const seconds = numberOf(calls, 'START_SECONDS', 20);
    calls.print(`starting, ready in ${seconds} s\n`);
    calls.setTimer('ready', seconds * SECOND);
    return { port: numberOf(calls, 'PORT', 8080) };
  },
  handle: handleSlow,
};

/** hopwise/crash: answers like any server for AFTER_SECONDS (5), then ends with EXIT_CODE (1). PORT is 8080. */
export const CRASH: Program<null> = {
  name: 'crash',
  start(_, calls) {
    const port = numberOf(calls, 'PORT', 8080);
    if (listen(port, calls)) calls.print(`listening on port ${port}\n`);
    calls.setTimer('crash', numberOf(calls, 'AFTER_SECONDS', 5) * SECOND);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else if (event.type === 'timer') {
      calls.printError('fatal: unrecoverable error, giving up\n');
      calls.exit(numberOf(calls, 'EXIT_CODE', 1));
    } else serveHttp(event, calls, () => plain(200, `Hello from ${calls.hostname}\n`, calls));
  },
};
