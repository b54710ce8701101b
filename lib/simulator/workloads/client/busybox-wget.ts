import { SECOND } from '../../base/clock.ts';
import type { ProgramEvent, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpResponse } from '../../packet/http-message.ts';
import { byteLength, statusLine } from '../http-server.ts';
import {
  abandonFetch,
  advanceFetch,
  errorText,
  startFetch,
  type FetchNotice,
  type FetchState,
} from './fetch.ts';
import { formatSocketAddress } from '../../base/flow.ts';
import { hostHeader, parseUrl, resolveLocation } from './url.ts';

/** What both wgets understand. */
export interface BusyboxWgetOptions {
  readonly url: string;
  readonly quiet: boolean;
  readonly serverResponse: boolean;
  readonly spider: boolean;
  readonly output?: string;
  readonly timeout: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

export interface BusyboxWgetState {
  readonly options: BusyboxWgetOptions;
  url: string;
  redirects: number;
  fetch?: FetchState;
}

const TIMER = 'busybox-wget';
const MAX_REDIRECTS = 20;
const BAR = '*'.repeat(32);

const say = ({ options }: BusyboxWgetState, text: string, calls: SystemCalls) => {
  if (!options.quiet) calls.printError(text);
};

function fail(text: string, calls: SystemCalls): void {
  calls.printError(`wget: ${text}\n`);
  calls.exit(1);
}

const told = (state: BusyboxWgetState, calls: SystemCalls) => (notice: FetchNotice) => {
  const parsed = parseUrl(state.url);
  if (notice.type !== 'trying' || !parsed.ok) return;
  const { url } = parsed;
  const to = formatSocketAddress({ address: notice.address, port: url.port });
  say(state, `Connecting to ${hostHeader(url)} (${to})\n`, calls);
};

function begin(state: BusyboxWgetState, text: string, calls: SystemCalls): void {
  const { options } = state;
  const given = /^\w+:\/\//.test(text) ? text : `http://${text}`;
  const parsed = parseUrl(given);
  state.url = given;
  if (!parsed.ok) {
    fail(`not an http or ftp url: ${text}`, calls);
    return;
  }
  const { url } = parsed;
  calls.setTimer(TIMER, options.timeout * SECOND);
  state.fetch = startFetch(
    {
      url,
      types: ['A', 'AAAA'],
      request: {
        method: options.spider ? 'HEAD' : options.body === undefined ? 'GET' : 'POST',
        target: url.target,
        version: '1.1',
        headers: [
          ['Host', hostHeader(url)],
          ['User-Agent', 'Wget'],
          ...options.headers,
          ['Connection', 'close'],
        ],
        body: options.body ?? '',
      },
    },
    calls,
    told(state, calls),
  );
  judge(state, calls);
}

function showResponse(state: BusyboxWgetState, response: HttpResponse, calls: SystemCalls): void {
  const { options, fetch } = state;
  if (options.serverResponse) {
    const lines = response.headers.map(([name, value]) => `${name}: ${value}`);
    calls.printError([statusLine(response), ...lines].map((line) => `  ${line}\n`).join(''));
  }
  const location = headerOf(response.headers, 'location');
  if (location !== undefined && fetch && response.status >= 300 && response.status < 400) {
    state.redirects += 1;
    if (state.redirects > MAX_REDIRECTS) fail('too many redirections', calls);
    else begin(state, resolveLocation(location, fetch.url), calls);
    return;
  }
  if (response.status >= 400) {
    fail(`server returned error: ${statusLine(response)}`, calls);
    return;
  }
  if (options.spider) say(state, 'remote file exists\n', calls);
  else save(state, response, calls);
  calls.exit(0);
}

function save(state: BusyboxWgetState, response: HttpResponse, calls: SystemCalls): void {
  const { options, url } = state;
  const path = url.replace(/^\w+:\/\/[^/]*/, '').replace(/\?.*/, '');
  const file = options.output ?? (path.slice(path.lastIndexOf('/') + 1) || 'index.html');
  const name = file.slice(file.lastIndexOf('/') + 1).slice(0, 20);
  const size = String(byteLength(response.body)).padStart(6);
  const progress = `${name.padEnd(20)} 100% |${BAR}|${size}  0:00:00 ETA\n`;
  const isStdout = file === '-';
  say(state, isStdout ? 'writing to stdout\n' : `saving to '${file}'\n`, calls);
  if (isStdout) calls.print(response.body);
  say(state, `${progress}${isStdout ? 'written to stdout\n' : `'${file}' saved\n`}`, calls);
}

function judge(state: BusyboxWgetState, calls: SystemCalls): void {
  const { fetch } = state;
  if (!fetch?.outcome) return;
  calls.clearTimer(TIMER);
  const { outcome } = fetch;
  switch (outcome.type) {
    case 'response':
      showResponse(state, outcome.response, calls);
      return;
    case 'unresolved':
      fail(`bad address '${hostHeader(fetch.url)}'`, calls);
      return;
    case 'not-connected': {
      const address = fetch.addresses[fetch.address] ?? '';
      fail(`can't connect to remote host (${address}): ${errorText(outcome.error)}`, calls);
      return;
    }
    case 'empty':
    case 'not-http':
      fail('error getting response', calls);
      return;
    case 'reset':
      fail(`error getting response: ${errorText(outcome.error)}`, calls);
  }
}

/** wget of BusyBox 1.37, which alpine and busybox images have: no retries, exit code 1 for whatever goes wrong. */
export function startBusyboxWget(
  options: BusyboxWgetOptions,
  calls: SystemCalls,
): BusyboxWgetState {
  const state: BusyboxWgetState = { options, url: options.url, redirects: 0 };
  begin(state, options.url, calls);
  return state;
}

export function handleBusyboxWget(
  state: BusyboxWgetState,
  event: ProgramEvent,
  calls: SystemCalls,
): void {
  if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
  else if (event.type === 'timer' && event.name === TIMER) {
    if (state.fetch) abandonFetch(state.fetch, calls);
    fail('download timed out', calls);
  } else if (state.fetch) {
    advanceFetch(state.fetch, event, calls, told(state, calls));
    judge(state, calls);
  }
}
