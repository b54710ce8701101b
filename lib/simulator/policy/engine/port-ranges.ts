import type { NormalPort } from '../normal-policy.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { NamedPort } from '../policy-world.ts';

/** Ports of each protocol: first and last, first and last. */
export type PortRanges = Readonly<Record<PolicyProtocol, readonly number[]>>;

/** Ports that a rule names. Rules that say the same share one. */
export interface CompiledPorts {
  readonly items: readonly NormalPort[];
  readonly ranges: PortRanges;
  /** Some of them by name: which these are depends on the destination. */
  readonly names: readonly Extract<NormalPort, { port: 'name' }>[];
}

/** The ports of a rule, with ranges by protocol so that a port is found without reading the items again. */
export function compilePorts(items: readonly NormalPort[]): CompiledPorts {
  const of = (protocol: PolicyProtocol) =>
    items.flatMap((item) =>
      item.port === 'range' && item.protocol === protocol ? [item.first, item.last] : [],
    );
  const ranges = { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
  return { items, ranges, names: items.filter((item) => item.port === 'name') };
}

/** Ports of a destination that a name of a policy finds; of any protocol when the policy says none. */
const isMeant = (item: CompiledPorts['names'][number], known: NamedPort) =>
  known.name === item.name && (item.protocol === undefined || item.protocol === known.protocol);

/** Ranges of a rule at a destination with such named ports. */
export function rangesAt(
  { ranges, names }: CompiledPorts,
  protocol: PolicyProtocol,
  named: readonly NamedPort[],
): readonly number[] {
  if (names.length === 0) return ranges[protocol];
  const found = named.filter(
    (known) => known.protocol === protocol && names.some((item) => isMeant(item, known)),
  );
  return [...ranges[protocol], ...found.flatMap(({ port }) => [port, port])];
}

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
  return named.some(
    (known) => known.protocol === protocol && known.port === port && isMeant(item, known),
  );
}

/** Whether a port is in some range. */
export function isInRanges(ranges: readonly number[], port: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (port >= (ranges[i] ?? 0) && port <= (ranges[i + 1] ?? 0)) return true;
  }
  return false;
}

/** Larger than every port. */
const STEP = 2 ** 17;

/** Ranges as few as they can be, in order, apart from one another. */
export function joinRanges(lists: Iterable<readonly number[]>): readonly number[] {
  const packed: number[] = [];
  for (const list of lists) {
    for (let i = 0; i < list.length; i += 2)
      packed.push((list[i] ?? 0) * STEP + (list[i + 1] ?? 0));
  }
  packed.sort((a, b) => a - b);
  const joined: number[] = [];
  let end = -1;
  for (const range of packed) {
    const first = Math.floor(range / STEP);
    const last = range % STEP;
    if (first > end + 1 || joined.length === 0) joined.push(first, last);
    else if (last > end) joined[joined.length - 1] = last;
    end = Math.max(end, last);
  }
  return joined;
}
