import type { Program, SocketId, SystemCalls } from '../../linux/program.ts';
import { advanceDial, startDial, type Dial, type DialResult } from './dial.ts';
import { errorText } from './fetch.ts';

const PORT = 6379;

interface CliState {
  readonly words: readonly string[];
  readonly dial?: Dial;
  socket?: SocketId;
}

/** A reply as redis-cli prints it where nobody looks at a terminal: strings alone. */
function shown(reply: string): string {
  const [first = '', second = ''] = reply.split('\r\n');
  if (first.startsWith('$')) return first === '$-1' ? '' : second;
  return first.startsWith('-') || first.startsWith('+') ? first.slice(1) : first.slice(1);
}

function goOn(state: CliState, result: DialResult | undefined, calls: SystemCalls): void {
  if (!result) return;
  const { host = '', port = 0 } = state.dial ?? {};
  switch (result.type) {
    case 'connected': {
      const parts = state.words.map((word) => `$${word.length}\r\n${word}\r\n`);
      state.socket = result.socket;
      const text = `*${parts.length}\r\n${parts.join('')}`;
      calls.send(result.socket, { kind: 'bytes', text });
      return;
    }
    case 'unknown-name':
      calls.printError(`Could not connect to Redis at ${host}:${port}: ${result.text}\n`);
      calls.exit(1);
      return;
    case 'refused':
      calls.printError(
        `Could not connect to Redis at ${host}:${port}: ${errorText(result.error)}\n`,
      );
      calls.exit(1);
  }
}

/** redis-cli: `-h`, `-p` and one command. Simplified: nothing is asked interactively. */
export const REDIS_CLI: Program<CliState> = {
  name: 'redis-cli',
  start(args, calls) {
    const words = [...args];
    let [host, port] = ['127.0.0.1', PORT];
    while (/^-[hpan]$/.test(words[0] ?? '')) {
      const [option, value = ''] = words.splice(0, 2);
      if (option === '-h') host = value;
      if (option === '-p') port = Number(value);
    }
    if (words.length === 0) {
      calls.exit(0);
      return { words };
    }
    const { dial, result } = startDial(host, port, calls);
    const state: CliState = { words, dial };
    goOn(state, result, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(130);
    else if (event.type === 'data' && event.socket === state.socket) {
      const reply = event.payload.kind === 'bytes' ? event.payload.text : '';
      calls.print(`${shown(reply)}\n`);
      calls.exit(reply.startsWith('-') ? 1 : 0);
    } else if (state.dial) goOn(state, advanceDial(state.dial, event, calls), calls);
  },
};
