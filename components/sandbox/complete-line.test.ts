import { expect, test } from 'vitest';
import { applyCompletion } from './complete-line.ts';

test.each([
  ['one word is finished with a blank', 'kubectl ge', ['get'], 'kubectl get ', []],
  ['a word that goes on has no blank', 'cat /etc/re', ['/etc/'], 'cat /etc/', []],
  ['several words grow to what they share', 'k get p', ['pods', 'podtemplates'], 'k get pod', []],
  [
    'several words that share no more are shown',
    'k get pod',
    ['pods', 'podtemplates'],
    'k get pod',
    ['pods', 'podtemplates'],
  ],
  ['nothing fits', 'k get zz', [], 'k get zz', []],
  ['after a blank everything fits', 'kubectl logs ', ['web-1', 'web-2'], 'kubectl logs web-', []],
] as const)('%s', (_name, line, words, expected, candidates) => {
  expect(applyCompletion(line, words)).toEqual({ line: expected, candidates });
});
