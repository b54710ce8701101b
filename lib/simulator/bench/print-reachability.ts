/** The full matrix of a cluster. Milliseconds of processor time. */
export interface ReachabilityResult {
  readonly pods: number;
  readonly policies: number;
  /** Policies compiled, ends sorted, every way in which ends differ asked of the engine. */
  readonly computed: number;
  /** Every cell of the matrix read once. */
  readonly read: number;
  readonly classes: number;
  readonly cells: number;
  /** Different sets of ports among them. */
  readonly portSets: number;
  /** Pairs of ends that the cells stand for. */
  readonly pairs: number;
  /** Beyond the world itself. */
  readonly megabytes: number;
  /** One pod gets labels that others have, or that no other has. */
  readonly known: number;
  readonly unknown: number;
}

const short = (value: number) =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
const thousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

type PrintTable = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

const rowOf = (each: ReachabilityResult) => [
  thousands(each.pods),
  thousands(each.policies),
  short(each.computed / 1000),
  short(each.read / 1000),
  short(each.megabytes),
  thousands(each.classes),
  thousands(each.cells),
  thousands(each.portSets),
  thousands(each.pairs),
  short(each.known),
  short(each.unknown),
];

/** The chapter of docs/benchmarks.md. */
export function reachabilityPart(
  results: readonly ReachabilityResult[],
  table: PrintTable,
): string {
  const heads = ['pods', 'policies', 's to work it out', 's to read all cells', 'MiB', 'classes'];
  const more = ['cells', 'sets of ports', 'pairs', 'ms a known label', 'ms a new label'];
  return `## Reachability

Who may talk to whom: all pods, nodes and ranges of addresses to all others, on every port of three protocols. 100
namespaces with 20 workloads each, 30 pods a node; default policies for ingress, selectors of pods and namespaces, blocks with
exceptions, ranges and names of ports, one in 50 an AdminNetworkPolicy. Working it out begins with the policies as they
were read from the API; a cell is a pair of classes of ends that no policy tells apart. MiB are those beyond the
pods and policies themselves. The last two columns are one pod whose labels change, to those of other pods and to some that no pod has yet
(the median of 11).

${table([...heads, ...more], results.map(rowOf))}`;
}
