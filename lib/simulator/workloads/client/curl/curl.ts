import { ipVersion } from '../../../base/ip.ts';
import { MILLISECOND, SECOND, type Micros } from '../../../base/clock.ts';
import { formatSocketAddress, type SocketAddress } from '../../../base/flow.ts';
import type { Program, SystemCalls } from '../../../linux/program.ts';
import { headerOf, type HttpRequest, type HttpResponse } from '../../../packet/http-message.ts';
import { byteLength, statusLine } from '../../http-server.ts';
import {
  abandonFetch,
  advanceFetch,
  errorText,
  startFetch,
  type FetchNotice,
  type FetchOutcome,
  type FetchState,
} from '../fetch.ts';
import { hostHeader, parseUrl, resolveLocation, type HttpUrl } from '../url.ts';
import { parseCurlArguments, type CurlOptions } from './curl-options.ts';
import { formatWriteOut } from './write-out.ts';

interface CurlState {
  readonly options?: CurlOptions;
  /** URLs still to be fetched. */
  urls: string[];
  url: string;
  fetch?: FetchState;
  redirects: number;
  startedAt: Micros;
  local?: SocketAddress;
}

const MAX_REDIRECTS = 50;
/** curl looks at its clock after the timer fired, and so is late by about this. */
const LATENESS = MILLISECOND;
const MAX_TIME = 'max-time';
const CONNECT_TIMEOUT = 'connect-timeout';

function methodOf(options: CurlOptions): string {
  return options.method ?? (options.head ? 'HEAD' : options.data.length > 0 ? 'POST' : 'GET');
}

function requestOf(options: CurlOptions, url: HttpUrl, calls: SystemCalls): HttpRequest {
  const body = options.data
    .map((part) =>
      part.startsWith('@') ? (calls.readFile(part.slice(1)) ?? '').replaceAll('\n', '') : part,
    )
    .join('&');
  const standard: [string, string][] = [
    ['Host', hostHeader(url)],
    ['User-Agent', options.userAgent ?? 'curl/8.5.0'],
    ['Accept', '*/*'],
  ];
  if (options.data.length > 0) {
    standard.push(['Content-Length', String(byteLength(body))]);
    standard.push(['Content-Type', 'application/x-www-form-urlencoded']);
  }
  const given = options.headers.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return colon < 0
      ? [line.replace(/;$/, ''), '']
      : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const isGiven = (name: string) => given.some(([key]) => key.toLowerCase() === name.toLowerCase());
  const host = given.find(([key, value]) => key.toLowerCase() === 'host' && value !== '');
  const others = given.filter((header) => header !== host && header[1] !== '');
  const headers = [
    ...(host ? [host] : []),
    ...standard.filter(([name]) => !isGiven(name)),
    ...others,
  ];
  return { method: methodOf(options), target: url.target, version: '1.1', headers, body };
}

/** `--resolve host:port:address`. */
function pinnedAddress(options: CurlOptions, url: HttpUrl): string | undefined {
  for (const entry of options.resolve) {
    const match = /^\+?([^:]+):(\d+):\[?([^\]]+)\]?$/.exec(entry);
    if (!match) continue;
    const [, host = '', port, addresses = ''] = match;
    const isHost = host === '*' || host.toLowerCase() === url.host.toLowerCase();
    if (isHost && Number(port) === url.port) return addresses.split(',')[0];
  }
  return undefined;
}

const told = (state: CurlState, calls: SystemCalls) => (notice: FetchNotice) => {
  const { options, fetch } = state;
  if (!options?.verbose) return;
  const port = fetch?.url.port ?? currentPort(state);
  switch (notice.type) {
    case 'resolved':
      return;
    case 'trying':
      calls.printError(`*   Trying ${formatSocketAddress({ address: notice.address, port })}...\n`);
      return;
    case 'refused':
      calls.printError(
        `* connect to ${notice.address} port ${port} failed: ${errorText(notice.error)}\n`,
      );
      return;
    case 'connected':
      calls.printError(
        `* Connected to ${fetch?.url.host ?? ''} (${notice.address}) port ${port}\n`,
      );
      if (fetch) showRequest(fetch.request, calls);
  }
};

function currentPort(state: CurlState): number {
  const parsed = parseUrl(state.url);
  return parsed.ok ? parsed.url.port : 80;
}

function showRequest({ method, target, version, headers }: HttpRequest, calls: SystemCalls): void {
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
  ];
  calls.printError(lines.map((line) => `> ${line}\n`).join(''));
}

