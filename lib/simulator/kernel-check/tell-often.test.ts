import { expect, test } from 'vitest';
import { tellOften } from './tell-often.ts';

const aboutOf = (item: string) => item.charAt(0);

test.each<[string, string[][], string[], string[]]>([
  ['what comes again is told once', [['a1'], ['a2'], [], ['a3']], ['a1'], []],
  ['what comes again later, too', [['b1'], ['a1'], ['a2'], []], ['a1'], ['b1']],
  ['two items of one round are one time', [['a1', 'a2'], [], [], []], [], ['a1', 'a2']],
  ['both items of a round stay', [['a1', 'a2'], ['a3'], [], []], ['a1', 'a2'], []],
  ['nothing is nothing', [[], []], [], []],
])('%s', (_name, rounds, often, once) => {
  expect(tellOften(rounds, aboutOf)).toEqual({ often, once });
});
