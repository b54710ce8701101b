import { expect, test } from 'vitest';
import { applyNftCommands } from './apply-commands.ts';
import type { NftCommand } from './command.ts';
import { createNftRuleset } from './ruleset.ts';

const IN = { family: 'ip', table: 't' } as const;
const table: NftCommand = { ...IN, verb: 'add', object: 'table' };
const chain = (name: string): NftCommand => ({ ...IN, verb: 'add', object: 'chain', chain: name });
const baseChain: NftCommand = {
  ...IN,
  verb: 'add',
  object: 'chain',
  chain: 'base',
  base: { type: 'filter', hook: 'INPUT', priority: 0 },
};
const remove = (name: string): NftCommand => ({
  ...IN,
  verb: 'delete',
  object: 'chain',
  chain: name,
});
const jump = (from: string, to: string): NftCommand => ({
  ...IN,
  verb: 'add',
  object: 'rule',
  chain: from,
  rule: { statements: [{ statement: 'verdict', verdict: { verdict: 'jump', chain: to } }] },
});
const map: NftCommand = {
  ...IN,
  verb: 'add',
  object: 'set',
  name: 'm',
  set: { kind: 'map', type: ['inet_service'], data: 'verdict' },
};
const element = (key: string, to: string): NftCommand => ({
  ...IN,
  verb: 'add',
  object: 'element',
  kind: 'map',
  name: 'm',
  elements: [{ key, verdict: { verdict: 'goto', chain: to } }],
});

test.each<[string, NftCommand[], string, number]>([
  ['a chain needs its table', [chain('a')], 'No such file or directory', 0],
  ['a jump needs its chain', [table, chain('a'), jump('a', 'b')], 'No such file or directory', 2],
  [
    'a jump must not come back',
    [table, baseChain, chain('a'), chain('b'), jump('base', 'a'), jump('a', 'b'), jump('b', 'a')],
    'Too many links',
    6,
  ],
  [
    'a chain that is jumped to stays',
    [table, chain('a'), chain('b'), jump('a', 'b'), remove('b')],
    'Device or resource busy',
    4,
  ],
  [
    'a chain that a map leads to stays',
    [table, chain('a'), map, element('80', 'a'), remove('a')],
    'Device or resource busy',
    4,
  ],
  [
    'a key has one verdict',
    [table, chain('a'), chain('b'), map, element('80', 'a'), element('80', 'b')],
    'File exists',
    5,
  ],
  ['a key is of the type', [table, chain('a'), map, element('70000', 'a')], 'Invalid argument', 3],
])('%s, and nothing of the transaction is done', (_name, commands, text, command) => {
  const ruleset = createNftRuleset();
  expect(applyNftCommands(ruleset, [table, chain('before')], 0)).toBeUndefined();
  const before = JSON.stringify({ ...ruleset, nextHandle: 0 });
  const isAboutTable = commands[0]?.object === 'table';
  const all = isAboutTable ? commands : [{ ...commands[0], table: 'absent' } as NftCommand];
  expect(applyNftCommands(ruleset, all, 0)).toMatchObject({ command, text });
  const handles = (state: string) => state.replace(/"nextHandle":\d+/g, '');
  expect(handles(JSON.stringify({ ...ruleset, nextHandle: 0 }))).toBe(handles(before));
});

test('a chain goes when nothing leads to it any more', () => {
  const ruleset = createNftRuleset();
  const flush: NftCommand = { ...IN, verb: 'flush', object: 'chain', chain: 'a' };
  const problem = applyNftCommands(
    ruleset,
    [
      table,
      chain('a'),
      chain('b'),
      chain('c'),
      jump('a', 'b'),
      jump('c', 'b'),
      flush,
      remove('c'),
      remove('b'),
    ],
    0,
  );
  expect(problem).toBeUndefined();
  expect(Object.keys(ruleset.tables['ip t']?.chains ?? {})).toEqual(['a']);
});

test('a circle of jumps is let be until a base chain leads to it', () => {
  const ruleset = createNftRuleset();
  const circle = [table, baseChain, chain('a'), chain('b'), jump('a', 'b'), jump('b', 'a')];
  expect(applyNftCommands(ruleset, circle, 0)).toBeUndefined();
  expect(applyNftCommands(ruleset, [jump('base', 'a')], 0)).toMatchObject({
    text: 'Too many links',
  });
});

test('a chain has a new name, and what leads to it leads to it still', () => {
  const ruleset = createNftRuleset();
  const rename: NftCommand = { ...IN, verb: 'rename', object: 'chain', chain: 'a', to: 'z' };
  const commands = [
    table,
    baseChain,
    chain('a'),
    jump('base', 'a'),
    map,
    element('80', 'a'),
    rename,
  ];
  expect(applyNftCommands(ruleset, commands, 0)).toBeUndefined();
  const renamed = ruleset.tables['ip t'];
  expect(Object.keys(renamed?.chains ?? {})).toEqual(['base', 'z']);
  expect(renamed?.chains.base?.rules[0]?.statements).toEqual([
    { statement: 'verdict', verdict: { verdict: 'jump', chain: 'z' } },
  ]);
  expect(renamed?.sets.m?.elements['80']?.verdict).toEqual({ verdict: 'goto', chain: 'z' });
});
