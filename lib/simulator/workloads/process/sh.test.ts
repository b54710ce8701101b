import { expect, test } from 'vitest';
import { createProgramLab, runClient, start, outcomeOf } from '../../testing/program-lab.ts';

test.each([
  ['a list', 'echo a; echo b', 'a\nb\n', 0],
  ['and, or', 'false && echo no || echo yes', 'yes\n', 0],
  ['exit', 'echo a; exit 3; echo b', 'a\n', 3],
  ['the last status', 'true; false', '', 1],
  ['quotes and variables', 'X="a  b"; echo "$X" \'$X\' ${Y:-none}', 'a  b $X none\n', 0],
  ['for', 'for i in 1 2 3; do echo n$i; done', 'n1\nn2\nn3\n', 0],
  ['while', 'while [ "$A" != xx ]; do A="${A}x"; echo $A; done', 'x\nxx\n', 0],
  ['until', 'until true; do echo no; done; echo yes', 'yes\n', 0],
  ['if, elif, else', 'if false; then echo a; elif true; then echo b; else echo c; fi', 'b\n', 0],
  ['lines', 'echo a\n# a note\necho b\n', 'a\nb\n', 0],
  ['a redirection', 'echo a > /dev/null 2>&1; echo b', 'b\n', 0],
  ['an unknown command', 'nosuch', 'sh: nosuch: not found\n', 127],
  [
    'no closing word',
    'while true; do echo a',
    'sh: 1: Syntax error: "end of file" unexpected (expecting "done")\n',
    2,
  ],
  ['a pipe', 'echo a | cat', 'sh: 1: Syntax error: "|" unexpected\n', 2],
  ['the host name', 'echo "I am $(hostname)"', 'I am client\n', 0],
])('sh -c: %s', (_, script, output, exitCode) => {
  expect(runClient(createProgramLab(), ['sh', '-c', script])).toEqual({ output, exitCode });
});

test('a script waits for the programs that it runs', () => {
  const lab = createProgramLab();
  start(lab, 'server', 'agnhost netexec --http-port=80');
  const before = lab.environment.queue.now;
  const script = 'for i in 1 2; do curl -s http://10.0.0.2/hostname && echo; sleep 2; done';
  expect(runClient(lab, ['sh', '-c', script])).toEqual({ output: 'server\nserver\n', exitCode: 0 });
  expect(lab.environment.queue.now - before).toBeGreaterThanOrEqual(4_000_000);
});

test('a loop without an end lets time go on', () => {
  const lab = createProgramLab();
  const pid = start(lab, 'client', ['sh', '-c', 'while true; do sleep 60; echo x; done']);
  expect(outcomeOf(lab, pid).exitCode).toBeUndefined();
  expect(outcomeOf(lab, pid).output.length).toBeGreaterThan(2);
});
