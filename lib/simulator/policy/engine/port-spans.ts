import type { PolicyProtocol } from '../policy-protocol.ts';
import type { PolicyOutcome } from '../verdict.ts';

/** Ports begin at 1. */
export const LAST_PORT = 65_535;

/** Those that policies speak of. */
export const PROTOCOLS: readonly PolicyProtocol[] = ['TCP', 'UDP', 'SCTP'];

/** Outcomes from port to port: `outcomes[i]` holds from `starts[i]` up to the next start. The first start is 1. */
export interface PortSpans {
  readonly starts: readonly number[];
  readonly outcomes: readonly PolicyOutcome[];
}

/** What becomes of connections to every port. Equal answers of one engine are one object. */
export type PortOutcomes = Readonly<Record<PolicyProtocol, PortSpans>>;

const OUTCOMES = ['admitted', 'not-admitted', 'undecidable'] as const;

/** Spans in one list of small numbers, which is quick to ask: four times the start, and the outcome's number. */
type PackedSpans = readonly number[];

const packed = (start: number, outcome: PolicyOutcome) => start * 4 + OUTCOMES.indexOf(outcome);
const outcomeOf = (span = 0): PolicyOutcome => OUTCOMES[span & 3] ?? 'admitted';

const unpack = (spans: PackedSpans): PortSpans => ({
  starts: spans.map((span) => span >> 2),
  outcomes: spans.map(outcomeOf),
});

/** What becomes of connections to every port, to be asked port by port or as a whole. */
export class PortAnswer {
  readonly TCP: PackedSpans;
  readonly UDP: PackedSpans;
  readonly SCTP: PackedSpans;
  private unpacked: PortOutcomes | undefined;

  constructor([tcp = [], udp = [], sctp = []]: readonly PackedSpans[]) {
    this.TCP = tcp;
    this.UDP = udp;
    this.SCTP = sctp;
  }

  /** Equal text, equal answer. */
  get key(): string {
    return `${this.TCP.join()};${this.UDP.join()};${this.SCTP.join()}`;
  }

  get outcomes(): PortOutcomes {
    this.unpacked ??= { TCP: unpack(this.TCP), UDP: unpack(this.UDP), SCTP: unpack(this.SCTP) };
    return this.unpacked;
  }

  /** What becomes of a connection to a port. */
  at(protocol: PolicyProtocol, port: number): PolicyOutcome {
    const spans = this[protocol];
    let low = 0;
    let high = spans.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((spans[middle] ?? 0) >> 2 <= port) low = middle;
      else high = middle - 1;
    }
    return outcomeOf(spans[low]);
  }
}

/** Where nobody is asked. */
export const ADMITTED_ALL = new PortAnswer(PROTOCOLS.map(() => [packed(1, 'admitted')]));

/** Asks `judge` at every port where some of the ranges begins or ends, and keeps where it changes. */
export function spansOf(
  lists: readonly (readonly number[])[],
  judge: (port: number) => PolicyOutcome,
): PackedSpans {
  const edges = new Set([1]);
  for (const list of lists) list.forEach((port, i) => edges.add(i % 2 === 0 ? port : port + 1));
  const spans: number[] = [];
  let last: PolicyOutcome | undefined;
  for (const start of [...edges].sort((a, b) => a - b)) {
    if (start > LAST_PORT) break;
    const outcome = judge(start);
    if (outcome !== last) spans.push(packed(start, outcome));
    last = outcome;
  }
  return spans;
}

/** Ranges that are in order and apart are admitted, and nothing else. */
export function spansOfAdmitted(ranges: readonly number[]): PackedSpans {
  const spans = ranges[0] === 1 ? [] : [packed(1, 'not-admitted')];
  for (let i = 0; i < ranges.length; i += 2) {
    const [first, last] = [ranges[i] ?? 1, ranges[i + 1] ?? LAST_PORT];
    spans.push(packed(first, 'admitted'));
    if (last < LAST_PORT) spans.push(packed(last + 1, 'not-admitted'));
  }
  return spans;
}
