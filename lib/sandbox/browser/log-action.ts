import type { Action } from '#lib/simulator/index.ts';
import { describeAct } from '../append-action.ts';
import type { HeardEntry } from '../live-protocol.ts';
import type { ActionOutcome, LiveOutcome } from '../protocol.ts';
import { appendEntry, extendLast, type LogEntry } from './sandbox-log.ts';

type Log = readonly LogEntry[];

export const noteIn = (log: Log, input: string, output = ''): Log =>
  appendEntry(log, { kind: 'note', prompt: '', input, output });

/** What a line printed, at the entry that was made when it was typed. */
function answerLast(
  log: Log,
  { output, exitCode }: Pick<ActionOutcome, 'output' | 'exitCode'>,
): Log {
  const last = log.at(-1);
  if (!last) return log;
  return [
    ...log.slice(0, -1),
    { ...last, output, ...(exitCode === undefined ? {} : { exitCode }) },
  ];
}

/** The log after an action; a command has its entry in it already. */
export function logAction(
  log: Log,
  action: Action,
  outcome: Pick<ActionOutcome, 'output' | 'exitCode'>,
): Log {
  const { output } = outcome;
  switch (action.type) {
    case 'command':
      return answerLast(log, outcome);
    case 'interrupt':
      return extendLast(log, `^C\n${output}`);
    case 'advance':
    case 'clock':
      return extendLast(log, output);
    case 'apply':
      return noteIn(log, 'Applied from the editor', output);
    case 'send':
      return noteIn(log, `Packet from ${action.from} to ${action.to}`, output);
    case 'request':
      return noteIn(log, 'From your own kubectl', output);
  }
}

/** The log after entries of a live sandbox, whoever made them, and the time after them. */
export function logHeard(log: Log, entries: readonly HeardEntry[], outcome: LiveOutcome): Log {
  let next = log;
  for (const { sequence, prompt, output, exitCode, taken } of outcome.printed) {
    const what = entries.find((entry) => entry.sequence === sequence)?.what;
    if (!what) continue;
    if (what.type === 'undo') next = noteIn(next, `Taken back: ${describeAct(taken)}`, output);
    else {
      if (what.type === 'command')
        next = appendEntry(next, { kind: 'command', prompt, input: what.line, output: '' });
      next = logAction(next, what, { output, exitCode });
    }
  }
  return extendLast(next, outcome.output);
}
