import { SECOND } from '../../base/clock.ts';
import type { ProgramEvent, SystemCalls } from '../../linux/program.ts';
import { advanceDial, startDial, type Dial, type DialResult } from './dial.ts';
import { flagOf } from '../go-flags.ts';

const CONNECT_TIMER = 'connect';

/** Seconds of Go's `5s`, `1m30s`, `500ms`; undefined for anything else. */
function secondsOf(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0),
    0,
  );
}

function end(text: string, calls: SystemCalls): void {
  calls.printError(text);
  calls.exit(1);
}

function report(result: DialResult | undefined, dial: Dial, calls: SystemCalls): void {
  if (!result) return;
  switch (result.type) {
    case 'connected':
      calls.exit(0);
      return;
    case 'unknown-name':
      end(`DNS: lookup ${dial.host}: no such host\n`, calls);
      return;
    case 'refused':
      if (result.error === 'ECONNREFUSED') end('REFUSED\n', calls);
      else if (result.error === 'ETIMEDOUT') end('TIMEOUT\n', calls);
      else {
        const where = `${dial.host}:${dial.port}`;
        const what =
          result.error === 'EHOSTUNREACH' ? 'no route to host' : 'network is unreachable';
        end(`OTHER: dial tcp ${where}: connect: ${what}\n`, calls);
      }
  }
}

/** agnhost connect HOST:PORT: ends with 0 when a TCP connection comes about. Source: images/agnhost/connect/connect.go. */
function startConnect(args: readonly string[], calls: SystemCalls): Dial | undefined {
  const target = args.find(
    (arg, i) => !arg.startsWith('-') && !/^--(timeout|protocol)$/.test(args[i - 1] ?? ''),
  );
  const [, host = '', port = ''] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(target ?? '') ?? [];
  if (host === '' || port === '') {
    end(`DNS: address ${target ?? ''}: missing port in address\n`, calls);
    return undefined;
  }
  const seconds = secondsOf(flagOf(args, 'timeout') ?? '');
  if (seconds !== undefined) calls.setTimer(CONNECT_TIMER, Math.round(seconds * SECOND));
  const { dial, result } = startDial(host, Number(port), calls);
  report(result, dial, calls);
  return dial;
}

function advanceConnect(dial: Dial, event: ProgramEvent, calls: SystemCalls): void {
  if (event.type === 'signal') calls.exit(2);
  else if (event.type === 'timer' && event.name === CONNECT_TIMER) end('TIMEOUT\n', calls);
  else report(advanceDial(dial, event, calls), dial, calls);
}

/** What agnhost needs of it: programs of pods are strangers to one another. */
export const AGNHOST_CONNECT = { start: startConnect, advance: advanceConnect };
