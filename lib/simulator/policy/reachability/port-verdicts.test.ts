import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PolicyOutcome } from '../verdict.ts';
import { createPortTable, keepPorts, meetPorts, portsAt } from './port-table.ts';
import {
  admittedBeyond,
  EVERY_PORT,
  joinVerdicts,
  meetVerdicts,
  NO_PORT,
  outcomeAt,
  runsOf,
  textOfPorts,
  type PortVerdicts,
} from './port-verdicts.ts';

const OUTCOMES: readonly PolicyOutcome[] = ['admitted', 'not-admitted', 'undecidable'];
/** Ports at which what is drawn here changes. */
const EDGES = [1, 53, 80, 81, 443, 8000, 8081, 65_535];

const someRuns = fc
  .array(fc.constantFrom(...OUTCOMES), { minLength: EDGES.length, maxLength: EDGES.length })
  .map((outcomes) =>
    runsOf(
      outcomes.map((outcome, index) => ({
        first: EDGES[index] ?? 1,
        last: (EDGES[index + 1] ?? 65_536) - 1,
        outcome,
      })),
    ),
  );
const someVerdicts: fc.Arbitrary<PortVerdicts> = fc.record({
  TCP: someRuns,
  UDP: someRuns,
  SCTP: fc.constant([]),
});
const aPort = fc.constantFrom(...EDGES, 52, 79, 82, 7999, 8080);

const meet = (one: PolicyOutcome, other: PolicyOutcome): PolicyOutcome => {
  if (one === 'not-admitted' || other === 'not-admitted') return 'not-admitted';
  return one === 'admitted' && other === 'admitted' ? 'admitted' : 'undecidable';
};
const join = (one: PolicyOutcome, other: PolicyOutcome): PolicyOutcome => {
  if (one === 'admitted' || other === 'admitted') return 'admitted';
  return one === 'not-admitted' && other === 'not-admitted' ? 'not-admitted' : 'undecidable';
};

test('sets of ports meet, join and differ port by port', () => {
  fc.assert(
    fc.property(someVerdicts, someVerdicts, aPort, (one, other, port) => {
      const [a, b] = [outcomeAt(one, 'TCP', port), outcomeAt(other, 'TCP', port)];
      expect(outcomeAt(meetVerdicts(one, other), 'TCP', port)).toBe(meet(a, b));
      expect(outcomeAt(joinVerdicts(one, other), 'TCP', port)).toBe(join(a, b));
      const beyond = outcomeAt(admittedBeyond(one, other), 'TCP', port);
      expect(beyond).toBe(a === 'admitted' && b !== 'admitted' ? 'admitted' : 'not-admitted');
    }),
  );
});

test('equal sets have equal texts, and are kept once', () => {
  fc.assert(
    fc.property(someVerdicts, someVerdicts, (one, other) => {
      const table = createPortTable();
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(keepPorts(table, one) === keepPorts(table, other)).toBe(isSame);
      const met = meetPorts(table, keepPorts(table, one), keepPorts(table, other));
      expect(portsAt(table, met)).toEqual(meetVerdicts(one, other));
    }),
  );
});

test.each([
  ['everything', EVERY_PORT, 'all'],
  ['nothing', NO_PORT, 'none'],
  ['one protocol', { ...NO_PORT, TCP: EVERY_PORT.TCP }, 'TCP'],
  [
    'ports, a range and one that nobody can tell',
    {
      TCP: [
        { first: 80, last: 80, outcome: 'admitted' },
        { first: 8000, last: 8010, outcome: 'admitted' },
      ],
      UDP: [{ first: 53, last: 53, outcome: 'undecidable' }],
      SCTP: [],
    },
    'TCP 80,8000-8010 UDP ?53',
  ],
] as const)('%s as text', (_name, verdicts, text) => {
  expect(textOfPorts(verdicts as PortVerdicts)).toBe(text);
});
