import type { Program, SystemCalls } from '../../linux/program.ts';
import { headerOf, type HttpResponse } from '../../packet/http-message.ts';
import { formatDateTime, formatHttpDate } from '../calendar.ts';
import {
  byteLength,
  httpResponse,
  reasonOf,
  serveHttp,
  type HttpExchange,
} from '../http-server.ts';

const VERSION = 'nginx/1.29.3';
const ROOT = '/usr/share/nginx/html';
const CONFIG = '/etc/nginx/conf.d/default.conf';

interface NginxState {
  readonly root: string;
  /** A `return` at the server's level: it answers everything. */
  readonly fixed?: { readonly status: number; readonly body: string };
}

/** The page of an image that nobody put files into. */
export const NGINX_FILES: Readonly<Record<string, string>> = {
  [`${ROOT}/index.html`]: `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>This server answers, and has no pages of its own yet.</p>
</body>
</html>
`,
  [CONFIG]: `server {
    listen       80;
    server_name  localhost;
    location / {
        root   ${ROOT};
        index  index.html index.htm;
    }
}
`,
};

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  txt: 'text/plain',
  xml: 'text/xml',
  svg: 'image/svg+xml',
};

const typeOf = (path: string) =>
  CONTENT_TYPES[/\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''] ??
  'application/octet-stream';

const errorPage = (status: number) => {
  const title = `${status} ${reasonOf(status)}`;
  return `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>${VERSION}</center>\r\n</body>\r\n</html>\r\n`;
};

function pageOf(state: NginxState, target: string, calls: SystemCalls) {
  if (state.fixed) return { ...state.fixed, type: 'text/plain' };
  const path = (target.split('?')[0] ?? '/').replace(/\/$/, '/index.html');
  const body = path.includes('/../') ? undefined : calls.readFile(state.root + path);
  return body === undefined
    ? { status: 404, type: 'text/html', body: errorPage(404) }
    : { status: 200, type: typeOf(path), body };
}

function logAccess(exchange: HttpExchange, response: HttpResponse, calls: SystemCalls): void {
  const { request, client } = exchange;
  const [date = '', clock = ''] = formatDateTime(calls.now).split(' ');
  const [year, , day] = date.split('-');
  const month = formatHttpDate(calls.now).split(' ')[2];
  const agent = headerOf(request.headers, 'user-agent') ?? '-';
  calls.print(
    `${client.address} - - [${day}/${month}/${year}:${clock} +0000] "${request.method} ${request.target} HTTP/${request.version}" ${response.status} ${byteLength(response.body)} "-" "${agent}" "-"\n`,
  );
}

function answer(state: NginxState, exchange: HttpExchange, calls: SystemCalls): HttpResponse {
  const { method, target } = exchange.request;
  const isRead = method === 'GET' || method === 'HEAD' || state.fixed !== undefined;
  const page = isRead
    ? pageOf(state, target, calls)
    : { status: 405, type: 'text/html', body: errorPage(405) };
  const response = httpResponse(
    page.status,
    [
      ['Server', VERSION],
      ['Date', formatHttpDate(calls.now)],
      ['Content-Type', page.type],
      ['Connection', 'keep-alive'],
    ],
    page.body,
  );
  logAccess(exchange, response, calls);
  return response;
}

interface Settings {
  readonly ports: readonly number[];
  readonly state: NginxState;
}

/** `listen`, `root` and a `return` with text. Simplified: nothing else of nginx's configuration language. */
function readSettings(text: string): Settings {
  const ports = [...text.matchAll(/^\s*listen\s+(?:[\d.*]+:)?(\d+)/gm)].map(([, port]) =>
    Number(port),
  );
  const root = /^\s*root\s+([^;\s]+)/m.exec(text)?.[1] ?? ROOT;
  const fixed = /return\s+(\d{3})\s+(?:'([^']*)'|"([^"]*)")\s*;/.exec(text);
  return {
    ports: ports.length > 0 ? [...new Set(ports)] : [80],
    state: {
      root,
      ...(fixed && {
        fixed: {
          status: Number(fixed[1]),
          body: (fixed[2] ?? fixed[3] ?? '').replaceAll('\\n', '\n'),
        },
      }),
    },
  };
}

/** nginx with one static server: its port, its root and a fixed answer can be configured. */
export const NGINX: Program<NginxState> = {
  name: 'nginx',
  start(args, calls) {
    const settings = readSettings(calls.readFile(CONFIG) ?? '');
    const invalid = args.find((arg) => arg.startsWith('-') && !/^-[?hvVtTqsepcg]/.test(arg));
    if (invalid !== undefined) {
      calls.printError(`nginx: invalid option: "${invalid.slice(1)}"\n`);
      calls.exit(1);
      return settings.state;
    }
    for (const port of settings.ports) {
      const opened = calls.listen(port);
      if (opened.ok) continue;
      calls.printError(
        `nginx: [emerg] bind() to 0.0.0.0:${port} failed (98: Address already in use)\n`,
      );
      calls.exit(1);
      return settings.state;
    }
    const stamp = formatDateTime(calls.now).replaceAll('-', '/');
    calls.print(
      `${stamp} [notice] 1#1: ${VERSION}\n${stamp} [notice] 1#1: start worker processes\n`,
    );
    return settings.state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else serveHttp(event, calls, (exchange) => answer(state, exchange, calls));
  },
};
