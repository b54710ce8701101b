import type { Program } from '../../linux/program.ts';
import { httpResponse, serveHttp } from '../http-server.ts';

const NOT_FOUND =
  '<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n';

/** BusyBox's httpd: files below `-h` on port `-p`; without `-f` it goes to the background, which ends a container. */
export const BUSYBOX_HTTPD: Program<{ readonly home: string }> = {
  name: 'httpd',
  start(args, calls) {
    const valueOf = (letter: string) => {
      const at = args.findIndex((arg) => new RegExp(`^-[fiv]*${letter}$`).test(arg));
      const joined = args.find((arg) => arg.startsWith(`-${letter}`) && arg.length > 2);
      return at >= 0 ? args[at + 1] : joined?.slice(2);
    };
    const port = Number(/(\d+)$/.exec(valueOf('p') ?? '80')?.[1] ?? 80);
    const home = (valueOf('h') ?? '').replace(/\/$/, '');
    if (!args.some((arg) => /^-[iv]*f/.test(arg))) calls.exit(0);
    else if (!calls.listen(port).ok) {
      calls.printError('httpd: bind: Address in use\n');
      calls.exit(1);
    }
    return { home };
  },
  handle({ home }, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else {
      serveHttp(event, calls, ({ request }) => {
        const path = (request.target.split('?')[0] ?? '/').replace(/\/$/, '/index.html');
        const body = calls.readFile(home + path);
        const headers = [
          ['Connection', 'close'],
          ['Content-type', 'text/html'],
        ] as const;
        return httpResponse(body === undefined ? 404 : 200, headers, body ?? NOT_FOUND);
      });
    }
  },
};
