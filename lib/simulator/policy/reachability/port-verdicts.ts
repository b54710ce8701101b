import { LAST_PORT, PROTOCOLS, type PortOutcomes, type PortSpans } from '../engine/port-spans.ts';
import type { PolicyProtocol } from '../policy-protocol.ts';
import type { PolicyOutcome } from '../verdict.ts';

const FIRST_PORT = 1;

/** Ports next to one another with one outcome. */
export interface PortRun {
  readonly first: number;
  /** Inclusive. */
  readonly last: number;
  readonly outcome: Exclude<PolicyOutcome, 'not-admitted'>;
}

/** The outcome of every port of every protocol: runs in order, apart from one another; what is in none is not admitted. */
export type PortVerdicts = Readonly<Record<PolicyProtocol, readonly PortRun[]>>;

const ALL_RUNS: readonly PortRun[] = [{ first: FIRST_PORT, last: LAST_PORT, outcome: 'admitted' }];

export const EVERY_PORT: PortVerdicts = { TCP: ALL_RUNS, UDP: ALL_RUNS, SCTP: ALL_RUNS };
export const NO_PORT: PortVerdicts = { TCP: [], UDP: [], SCTP: [] };

/** Runs of `outcomes`, of which each begins where the one before ends; equal neighbours become one. */
export function runsOf(
  outcomes: readonly {
    readonly first: number;
    readonly last: number;
    readonly outcome: PolicyOutcome;
  }[],
): PortRun[] {
  const runs: PortRun[] = [];
  for (const { first, last, outcome } of outcomes) {
    if (outcome === 'not-admitted') continue;
    const before = runs.at(-1);
    if (before?.outcome === outcome && before.last + 1 === first) {
      runs[runs.length - 1] = { ...before, last };
    } else runs.push({ first, last, outcome });
  }
  return runs;
}

const runsOfSpans = ({ starts, outcomes }: PortSpans): PortRun[] =>
  runsOf(
    starts.map((first, index) => ({
      first,
      last: (starts[index + 1] ?? LAST_PORT + 1) - 1,
      outcome: outcomes[index] ?? 'not-admitted',
    })),
  );

/** An answer of the engine as runs. */
export const verdictsOf = (outcomes: PortOutcomes): PortVerdicts => ({
  TCP: runsOfSpans(outcomes.TCP),
  UDP: runsOfSpans(outcomes.UDP),
  SCTP: runsOfSpans(outcomes.SCTP),
});

/** What comes of two ends that both have a say: either refuses, or both admit, or somebody does not know. */
const both = (one: PortRun, other: PortRun): PortRun['outcome'] =>
  one.outcome === 'admitted' && other.outcome === 'admitted' ? 'admitted' : 'undecidable';

function meetRuns(one: readonly PortRun[], other: readonly PortRun[]): PortRun[] {
  const met: PortRun[] = [];
  let [i, j] = [0, 0];
  while (i < one.length && j < other.length) {
    const [a, b] = [one[i], other[j]];
    if (!a || !b) break;
    const [first, last] = [Math.max(a.first, b.first), Math.min(a.last, b.last)];
    if (first <= last) met.push({ first, last, outcome: both(a, b) });
    if (a.last < b.last) i++;
    else j++;
  }
  return runsOf(met);
}

/** What passes both: the egress of one end and the ingress of the other. */
export const meetVerdicts = (one: PortVerdicts, other: PortVerdicts): PortVerdicts => ({
  TCP: meetRuns(one.TCP, other.TCP),
  UDP: meetRuns(one.UDP, other.UDP),
  SCTP: meetRuns(one.SCTP, other.SCTP),
});

const admittedRuns = (runs: readonly PortRun[]) =>
  runs.filter(({ outcome }) => outcome === 'admitted');

function withoutRuns(runs: readonly PortRun[], taken: readonly PortRun[]): PortRun[] {
  return runs.flatMap((run) => {
    const left: PortRun[] = [];
    let from = run.first;
    for (const { first, last } of taken) {
      if (last < from || first > run.last) continue;
      if (first > from) left.push({ ...run, first: from, last: first - 1 });
      from = last + 1;
    }
    if (from <= run.last) left.push({ ...run, first: from });
    return left;
  });
}

/** Ports that `one` admits and `other` does not. */
export const admittedBeyond = (one: PortVerdicts, other: PortVerdicts): PortVerdicts => {
  const beyond = (protocol: PolicyProtocol) =>
    withoutRuns(admittedRuns(one[protocol]), admittedRuns(other[protocol]));
  return { TCP: beyond('TCP'), UDP: beyond('UDP'), SCTP: beyond('SCTP') };
};

/** Ports that either admits; what only one leaves open is not decided. */
export function joinVerdicts(one: PortVerdicts, other: PortVerdicts): PortVerdicts {
  const join = (protocol: PolicyProtocol) => {
    const [a, b] = [one[protocol], other[protocol]];
    const admitted = [...admittedRuns(a), ...withoutRuns(admittedRuns(b), admittedRuns(a))];
    const open = (runs: readonly PortRun[]) =>
      runs.filter(({ outcome }) => outcome === 'undecidable');
    const undecided = [...open(a), ...withoutRuns(open(b), open(a))];
    const all = [...admitted, ...withoutRuns(undecided, admitted)];
    return runsOf(all.sort((left, right) => left.first - right.first));
  };
  return { TCP: join('TCP'), UDP: join('UDP'), SCTP: join('SCTP') };
}

/** What becomes of connections to one port. */
export function outcomeAt(
  verdicts: PortVerdicts,
  protocol: PolicyProtocol,
  port: number,
): PolicyOutcome {
  const run = verdicts[protocol].find(({ first, last }) => first <= port && port <= last);
  return run?.outcome ?? 'not-admitted';
}

export const admitsNothing = (verdicts: PortVerdicts): boolean =>
  PROTOCOLS.every((protocol) => admittedRuns(verdicts[protocol]).length === 0);

export const admitsEverything = (verdicts: PortVerdicts): boolean =>
  PROTOCOLS.every((protocol) => {
    const [run, more] = verdicts[protocol];
    return (
      !more && run?.outcome === 'admitted' && run.first === FIRST_PORT && run.last === LAST_PORT
    );
  });

const textOfRun = ({ first, last, outcome }: PortRun) =>
  `${outcome === 'undecidable' ? '?' : ''}${first === last ? first : `${first}-${last}`}`;

function textOfProtocol(protocol: PolicyProtocol, runs: readonly PortRun[]): string[] {
  const [run, more] = runs;
  if (!run) return [];
  const isWhole = !more && run.first === FIRST_PORT && run.last === LAST_PORT;
  if (isWhole) return [run.outcome === 'admitted' ? protocol : `${protocol} ?`];
  return [`${protocol} ${runs.map(textOfRun).join(',')}`];
}

/** `all`, `none`, or what is admitted by protocol: `SCTP TCP 80,8000-8010 UDP 53`. A question mark: undecidable. */
export function textOfPorts(verdicts: PortVerdicts): string {
  if (admitsEverything(verdicts)) return 'all';
  const parts = [...PROTOCOLS]
    .sort()
    .flatMap((protocol) => textOfProtocol(protocol, verdicts[protocol]));
  return parts.length === 0 ? 'none' : parts.join(' ');
}
