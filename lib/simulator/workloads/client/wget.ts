import { SECOND } from '../../base/clock.ts';
import type { Program, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpResponse } from '../../packet/http-message.ts';
import { formatDateTime } from '../calendar.ts';
import { byteLength, statusLine } from '../http-server.ts';
import {
  abandonFetch,
  advanceFetch,
  errorText,
  startFetch,
  type FetchNotice,
  type FetchState,
} from './fetch.ts';
import { handleBusyboxWget, startBusyboxWget, type BusyboxWgetState } from './busybox-wget.ts';
import { resolutionErrorText } from './resolver/resolver.ts';
import { hostHeader, parseUrl, resolveLocation } from './url.ts';

interface WgetOptions {
  url: string;
  quiet: boolean;
  serverResponse: boolean;
  spider: boolean;
  output?: string;
  timeout: number;
  tries: number;
  readonly headers: [string, string][];
  body?: string;
}

interface WgetState {
  readonly options: WgetOptions;
  url: string;
  attempt: number;
  redirects: number;
  fetch?: FetchState;
  /** The image has BusyBox's wget instead. */
  busybox?: BusyboxWgetState;
}

const BUSYBOX = '/bin/busybox';

const READ_TIMEOUT = 900;
const MAX_REDIRECTS = 20;
const TIMER = 'wget';

type Parse =
  | { readonly ok: true; readonly options: WgetOptions }
  | { readonly ok: false; readonly text: string };

const usage = (problem: string): Parse => ({
  ok: false,
  text: `${problem}\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.\n`,
});

const WITH_VALUE: Readonly<Record<string, (options: WgetOptions, value: string) => void>> = {
  O: (o, value) => (o.output = value),
  T: (o, value) => (o.timeout = Number(value)),
  t: (o, value) => (o.tries = Number(value)),
  U: (o, value) => o.headers.push(['User-Agent', value]),
  'output-document': (o, value) => (o.output = value),
  timeout: (o, value) => (o.timeout = Number(value)),
  tries: (o, value) => (o.tries = Number(value)),
  'user-agent': (o, value) => o.headers.push(['User-Agent', value]),
  'post-data': (o, value) => (o.body = value),
  header: (o, value) => {
    const colon = value.indexOf(':');
    o.headers.push([value.slice(0, colon), value.slice(colon + 1).trim()]);
  },
};

const FLAGS: Readonly<Record<string, (options: WgetOptions) => void>> = {
  q: (o) => (o.quiet = true),
  quiet: (o) => (o.quiet = true),
  S: (o) => (o.serverResponse = true),
  'server-response': (o) => (o.serverResponse = true),
  spider: (o) => (o.spider = true),
  'no-check-certificate': () => undefined,
  nv: () => undefined,
  'no-verbose': () => undefined,
};

function parseArguments(args: readonly string[]): Parse {
  const options: WgetOptions = {
    url: '',
    quiet: false,
    serverResponse: false,
    spider: false,
    timeout: READ_TIMEOUT,
    tries: 20,
    headers: [],
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (!arg.startsWith('-') || arg === '-') {
      options.url = arg;
      continue;
    }
    if (arg.startsWith('--')) {
      const [name = '', ...value] = arg.slice(2).split('=');
      if (FLAGS[name]) FLAGS[name](options);
      else if (WITH_VALUE[name])
        WITH_VALUE[name](options, value.length > 0 ? value.join('=') : (rest.shift() ?? ''));
      else return usage(`wget: unrecognized option '${arg}'`);
      continue;
    }
    for (let letters = arg.slice(1); letters !== '';) {
      const letter = letters[0]!;
      letters = letters.slice(1);
      if (FLAGS[letter]) FLAGS[letter](options);
      else if (WITH_VALUE[letter]) {
        WITH_VALUE[letter](options, letters !== '' ? letters : (rest.shift() ?? ''));
        letters = '';
      } else return usage(`wget: invalid option -- '${letter}'`);
    }
  }
  return options.url === '' ? usage('wget: missing URL') : { ok: true, options };
}

