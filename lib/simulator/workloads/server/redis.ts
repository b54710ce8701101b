import type { Program } from '../../linux/program.ts';

const PORT = 6379;

/** Words of a command: a RESP array of bulk strings, or a line as somebody types it. */
function wordsOf(text: string): readonly string[] {
  if (!text.startsWith('*')) return text.trim().split(/\s+/);
  const lines = text.split('\r\n');
  return lines
    .filter((_, index) => index > 0 && index % 2 === 0)
    .slice(0, Number(lines[0]?.slice(1)));
}

const bulk = (text: string | undefined) =>
  text === undefined ? '$-1\r\n' : `$${text.length}\r\n${text}\r\n`;
const integer = (value: number) => `:${value}\r\n`;
const WRONG_NUMBER = (name: string) =>
  `-ERR wrong number of arguments for '${name.toLowerCase()}' command\r\n`;

type Data = Record<string, string>;

/** The commands that lessons use, with the least number of arguments each needs. */
const COMMANDS: Readonly<
  Record<string, readonly [least: number, run: (args: readonly string[], data: Data) => string]>
> = {
  PING: [0, ([text]) => (text === undefined ? '+PONG\r\n' : bulk(text))],
  ECHO: [1, ([text]) => bulk(text)],
  GET: [1, ([key = ''], data) => bulk(data[key])],
  SET: [
    2,
    ([key = '', value = ''], data) => {
      data[key] = value;
      return '+OK\r\n';
    },
  ],
  DEL: [
    1,
    (keys, data) => {
      const known = keys.filter((key) => Object.hasOwn(data, key));
      for (const key of known) delete data[key];
      return integer(known.length);
    },
  ],
  EXISTS: [1, (keys, data) => integer(keys.filter((key) => Object.hasOwn(data, key)).length)],
  INCR: [
    1,
    ([key = ''], data) => {
      const value = Number(data[key] ?? '0');
      if (!Number.isInteger(value)) return '-ERR value is not an integer or out of range\r\n';
      data[key] = String(value + 1);
      return integer(value + 1);
    },
  ],
  DBSIZE: [0, (_, data) => integer(Object.keys(data).length)],
  QUIT: [0, () => '+OK\r\n'],
};

function answer(text: string, data: Data): string {
  const [name = '', ...args] = wordsOf(text);
  const known = Object.hasOwn(COMMANDS, name.toUpperCase()) && COMMANDS[name.toUpperCase()];
  if (!known) {
    const given = args.map((arg) => `'${arg}' `).join('');
    return `-ERR unknown command '${name}', with args beginning with: ${given}\r\n`;
  }
  const [least, run] = known;
  return args.length < least ? WRONG_NUMBER(name) : run(args, data);
}

interface RedisState {
  readonly data: Data;
}

/** redis-server: strings by key, on 6379. Simplified: no other types, no expiry, no replication, one message a command. */
export const REDIS: Program<RedisState> = {
  name: 'redis-server',
  start(args, calls) {
    const at = args.indexOf('--port');
    const port = at >= 0 ? Number(args[at + 1]) : PORT;
    if (calls.listen(port).ok) {
      calls.print('1:M * Server initialized\n1:M * Ready to accept connections tcp\n');
    } else {
      calls.print(
        `1:M # Warning: Could not create server TCP listening socket *:${port}: bind: Address already in use\n`,
      );
      calls.print('1:M # Failed listening on port (tcp), aborting.\n');
      calls.exit(1);
    }
    return { data: {} };
  },
  handle(state, event, calls) {
    if (event.type === 'signal') {
      calls.print('1:M # Redis is now ready to exit, bye bye...\n');
      calls.exit(0);
    } else if (event.type === 'ended') calls.close(event.socket);
    else if (event.type === 'data' && event.payload.kind === 'bytes') {
      const text = answer(event.payload.text, state.data);
      calls.send(event.socket, { kind: 'bytes', text });
      if (/^(\*1\r\n\$4\r\n)?quit/i.test(event.payload.text)) calls.close(event.socket);
    }
  },
};