/** `--interface eth0`, `--interface 10.0.0.1`, `if!eth0`, `host!10.0.0.1`. */
function sourceOf(
  { interface: wanted, types }: CurlOptions,
  calls: SystemCalls,
): { type: 'address'; address: string } | { type: 'problem'; text: string } | undefined {
  if (wanted === undefined) return undefined;
  const name = wanted.replace(/^(if|host)!/, '');
  const devices = calls.interfaces();
  if (ipVersion(name) !== undefined) {
    const isOwn = devices.some(({ addresses }) =>
      addresses.some(({ address }) => address === name),
    );
    return isOwn
      ? { type: 'address', address: name }
      : { type: 'problem', text: 'bind failed with errno 99: Cannot assign requested address' };
  }
  const family = types.includes('A') ? 4 : 6;
  const device = devices.find((one) => one.name === name);
  const own = device?.addresses.find(({ address }) => ipVersion(address) === family);
  return own
    ? { type: 'address', address: own.address }
    : { type: 'problem', text: `Couldn't bind to '${name}'` };
}

function begin(state: CurlState, text: string, calls: SystemCalls): void {
  const { options } = state;
  if (!options) return;
  state.url = text;
  const parsed = parseUrl(text);
  if (!parsed.ok) {
    const [code, message]: [number, string] =
      parsed.problem === 'protocol'
        ? [1, `Protocol "${parsed.scheme}" not supported`]
        : parsed.problem === 'port'
          ? [3, 'URL rejected: Port number was not a decimal number between 0 and 65535']
          : parsed.problem === 'host'
            ? [3, 'URL rejected: No host part in the URL']
            : [3, 'URL rejected: Malformed input to a URL function'];
    end(state, code, message, undefined, calls);
    return;
  }
  const { url } = parsed;
  state.url = `${url.scheme}://${hostHeader(url)}${url.target}`;
  delete state.fetch;
  delete state.local;
  const source = sourceOf(options, calls);
  if (source?.type === 'problem') {
    end(state, 45, source.text, undefined, calls);
    return;
  }
  const pinned = pinnedAddress(options, url);
  if (options.connectTimeout !== undefined)
    calls.setTimer(CONNECT_TIMEOUT, options.connectTimeout * SECOND + LATENESS);
  state.fetch = startFetch(
    {
      url,
      request: requestOf(options, url, calls),
      types: options.types,
      order: 'families-race',
      ...(pinned !== undefined && { pinned }),
      ...(source && { source: source.address }),
    },
    calls,
    told(state, calls),
  );
  judge(state, calls);
}

const millisecondsSince = (start: Micros, now: Micros) => Math.floor((now - start) / MILLISECOND);

function failureOf(
  { url, startedAt }: FetchState,
  outcome: Exclude<FetchOutcome, { type: 'response' }>,
  now: Micros,
): [code: number, message: string] {
  const after = `Failed to connect to ${url.host} port ${url.port} after ${millisecondsSince(startedAt, now)} ms`;
  switch (outcome.type) {
    case 'unresolved':
      return [6, `Could not resolve host: ${url.host}`];
    case 'not-connected':
      return [outcome.error === 'ETIMEDOUT' ? 28 : 7, `${after}: Couldn't connect to server`];
    case 'empty':
      return url.scheme === 'https'
        ? [
            35,
            'OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to ' + `${url.host}:${url.port}`,
          ]
        : [52, 'Empty reply from server'];
    case 'reset':
      return [url.scheme === 'https' ? 35 : 56, `Recv failure: ${errorText(outcome.error)}`];
    case 'not-http':
      return url.scheme === 'https'
        ? [35, 'OpenSSL/3.0.13: error:0A00010B:SSL routines::wrong version number']
        : [1, 'Received HTTP/0.9 when not allowed'];
  }
}

function showResponse(state: CurlState, response: HttpResponse, calls: SystemCalls): void {
  const { options } = state;
  if (!options) return;
  const head = [
    statusLine(response),
    ...response.headers.map(([name, value]) => `${name}: ${value}`),
    '',
  ];
  if (options.verbose) calls.printError(head.map((line) => `< ${line}\n`).join(''));
  const isHidden = options.output !== undefined && options.output !== '-';
  if (isHidden || (options.fail && response.status >= 400)) return;
  if (options.head || options.include) calls.print(head.map((line) => `${line}\r\n`).join(''));
  if (!options.head) calls.print(response.body);
}

