import { expect, test } from 'vitest';
import { parseCommandLine } from './parse.ts';
import type { CommandList, SimpleCommand, Word } from './syntax.ts';

const textOf = (word: Word): string =>
  word
    .map((part) =>
      part.type === 'text' ? part.text : part.type === 'variable' ? `$${part.name}` : '$()',
    )
    .join('');

const listOf = (source: string): CommandList => {
  const result = parseCommandLine(source);
  expect(result).toMatchObject({ ok: true });
  return result.ok ? result.list : [];
};

const wordsOf = (source: string) =>
  (listOf(source)[0]?.commands[0] as SimpleCommand).words.map(textOf);

test.each([
  ['plain words', 'kubectl get pods', ['kubectl', 'get', 'pods']],
  ['single quotes keep everything', `echo 'a  $b "c"'`, ['echo', 'a  $b "c"']],
  ['double quotes keep spaces and expand', 'echo "a $b"', ['echo', 'a $b']],
  ['a backslash keeps the next character', 'echo a\\ b', ['echo', 'a b']],
  ['a line continues after a backslash', 'echo a \\\n b', ['echo', 'a', 'b']],
  ['an empty quoted word stays', "grep '' x", ['grep', '', 'x']],
  ['a comment ends the line', 'echo a # b', ['echo', 'a']],
  [
    'an ampersand in a URL is a character',
    'curl http://a/?x=1\\&y=2',
    ['curl', 'http://a/?x=1&y=2'],
  ],
])('%s', (_name, source, expected) => {
  expect(wordsOf(source)).toEqual(expected);
});

test('pipes, lists and their conditions', () => {
  const list = listOf('a | b && c; d || e');
  expect(list.map((pipeline) => [pipeline.after, pipeline.commands.length])).toEqual([
    [';', 2],
    ['&&', 1],
    [';', 1],
    ['||', 1],
  ]);
});

test('a here-document is the text between its lines', () => {
  const [pipeline] = listOf('kubectl apply -f - <<EOF\nkind: Pod\n  x: 1\nEOF\n');
  const command = pipeline?.commands[0] as SimpleCommand;
  expect(command.redirects.map(({ operator, target }) => [operator, textOf(target)])).toEqual([
    ['<<', 'kind: Pod\n  x: 1\n'],
  ]);
});

test('a for loop has its body', () => {
  const [pipeline] = listOf('for i in 1 2 3; do curl -s http://catalog; done');
  expect(pipeline?.commands[0]).toMatchObject({ type: 'for', variable: 'i' });
});

test.each([
  ['an open quote', "echo 'a", true],
  ['an open here-document', 'cat <<EOF\na', true],
  ['an open loop', 'for i in 1; do echo', true],
  ['a pipe to nowhere', 'a |', true],
  ['a pipe from nowhere', '| a', false],
  ['two semicolons as one command', 'a && ;', false],
])('%s is an error; more input helps: %s', (_name, source, needsMore) => {
  expect(parseCommandLine(source)).toMatchObject({ ok: false, needsMore });
});

test('hostile nesting is refused, not followed', () => {
  expect(parseCommandLine('echo ' + '$('.repeat(5000) + ')'.repeat(5000))).toMatchObject({
    ok: false,
  });
});
