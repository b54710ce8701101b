/** Verdicts on random connections. */
export interface VerdictsResult {
  readonly pods: number;
  readonly policies: number;
  /** Milliseconds of processor time: policies compiled; then the first verdict. */
  readonly built: number;
  readonly first: number;
  /** A second: of an engine that has answered nothing yet, and of one that has. */
  readonly cold: number;
  readonly warm: number;
  /** Explanations a second. */
  readonly explained: number;
  /** Of the connections, percent: those that pass. */
  readonly admitted: number;
  readonly flows: number;
}

/** What one pod's new label costs. Milliseconds of processor time, medians. */
export interface LabelChangeResult {
  readonly pods: number;
  readonly policies: number;
  /** Until the next verdict on this pod, in an engine that has answered before. */
  readonly carried: number;
  /** The same with an engine that is made anew. */
  readonly anew: number;
}

const short = (value: number) =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
const thousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

type PrintTable = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** Verdicts a second of a Go engine of the field that asks policy by policy, by pods and policies. */
const MARKS: Readonly<Record<string, number>> = {
  '100 50': 731_000,
  '200 200': 213_000,
  '200 500': 137_000,
  '200 1000': 84_000,
};

const rowOf = (each: VerdictsResult) => [
  `${thousands(each.pods)} / ${thousands(each.policies)}`,
  thousands(each.warm),
  thousands(each.cold),
  thousands(MARKS[`${each.pods} ${each.policies}`] ?? 0),
  thousands(each.explained),
  short(each.built),
  short(each.first),
  String(each.admitted),
];

/** The chapter of docs/benchmarks.md. */
export function policiesPart(
  verdicts: readonly VerdictsResult[],
  changes: readonly LabelChangeResult[],
  table: PrintTable,
): string {
  const heads = [
    'pods / policies',
    'verdicts/s',
    'of these when new',
    'a Go engine',
    'explanations/s',
  ];
  const more = ['ms to compile', 'ms the first verdict', '% admitted'];
  const changed = changes.map(
    ({ pods, policies, carried, anew }) =>
      `With ${thousands(pods)} pods and ${thousands(policies)} policies one changed label costs ${short(carried)} ms until the next verdict on its pod; an engine made anew ${short(anew)} ms.`,
  );
  return `## Policies

May this connection come about? ${thousands(verdicts[0]?.flows ?? 0)} random connections between random pods of five namespaces (one in ten to
or from outside), ten times over; each pod is selected by about one policy in ten, one in 25 is a ClusterNetworkPolicy. "When new" is the first time over: classes
of pods and what holds between them are worked out on the way. An explanation names every policy that selects either end, with the rule that matches or why none does.

${table([...heads, ...more], verdicts.map(rowOf))}

${changed.join('\n')}`;
}
