import { expect, test } from 'vitest';
import { generateWorlds } from './generate-worlds.ts';
import { compareOutcomes, normaliseOutput, type Outcome } from './outcome.ts';
import { runSimulated } from './run-simulated.ts';

const QUERY = { server: '10.0.53.1', protocol: 'udp', type: 'A', name: 'web.test' } as const;
const OUTCOME: Outcome = { queries: [QUERY], output: '10.1.0.1        web.test\n', exitCode: 0 };

test.each([
  ['another exit code', { exitCode: 2 }, ['exit code']],
  ['another address', { output: '10.1.0.2        web.test\n' }, ['output']],
  ['a query more', { queries: [QUERY, QUERY] }, ['queries']],
  ['over TCP', { queries: [{ ...QUERY, protocol: 'tcp' }] }, ['queries']],
  ['nothing', {}, []],
] as const)('a difference is found: %s', (_, change, expected) => {
  const found = compareOutcomes(OUTCOME, { ...OUTCOME, ...change }, 'sorted');
  expect(found.map(({ what }) => what)).toEqual(expected);
});

test('addresses of a family may come in any order, families may not', () => {
  const block = (address: string, name = '') =>
    `${address.padEnd(15)} STREAM ${name}\n${address.padEnd(15)} DGRAM  \n${address.padEnd(15)} RAW    \n`;
  const first = block('10.0.0.1', 'web') + block('10.0.0.2') + block('fd00::1');
  const turned = block('10.0.0.2', 'web') + block('10.0.0.1') + block('fd00::1');
  const ipv6First = block('fd00::1', 'web') + block('10.0.0.1') + block('10.0.0.2');
  expect(normaliseOutput(turned)).toBe(normaliseOutput(first));
  expect(normaliseOutput(ipv6First)).not.toBe(normaliseOutput(first));
});

test('the same seed gives the same worlds, and each has look-ups that ask something', () => {
  const worlds = generateWorlds('s', 40);
  expect(generateWorlds('s', 40)).toEqual(worlds);
  expect(generateWorlds('t', 40)).not.toEqual(worlds);
  const outcomes = worlds.flatMap((world) =>
    world.lookUps.map((lookUp) => runSimulated(world, lookUp, 'x')),
  );
  expect(outcomes.filter(({ queries }) => queries.length > 0).length).toBeGreaterThan(20);
  expect(new Set(outcomes.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 2]));
});
