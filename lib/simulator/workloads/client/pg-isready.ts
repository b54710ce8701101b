import { SECOND } from '../../base/clock.ts';
import type { Program, SystemCalls } from '../../linux/program.ts';
import { advanceDial, startDial, type Dial, type DialResult } from './dial.ts';

interface ReadyState {
  readonly dial: Dial;
  readonly where: string;
}

function report(state: ReadyState, result: DialResult | undefined, calls: SystemCalls): void {
  if (!result) return;
  const isUp = result.type === 'connected';
  calls.print(`${state.where} - ${isUp ? 'accepting connections' : 'no response'}\n`);
  calls.exit(isUp ? 0 : 2);
}

/** pg_isready: whether a PostgreSQL server accepts connections (`-h`, `-p`, `-t`, `-U`, `-d`). */
export const PG_ISREADY: Program<ReadyState> = {
  name: 'pg_isready',
  start(args, calls) {
    const valueOf = (...names: string[]) => {
      const at = args.findIndex((arg) => names.includes(arg));
      const joined = args.find((arg) => names.some((name) => arg.startsWith(`${name}=`)));
      return at >= 0 ? args[at + 1] : joined?.slice(joined.indexOf('=') + 1);
    };
    const host = valueOf('-h', '--host') ?? calls.environment['PGHOST'];
    const port = Number(valueOf('-p', '--port') ?? calls.environment['PGPORT'] ?? 5432);
    const seconds = Number(valueOf('-t', '--timeout') ?? 3);
    const { dial, result } = startDial(host ?? '127.0.0.1', port, calls);
    const state = { dial, where: `${host ?? '/var/run/postgresql'}:${port}` };
    calls.setTimer('pg_isready', seconds * SECOND);
    report(state, result, calls);
    return state;
  },
  handle(state, event, calls) {
    if (event.type === 'signal') calls.exit(130);
    else if (event.type === 'timer' && event.name === 'pg_isready') {
      report(state, { type: 'refused', error: 'ETIMEDOUT' }, calls);
    } else report(state, advanceDial(state.dial, event, calls), calls);
  },
};
