import { LAST_PORT, PROTOCOLS } from '../engine/port-spans.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { PairCount } from './count-pairs.ts';
import { portsAt, type PortTable } from './port-table.ts';
import { NO_PORT, outcomeAt, runsOf, type PortVerdicts } from './port-verdicts.ts';

/** Pairs that have been counted, with the port sets that the count speaks of. */
export interface CountedPairs {
  readonly table: PortTable;
  readonly count: PairCount;
}

const verdictsOf = ({ table, count }: CountedPairs) =>
  [...count.byPorts].map(([ports, pairs]) => ({ verdicts: portsAt(table, ports), pairs }));

/** How many of all pairs get through on a port: 0 to 1. Of no pairs none does. */
function shareAt(counted: CountedPairs, protocol: PolicyProtocol, port: number): number {
  const { pairs: all } = counted.count;
  const admitted = verdictsOf(counted)
    .filter(({ verdicts }) => outcomeAt(verdicts, protocol, port) === 'admitted')
    .reduce((sum, { pairs }) => sum + pairs, 0);
  return all === 0 ? 0 : admitted / all;
}

/** Ports at which either share may change, in order. */
function startsOf(all: readonly CountedPairs[], protocol: PolicyProtocol): number[] {
  const runs = all.flatMap(verdictsOf).flatMap(({ verdicts }) => verdicts[protocol]);
  const edges = runs.flatMap(({ first, last }) => [first, last + 1]);
  return [...new Set([1, ...edges])].filter((port) => port <= LAST_PORT).sort((a, b) => a - b);
}

/** Ports on which a larger share of pairs gets through in `one` than in `other`. */
export function portsWithMore(one: CountedPairs, other: CountedPairs): PortVerdicts {
  const more = { ...NO_PORT };
  for (const protocol of PROTOCOLS) {
    const starts = startsOf([one, other], protocol);
    more[protocol] = runsOf(
      starts.map((first, index) => ({
        first,
        last: (starts[index + 1] ?? LAST_PORT + 1) - 1,
        outcome:
          shareAt(one, protocol, first) > shareAt(other, protocol, first)
            ? 'admitted'
            : 'not-admitted',
      })),
    );
  }
  return more;
}
