import type { Program } from '../../linux/program.ts';
import { formatHttpDate } from '../calendar.ts';
import { httpResponse, serveHttp } from '../http-server.ts';

interface HttpEchoState {
  readonly text: string;
}

const flagOf = (args: readonly string[], name: string) => {
  const joined = args.find((arg) => arg.replace(/^--?/, '').startsWith(`${name}=`));
  if (joined !== undefined) return joined.slice(joined.indexOf('=') + 1);
  const at = args.findIndex((arg) => arg.replace(/^--?/, '') === name);
  return at >= 0 ? args[at + 1] : undefined;
};

/** hashicorp/http-echo: every request gets the text of `-text`. */
export const HTTP_ECHO: Program<HttpEchoState> = {
  name: 'http-echo',
  start(args, calls) {
    const text = flagOf(args, 'text') ?? calls.environment['ECHO_TEXT'];
    const listen = flagOf(args, 'listen') ?? ':5678';
    const port = Number(/:(\d+)$/.exec(listen)?.[1] ?? 5678);
    if (text === undefined) {
      calls.printError('Missing -text option!\n');
      calls.exit(127);
    } else if (!calls.listen(port).ok) {
      calls.printError(`listen tcp ${listen}: bind: address already in use\n`);
      calls.exit(1);
    } else calls.print(`Server is listening on ${listen}\n`);
    return { text: text ?? '' };
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(0);
    else
      serveHttp(event, calls, () =>
        httpResponse(
          200,
          [
            ['X-App-Name', 'http-echo'],
            ['Date', formatHttpDate(calls.now)],
            ['Content-Type', 'text/plain; charset=utf-8'],
          ],
          `${state.text}\n`,
        ),
      );
  },
};
