import type { Program, SystemCalls } from '../../linux/program.ts';
import type { HttpResponse } from '../../packet/http-message.ts';
import { formatDateTime, formatHttpDate } from '../calendar.ts';
import { byteLength, httpResponse, serveHttp, type HttpExchange } from '../http-server.ts';

const VERSION = 'Apache/2.4.65 (Unix)';
const ROOT = '/usr/local/apache2/htdocs';

/** The page of an image that nobody put files into. */
export const HTTPD_FILES: Readonly<Record<string, string>> = {
  [`${ROOT}/index.html`]: '<html><body><h1>It works!</h1></body></html>\n',
};

const page = (title: string, text: string) =>
  `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">
<html><head>
<title>${title}</title>
</head><body>
<h1>${title.replace(/^\d+ /, '')}</h1>
<p>${text}</p>
</body></html>
`;

function answer({ request, client }: HttpExchange, calls: SystemCalls): HttpResponse {
  const path = (request.target.split('?')[0] ?? '/').replace(/\/$/, '/index.html');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const found = path.includes('/../') ? undefined : calls.readFile(ROOT + path);
  const [status, type, body] = !isRead
    ? ([
        405,
        'text/html; charset=iso-8859-1',
        page('405 Method Not Allowed', 'The requested method is not allowed for this URL.'),
      ] as const)
    : found === undefined
      ? ([
          404,
          'text/html; charset=iso-8859-1',
          page('404 Not Found', 'The requested URL was not found on this server.'),
        ] as const)
      : ([200, path.endsWith('.txt') ? 'text/plain' : 'text/html', found] as const);
  const [date = '', clock = ''] = formatDateTime(calls.now).split(' ');
  const [year, , day] = date.split('-');
  const month = formatHttpDate(calls.now).split(' ')[2];
  calls.print(
    `${client.address} - - [${day}/${month}/${year}:${clock} +0000] "${request.method} ${request.target} HTTP/${request.version}" ${status} ${byteLength(body)}\n`,
  );
  return httpResponse(
    status,
    [
      ['Date', formatHttpDate(calls.now)],
      ['Server', VERSION],
      ['Content-Type', type],
    ],
    body,
  );
}

/** Apache's httpd with the files of its image, on port 80. Simplified: no configuration is read. */
export const HTTPD: Program<null> = {
  name: 'httpd-foreground',
  start(_, calls) {
    const own = calls.localAddresses()[0] ?? '127.0.0.1';
    calls.print(
      `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${own}. Set the 'ServerName' directive globally to suppress this message\n`,
    );
    if (calls.listen(80).ok) {
      calls.print(`AH00489: ${VERSION} configured -- resuming normal operations\n`);
      return null;
    }
    calls.print(
      '(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n',
    );
    calls.exit(1);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else serveHttp(event, calls, (exchange) => answer(exchange, calls));
  },
};
