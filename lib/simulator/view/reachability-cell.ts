import type { PairCount } from '../policy/reachability/count-pairs.ts';
import { portsAt, type PortTable } from '../policy/reachability/port-table.ts';
import {
  admitsEverything,
  joinVerdicts,
  NO_PORT,
  outcomeAt,
  textOfPorts,
  type PortVerdicts,
} from '../policy/reachability/port-verdicts.ts';
import type { PolicyOutcome } from '../policy/verdict.ts';
import type { CellState, ColumnPort, ReachabilityCell } from './reachability-picture.ts';

export const NOT_ASKED: ReachabilityCell = { state: 'not-asked', admitted: 0, pairs: 0 };

/** What of all ports passes: everything, nothing, some of it, or nobody can tell. */
function outcomeOfAll(verdicts: PortVerdicts): PolicyOutcome | 'some' {
  if (admitsEverything(verdicts)) return 'admitted';
  const runs = Object.values(verdicts).flat();
  if (runs.length === 0) return 'not-admitted';
  return runs.some(({ outcome }) => outcome === 'admitted') ? 'some' : 'undecidable';
}

function stateOf(
  { pairs, selves }: PairCount,
  counts: ReadonlyMap<PolicyOutcome | 'some', number>,
): CellState {
  if (pairs === 0) return selves > 0 ? 'self' : 'not-reachable';
  if (counts.get('admitted') === pairs) return 'reachable';
  if (counts.get('not-admitted') === pairs) return 'not-reachable';
  return counts.has('undecidable') ? 'undecidable' : 'partly';
}

/** A cell of what has been counted. Without a port: of all ports together. */
export function cellOf(
  table: PortTable,
  count: PairCount,
  port: ColumnPort | undefined,
): ReachabilityCell {
  const counts = new Map<PolicyOutcome | 'some', number>();
  let any = NO_PORT;
  for (const [ports, pairs] of count.byPorts) {
    const verdicts = portsAt(table, ports);
    const outcome = port ? outcomeAt(verdicts, port.protocol, port.port) : outcomeOfAll(verdicts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + pairs);
    if (!port) any = joinVerdicts(any, verdicts);
  }
  return {
    state: stateOf(count, counts),
    admitted: counts.get('admitted') ?? 0,
    pairs: count.pairs,
    ...(!port && count.pairs > 0 && { ports: textOfPorts(any) }),
  };
}
