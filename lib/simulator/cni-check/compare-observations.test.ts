import { expect, test } from 'vitest';
import { seedRandom } from '../base/random.ts';
import type { Observation } from './cni-case.ts';
import { compareObservations } from './compare-observations.ts';
import { drawCase } from './draw-case.ts';
import { observeSimulated } from './observe-simulated.ts';

const observations = (seed: string) => {
  const random = seedRandom(seed);
  return Array.from({ length: 20 }, (_, index) => observeSimulated(drawCase(random, index))).flat();
};

/** One after a pod was added with masquerade. */
function masqueraded(): Observation {
  const found = observations('compare').find(
    ({ answer, hostNat }) =>
      answer.startsWith('{') && hostNat.some((line) => /CNI-[0-9a-f]/.test(line)),
  );
  if (!found) throw new Error('no configuration masquerades');
  return found;
}

test('what is the same is the same, whatever veths and MACs were drawn', () => {
  const seen = masqueraded();
  const drawn = {
    ...seen,
    answer: seen.answer
      .replace(/veth[0-9a-f]{8}/, 'veth01234567')
      .replace(/"mac":"..(:..){5}"/g, '"mac":"02:00:00:00:00:01"'),
  };
  expect(compareObservations(drawn, seen)).toEqual([]);
});

test.each([
  ['answer', (seen: Observation) => ({ ...seen, answer: seen.answer.replace('/', '/1') })],
  ['links of the host', (seen: Observation) => ({ ...seen, hostLinks: [] })],
  ['sysctls', (seen: Observation) => ({ ...seen, sysctls: ['ipv4.ip_forward 7'] })],
  ['reservations', (seen: Observation) => ({ ...seen, reservations: [] })],
  ['pods', (seen: Observation) => ({ ...seen, pods: {} })],
  [
    'nat chain nat POSTROUTING',
    (seen: Observation) => ({
      ...seen,
      hostNat: seen.hostNat.filter((line) => !line.startsWith('-A POSTROUTING')),
    }),
  ],
] as const)('a difference is seen: %s', (what, change) => {
  const seen = masqueraded();
  expect(compareObservations(change(seen), seen).map((each) => each.what)).toContain(what);
});
