import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { replaySession } from './replay.ts';
import { parseSession } from './session.ts';

const sessions = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.txt'));

describe.each(sessions)('%s: the sandbox shell says what the real tools said', (name) => {
  const real = parseSession(readFileSync(path.join(import.meta.dirname, name), 'utf8'));
  const ours = replaySession(real.map(({ line }) => line));
  test.each(real.map((step, i) => [`${i + 1}: ${step.line}`, step, ours[i]] as const))(
    '%s',
    (_line, expected, answered) => {
      expect(answered).toEqual(expected);
    },
  );
});
