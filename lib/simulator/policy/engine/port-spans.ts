import type { NormalPort } from '../normal-policy.ts';
import type { NamedPort, PolicyProtocol } from '../policy-world.ts';
import type { PolicyOutcome } from '../verdict.ts';

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
  if (item.port === 'range') {
    return item.protocol === protocol && port >= item.first && port <= item.last;
  }
  if (item.protocol !== undefined && item.protocol !== protocol) return false;
  return named.some(
    (known) => known.name === item.name && known.protocol === protocol && known.port === port,
  );
}

/** Whether any port of a rule finds a port; a rule that names none finds them all. */
export const coversAny = (
  items: readonly NormalPort[] | undefined,
  protocol: PolicyProtocol,
  port: number,
  named: readonly NamedPort[],
): boolean => !items || items.some((item) => coversPort(item, protocol, port, named));

/** Where the answer of some rule may change. */
function edgesOf(
  rules: readonly (readonly NormalPort[])[],
  protocol: PolicyProtocol,
  named: readonly NamedPort[],
): readonly number[] {
  const edges = new Set([1]);
  for (const item of rules.flat()) {
    if (item.port === 'range' && item.protocol === protocol) {
      edges.add(item.first).add(item.last + 1);
    } else if (item.port === 'name') {
      for (const known of named) {
        if (known.name === item.name) edges.add(known.port).add(known.port + 1);
      }
    }
  }
  return [...edges].filter((edge) => edge <= 65_535).sort((a, b) => a - b);
}

/** Asks `outcomeOf` at every port where it may change, and keeps where it does. */
export function spansOf(
  rules: readonly (readonly NormalPort[])[],
  protocol: PolicyProtocol,
  named: readonly NamedPort[],
  outcomeOf: (port: number) => PolicyOutcome,
): PortSpans {
  const starts: number[] = [];
  const outcomes: PolicyOutcome[] = [];
  for (const start of edgesOf(rules, protocol, named)) {
    const outcome = outcomeOf(start);
    if (outcome === outcomes.at(-1)) continue;
    starts.push(start);
    outcomes.push(outcome);
  }
  return { starts, outcomes };
}

/** What becomes of a connection to a port. */
export function outcomeAt({ starts, outcomes }: PortSpans, port: number): PolicyOutcome {
  let i = starts.length - 1;
  while (i > 0 && (starts[i] ?? 1) > port) i--;
  return outcomes[i] ?? 'admitted';
}
