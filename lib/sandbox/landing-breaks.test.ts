import { expect, test } from 'vitest';
import { lastTrace, openSandbox, tellStory } from '#lib/simulator/index.ts';
import { BREAK_IDS, LANDING_BREAKS, landingTranscript } from './landing-breaks.ts';
import { showTrace } from './show-sandbox.ts';

/** What the sentence beside each button claims, decided by the simulator: how it ends, and a hop that shows why. */
test.each([
  ['nothing', 'delivered', 'PREROUTING'],
  ['label', 'refused', 'FORWARD'],
  ['target-port', 'refused', 'socket'],
  ['kube-proxy', 'delivered', 'PREROUTING'],
  ['stale-rules', 'dropped', 'PREROUTING'],
] as const)('breaking the first page by %s ends %s', (id, disposition, place) => {
  const sandbox = openSandbox(landingTranscript(id));
  const traceId = lastTrace(sandbox);
  const trace = traceId === undefined ? undefined : showTrace(sandbox, traceId, tellStory);
  expect(trace?.disposition).toBe(disposition);
  expect(trace?.hops.map(({ title }) => title.split(' · ')[1])).toContain(place);
});

test('every break has its button', () => {
  expect(LANDING_BREAKS.map(({ id }) => id)).toEqual(BREAK_IDS);
});
