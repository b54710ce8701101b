import type { NormalPort } from '../normal-policy.ts';
import type { NamedPort, PolicyProtocol } from '../policy-world.ts';
import type { PolicyOutcome } from '../verdict.ts';
import { compilePorts, isInRanges, rangesAt } from './port-ranges.ts';

const LAST_PORT = 65_535;

export const PROTOCOLS: readonly PolicyProtocol[] = ['TCP', 'UDP', 'SCTP'];

/** Outcomes from port to port: `outcomes[i]` holds from `starts[i]` up to the next start. The first start is 1. */
export interface PortSpans {
  readonly starts: readonly number[];
  readonly outcomes: readonly PolicyOutcome[];
}

/** What becomes of connections to every port. Equal answers of one engine are one object. */
export type PortOutcomes = Readonly<Record<PolicyProtocol, PortSpans>>;

const ADMITTED: PortSpans = { starts: [1], outcomes: ['admitted'] };

/** Where nobody is asked. */
export const ADMITTED_ALL: PortOutcomes = { TCP: ADMITTED, UDP: ADMITTED, SCTP: ADMITTED };

/** Whether a port of a policy finds a port; `named` are the destination's. */
export function coversPort(
  item: NormalPort,
  protocol: PolicyProtocol,
  port: number,
  named: readonly NamedPort[],
): boolean {
  return isInRanges(rangesAt(compilePorts([item]), protocol, named), port);
}

/** Asks `outcomeOf` at every port where some of the ranges begins or ends, and keeps where it changes. */
export function spansOf(
  lists: readonly (readonly number[])[],
  outcomeOf: (port: number) => PolicyOutcome,
): PortSpans {
  const edges = new Set([1]);
  for (const list of lists) list.forEach((port, i) => edges.add(i % 2 === 0 ? port : port + 1));
  const starts: number[] = [];
  const outcomes: PolicyOutcome[] = [];
  for (const start of [...edges].sort((a, b) => a - b)) {
    if (start > LAST_PORT) break;
    const outcome = outcomeOf(start);
    if (outcome === outcomes.at(-1)) continue;
    starts.push(start);
    outcomes.push(outcome);
  }
  return { starts, outcomes };
}

/** Ranges that are in order and apart are admitted, and nothing else. */
export function spansOfAdmitted(ranges: readonly number[]): PortSpans {
  const starts: number[] = [];
  const outcomes: PolicyOutcome[] = [];
  if (ranges[0] !== 1) {
    starts.push(1);
    outcomes.push('not-admitted');
  }
  ranges.forEach((port, i) => {
    const isFirst = i % 2 === 0;
    if (!isFirst && port >= LAST_PORT) return;
    starts.push(isFirst ? port : port + 1);
    outcomes.push(isFirst ? 'admitted' : 'not-admitted');
  });
  return { starts, outcomes };
}

/** What becomes of a connection to a port. */
export function outcomeAt({ starts, outcomes }: PortSpans, port: number): PolicyOutcome {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= port) low = middle;
    else high = middle - 1;
  }
  return outcomes[low] ?? 'admitted';
}
