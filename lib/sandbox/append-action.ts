import type { Action, Transcript } from '#lib/simulator/index.ts';

/**
 * Adds an action. Time that passes while nothing runs is one action, however many ticks it came in: the cluster's
 * clock is additive, so the fold stays the same. `while-running` keeps ticks apart, because a follower polls at each.
 */
export function appendAction(
  transcript: Transcript,
  action: Action,
  when: 'idle' | 'while-running',
): Transcript {
  const last = transcript.actions.at(-1);
  if (when === 'idle' && action.type === 'advance' && last?.type === 'advance') {
    const merged: Action = { type: 'advance', duration: last.duration + action.duration };
    return { ...transcript, actions: [...transcript.actions.slice(0, -1), merged] };
  }
  return { ...transcript, actions: [...transcript.actions, action] };
}

/** Does only time pass in it? */
export const isTime = ({ type }: Action): boolean => type === 'advance' || type === 'clock';

/** The transcript without its last act of a person, and without the time that passed after it. */
export function withoutLastAct(transcript: Transcript): Transcript {
  const index = transcript.actions.findLastIndex((action) => !isTime(action));
  return { ...transcript, actions: transcript.actions.slice(0, Math.max(0, index)) };
}

/** Whether there is something to take back. */
export function hasActs(transcript: Transcript): boolean {
  return transcript.actions.some((action) => !isTime(action));
}

/** What an act was, in a few words, for the note that it was taken back. */
export function describeAct(action: Action | undefined): string {
  switch (action?.type) {
    case 'command':
      return action.line;
    case 'apply':
      return 'apply from the editor';
    case 'send':
      return `packet from ${action.from} to ${action.to}`;
    case 'interrupt':
      return 'Ctrl+C';
    case 'request':
      return `${action.method} ${action.path.split('?')[0] ?? ''}`;
    case 'advance':
    case 'clock':
    case undefined:
      return 'time';
  }
}