function judge(state: CurlState, calls: SystemCalls): void {
  const { fetch, options } = state;
  if (!fetch?.outcome || !options) return;
  calls.clearTimer(CONNECT_TIMEOUT);
  const { outcome } = fetch;
  if (outcome.type !== 'response') {
    const [code, message] = failureOf(fetch, outcome, calls.now);
    end(state, code, message, undefined, calls);
    return;
  }
  const { response } = outcome;
  const location = headerOf(response.headers, 'location');
  if (
    options.followsRedirects &&
    location !== undefined &&
    response.status >= 300 &&
    response.status < 400
  ) {
    if (options.include || options.head) showResponse(state, { ...response, body: '' }, calls);
    state.redirects += 1;
    if (state.redirects > MAX_REDIRECTS)
      end(state, 47, `Maximum (${MAX_REDIRECTS}) redirects followed`, response, calls);
    else begin(state, resolveLocation(location, fetch.url), calls);
    return;
  }
  showResponse(state, response, calls);
  if (options.verbose) calls.printError(`* Connection #0 to host ${fetch.url.host} left intact\n`);
  if (options.fail && response.status >= 400)
    end(state, 22, `The requested URL returned error: ${response.status}`, response, calls);
  else end(state, 0, '', response, calls);
}

function end(
  state: CurlState,
  exitCode: number,
  message: string,
  response: HttpResponse | undefined,
  calls: SystemCalls,
): void {
  const { options, fetch } = state;
  if (!options) return;
  if (exitCode !== 0 && options.verbose && exitCode !== 22)
    calls.printError(`* ${message}\n* Closing connection\n`);
  if (exitCode !== 0 && (!options.silent || options.showError))
    calls.printError(`curl: (${exitCode}) ${message}\n`);
  if (options.writeOut !== undefined) {
    calls.print(
      formatWriteOut(options.writeOut, {
        fetch,
        response,
        url: state.url,
        redirects: state.redirects,
        exitCode,
        message,
        method: methodOf(options),
        now: calls.now,
        local: state.local,
      }),
    );
  }
  if (fetch) abandonFetch(fetch, calls);
  calls.clearTimer(MAX_TIME);
  calls.clearTimer(CONNECT_TIMEOUT);
  const next = state.urls.shift();
  if (next === undefined) {
    calls.exit(exitCode);
    return;
  }
  state.redirects = 0;
  startTransfer(state, next, calls);
}

function startTransfer(state: CurlState, url: string, calls: SystemCalls): void {
  const maxTime = state.options?.maxTime;
  state.startedAt = calls.now;
  if (maxTime !== undefined && maxTime > 0) calls.setTimer(MAX_TIME, maxTime * SECOND + LATENESS);
  begin(state, url, calls);
}

function timeOut(state: CurlState, timer: string, calls: SystemCalls): void {
  const { fetch } = state;
  if (!fetch || fetch.outcome) return;
  if (timer === CONNECT_TIMEOUT && fetch.phase === 'waiting') return;
  const milliseconds = millisecondsSince(state.startedAt, calls.now);
  const { host, port } = fetch.url;
  const text =
    fetch.phase === 'resolving'
      ? `Resolving timed out after ${milliseconds} milliseconds`
      : fetch.phase === 'waiting'
        ? `Operation timed out after ${milliseconds} milliseconds with 0 bytes received`
        : timer === CONNECT_TIMEOUT
          ? `Failed to connect to ${host} port ${port} after ${milliseconds} ms: Timeout was reached`
          : `Connection timed out after ${milliseconds} milliseconds`;
  end(state, 28, text, undefined, calls);
}

/**
 * curl 8.5 for HTTP: its texts, exit codes (6, 7, 22, 28, 35, 52, 56) and timing.
 *
 * Simplified: no TLS, no proxy, no progress meter; `-o FILE` keeps nothing; one connection for each request.
 */
export const CURL: Program<CurlState> = {
  name: 'curl',
  start(args, calls) {
    const parsed = parseCurlArguments(args);
    const state: CurlState = {
      urls: parsed.ok ? [...parsed.options.urls] : [],
      url: '',
      redirects: 0,
      startedAt: calls.now,
      ...(parsed.ok && { options: parsed.options }),
    };
    if (!parsed.ok) {
      if (parsed.stdout !== undefined) calls.print(parsed.stdout);
      if (parsed.stderr !== undefined) calls.printError(parsed.stderr);
      calls.exit(parsed.exitCode);
    } else startTransfer(state, state.urls.shift() ?? '', calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') {
      calls.exit(event.signal === 'SIGINT' ? 130 : 143);
      return;
    }
    if (event.type === 'timer' && (event.name === MAX_TIME || event.name === CONNECT_TIMEOUT)) {
      timeOut(state, event.name, calls);
      return;
    }
    if (!state.fetch) return;
    if (event.type === 'connected') {
      const local = calls.localAddress(event.socket);
      if (local) state.local = local;
    }
    advanceFetch(state.fetch, event, calls, told(state, calls));
    judge(state, calls);
  },
};