const say = (state: WgetState, calls: SystemCalls, text: string) => {
  if (!state.options.quiet) calls.printError(text);
};

const told = (state: WgetState, calls: SystemCalls) => (notice: FetchNotice) => {
  const parsed = parseUrl(state.url);
  if (!parsed.ok) return;
  const { host, port } = parsed.url;
  const show = (address: string) =>
    address === host ? `${host}:${port}` : `${host} (${host})|${address}|:${port}`;
  switch (notice.type) {
    case 'resolved':
      say(state, calls, `Resolving ${host} (${host})... ${notice.addresses.join(', ')}\n`);
      return;
    case 'trying':
      say(state, calls, `Connecting to ${show(notice.address)}... `);
      return;
    case 'refused':
      say(state, calls, `failed: ${errorText(notice.error)}.\n`);
      return;
    case 'connected':
      say(state, calls, 'connected.\nHTTP request sent, awaiting response... ');
  }
};

function begin(state: WgetState, text: string, calls: SystemCalls): void {
  state.url = text;
  const parsed = parseUrl(text);
  if (!parsed.ok) {
    calls.printError(
      `${text}: ${parsed.problem === 'protocol' ? 'Unsupported scheme' : 'Invalid host name'}.\n`,
    );
    calls.exit(1);
    return;
  }
  const { url } = parsed;
  const { options } = state;
  state.url = `${url.scheme}://${hostHeader(url)}${url.target}`;
  const attempt = state.attempt > 1 ? `(try:${String(state.attempt).padStart(2)})` : '';
  say(state, calls, `--${formatDateTime(calls.now)}--  ${attempt}${attempt && '  '}${state.url}\n`);
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
          ['User-Agent', 'Wget/1.21.4'],
          ['Accept', '*/*'],
          ['Accept-Encoding', 'identity'],
          ['Connection', 'Keep-Alive'],
          ...options.headers,
        ],
        body: options.body ?? '',
      },
    },
    calls,
    told(state, calls),
  );
  judge(state, calls);
}

function retry(state: WgetState, calls: SystemCalls): void {
  if (state.attempt >= state.options.tries) {
    say(state, calls, 'Giving up.\n\n');
    calls.exit(4);
    return;
  }
  say(state, calls, 'Retrying.\n\n');
  calls.setTimer('retry', Math.min(state.attempt, 10) * SECOND);
  state.attempt += 1;
}

function showResponse(state: WgetState, response: HttpResponse, calls: SystemCalls): void {
  const { options, fetch } = state;
  say(state, calls, `${response.status} ${response.reason}\n`);
  if (options.serverResponse) {
    const lines = [
      statusLine(response),
      ...response.headers.map(([name, value]) => `${name}: ${value}`),
    ];
    calls.printError(lines.map((line) => `  ${line}\n`).join(''));
  }
  const location = headerOf(response.headers, 'location');
  if (location !== undefined && response.status >= 300 && response.status < 400) {
    say(state, calls, `Location: ${location} [following]\n`);
    state.redirects += 1;
    if (state.redirects > MAX_REDIRECTS) {
      calls.printError(`${MAX_REDIRECTS} redirections exceeded.\n`);
      calls.exit(8);
    } else begin(state, resolveLocation(location, fetch!.url), calls);
    return;
  }
  if (response.status >= 400) {
    say(
      state,
      calls,
      `${formatDateTime(calls.now)} ERROR ${response.status}: ${response.reason}.\n\n`,
    );
    calls.exit(8);
    return;
  }
  save(state, response, calls);
  calls.exit(0);
}

