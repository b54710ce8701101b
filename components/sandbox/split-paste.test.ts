import { expect, test } from 'vitest';
import { splitPaste } from './split-paste.ts';

test('whole lines run, the rest waits at the prompt', () => {
  expect(splitPaste('kubectl ', 'get pods\r\nip a\nls', ' -l')).toEqual({
    run: ['kubectl get pods', 'ip a'],
    rest: 'ls -l',
  });
});
