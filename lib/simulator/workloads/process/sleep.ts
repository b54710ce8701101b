import { SECOND } from '../../base/clock.ts';
import type { Program } from '../../linux/program.ts';

const UNITS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };

/** Seconds of `5`, `1.5m`, `infinity`; undefined for anything else. */
export function parseSleep(text: string): number | undefined {
  if (/^inf(inity)?$/.test(text)) return Infinity;
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  return match ? Number(match[1]) * (UNITS[match[2] ?? ''] ?? 1) : undefined;
}

/**
 * sleep(1). As the first process of a container it takes no notice of SIGTERM, so that its pod needs the whole grace
 * period to end: the kernel drops signals without a handler for process 1.
 */
export const SLEEP: Program<null> = {
  name: 'sleep',
  start(args, calls) {
    const times = args.map(parseSleep);
    const invalid = args.find((_, i) => times[i] === undefined);
    if (args.length === 0 || invalid !== undefined) {
      calls.printError(
        `${invalid === undefined ? 'sleep: missing operand' : `sleep: invalid time interval '${invalid}'`}\nTry 'sleep --help' for more information.\n`,
      );
      calls.exit(1);
      return null;
    }
    const seconds = times.reduce<number>((sum, time) => sum + (time ?? 0), 0);
    if (Number.isFinite(seconds)) calls.setTimer('wake', Math.round(seconds * SECOND));
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'timer') calls.exit(0);
    else if (event.type === 'signal' && event.signal === 'SIGINT') calls.exit(130);
  },
};

/** The pause container: does nothing until it is told to end. */
export const PAUSE: Program<null> = {
  name: 'pause',
  start: () => null,
  handle(_, event, calls) {
    if (event.type === 'signal') calls.exit(0);
  },
};

/** `tail -f /dev/null`, as manifests use it to keep a container alive. */
export const TAIL: Program<null> = {
  name: 'tail',
  start(args, calls) {
    if (args.includes('-f') || args.includes('-F')) return null;
    const path = args.findLast((arg) => !arg.startsWith('-'));
    const text = path === undefined ? '' : calls.readFile(path);
    if (text === undefined)
      calls.printError(`tail: cannot open '${path}' for reading: No such file or directory\n`);
    else calls.print(text.split('\n').slice(-11).join('\n'));
    calls.exit(text === undefined ? 1 : 0);
    return null;
  },
  handle(_, event, calls) {
    if (event.type === 'signal' && event.signal === 'SIGINT') calls.exit(130);
  },
};