function save(
  { options, url, ...state }: WgetState,
  response: HttpResponse,
  calls: SystemCalls,
): void {
  const quietState = { options, url, ...state };
  const size = byteLength(response.body);
  const type = headerOf(response.headers, 'content-type')?.split(';')[0];
  say(quietState, calls, `Length: ${size}${type === undefined ? '' : ` [${type}]`}\n`);
  if (options.spider) {
    say(quietState, calls, 'Remote file exists.\n\n');
    return;
  }
  const file = options.output ?? (/([^/?]*)(?:\?.*)?$/.exec(url)?.[1] || 'index.html');
  say(quietState, calls, `Saving to: ‘${file === '-' ? 'STDOUT' : file}’\n\n`);
  if (file === '-') calls.print(response.body);
  const stamp = formatDateTime(calls.now);
  say(
    quietState,
    calls,
    file === '-'
      ? `\n${stamp} - written to stdout [${size}/${size}]\n\n`
      : `${stamp} - ‘${file}’ saved [${size}/${size}]\n\n`,
  );
}

function judge(state: WgetState, calls: SystemCalls): void {
  const { fetch } = state;
  if (!fetch?.outcome) return;
  calls.clearTimer(TIMER);
  const { outcome } = fetch;
  switch (outcome.type) {
    case 'response':
      showResponse(state, outcome.response, calls);
      return;
    case 'unresolved': {
      const { host } = fetch.url;
      say(
        state,
        calls,
        `Resolving ${host} (${host})... failed: ${resolutionErrorText(outcome.error)}.\n`,
      );
      say(state, calls, `wget: unable to resolve host address ‘${host}’\n`);
      calls.exit(4);
      return;
    }
    case 'not-connected':
      // GNU wget takes a refusal or a missing route for final, and tries again after a timeout.
      if (outcome.error === 'ETIMEDOUT') retry(state, calls);
      else calls.exit(4);
      return;
    case 'empty':
      say(state, calls, 'No data received.\n');
      retry(state, calls);
      return;
    case 'reset':
      say(state, calls, `Read error (${errorText(outcome.error)}) in headers.\n`);
      retry(state, calls);
      return;
    case 'not-http':
      say(
        state,
        calls,
        fetch.url.scheme === 'https' ? 'Unable to establish SSL connection.\n' : 'failed.\n',
      );
      calls.exit(4);
  }
}

function timeOut(state: WgetState, calls: SystemCalls): void {
  const { fetch } = state;
  if (!fetch || fetch.outcome) return;
  abandonFetch(fetch, calls);
  if (fetch.phase === 'resolving') {
    say(
      state,
      calls,
      `Resolving ${fetch.url.host} (${fetch.url.host})... failed: Connection timed out.\n`,
    );
    say(state, calls, `wget: unable to resolve host address ‘${fetch.url.host}’\n`);
    calls.exit(4);
    return;
  }
  say(
    state,
    calls,
    fetch.phase === 'connecting'
      ? 'failed: Connection timed out.\n'
      : `Read error (Connection timed out) in headers.\n`,
  );
  delete state.fetch;
  retry(state, calls);
}

/** GNU wget: `-q`, `-O`, `-S`, `-T`, `-t`, `--spider`, `--header`. Simplified: no progress bar, a saved file is not kept. */
export const WGET: Program<WgetState> = {
  name: 'wget',
  start(args, calls) {
    const parsed = parseArguments(args);
    const options = parsed.ok
      ? parsed.options
      : {
          url: '',
          quiet: true,
          serverResponse: false,
          spider: false,
          timeout: 1,
          tries: 1,
          headers: [],
        };
    const state: WgetState = { options, url: options.url, attempt: 1, redirects: 0 };
    if (parsed.ok && calls.readFile(BUSYBOX) !== undefined) {
      state.busybox = startBusyboxWget(parsed.options, calls);
    } else if (parsed.ok) begin(state, options.url, calls);
    else {
      calls.printError(parsed.text);
      calls.exit(2);
    }
    return state;
  },
  handle(state, event, calls) {
    if (state.busybox) handleBusyboxWget(state.busybox, event, calls);
    else if (event.type === 'signal') calls.exit(event.signal === 'SIGINT' ? 130 : 143);
    else if (event.type === 'timer' && event.name === TIMER) timeOut(state, calls);
    else if (event.type === 'timer' && event.name === 'retry') begin(state, state.url, calls);
    else if (state.fetch) {
      advanceFetch(state.fetch, event, calls, told(state, calls));
      judge(state, calls);
    }
  },
};
