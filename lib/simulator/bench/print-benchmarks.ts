import { policiesPart, type LabelChangeResult, type VerdictsResult } from './print-policies.ts';
import { reachabilityPart, type ReachabilityResult } from './print-reachability.ts';

/** What one request costs. Milliseconds of processor time. */
interface RequestCost {
  readonly mode: string;
  /** The first one on this cluster: neighbours are asked for, and code is compiled. */
  readonly first: number;
  readonly untraced: number;
  readonly traced: number;
  /** Rules that netfilter looked at for all packets of one request. */
  readonly compared: number;
  readonly steps: number;
  readonly packets: number;
}

/** One request against so many Services. */
export interface ServicesResult extends RequestCost {
  readonly services: number;
  /** One more endpoint, until the rules of both nodes are written. */
  readonly change: number;
}

/** One request in a cluster of so many nodes. */
export interface NodesResult extends RequestCost {
  readonly nodes: number;
}

/** One cluster that was loaded. Milliseconds of processor time; megabytes at the peak. */
export interface LoadResult {
  readonly mode: string;
  readonly nodes: number;
  readonly pods: number;
  readonly services: number;
  readonly awake: number;
  readonly parts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly megabytes: number;
  /** The first traced request, and the second. */
  readonly firstTrace: number;
  readonly secondTrace: number;
  readonly change: number;
}

/** What the API costs. Milliseconds of processor time; bytes of heap. */
export interface ApiResult {
  readonly pods: number;
  /** All pods, one POST each, of JSON. */
  readonly created: number;
  /** Heap that so many pods hold. */
  readonly weight: number;
  /** One list of all pods, as objects and as a Table. */
  readonly listed: number;
  readonly tabled: number;
  readonly watchers: number;
  readonly events: number;
  readonly fannedOut: number;
  readonly deployment: { readonly spent: number; readonly virtualSeconds: number };
}

/** What was asked for and did not come to its end, and why. */
export interface Unfinished {
  readonly what: string;
  readonly why: string;
}

export interface BenchReport {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly api: readonly ApiResult[];
  readonly services: readonly ServicesResult[];
  readonly nodes: readonly NodesResult[];
  readonly loads: readonly LoadResult[];
  readonly verdicts: readonly VerdictsResult[];
  readonly labelChanges: readonly LabelChangeResult[];
  readonly reachability: readonly ReachabilityResult[];
  readonly unfinished: readonly Unfinished[];
}

const WIDEST = 40;
const number = (value: number) =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
const thousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) =>
    Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.map(line)].join('\n');
}

interface Point {
  readonly mode: string;
  readonly at: number;
  readonly cost: number;
}

function curve(points: readonly Point[]): string {
  const most = Math.max(...points.map(({ cost }) => cost));
  const lines = points.map(({ mode, at, cost }) => {
    const bar = '#'.repeat(Math.max(1, Math.round((cost / most) * WIDEST)));
    return `${mode} ${thousands(at).padStart(7)} ${bar} ${number(cost)} ms`;
  });
  return ['```text', ...lines, '```'].join('\n');
}

const requestRow = (each: ServicesResult) => [
  each.mode,
  thousands(each.services),
  number(1000 / each.untraced),
  number(1000 / each.traced),
  number(each.untraced),
  number(each.traced),
  thousands(each.compared),
  number(each.change),
];

const loadRow = (each: LoadResult) => [
  `${thousands(each.nodes)} / ${thousands(each.pods)} / ${thousands(each.services)}`,
  each.mode,
  thousands(each.awake),
  number(each.total / 1000),
  Object.entries(each.parts)
    .map(([part, spent]) => `${part} ${number(spent / 1000)}`)
    .join(', '),
  thousands(each.megabytes),
  number(each.change),
  number(each.firstTrace),
  number(each.secondTrace),
];

/** How much dearer the dearest point of a mode is than its cheapest. */
function flatness(points: readonly Point[], mode: string): string {
  const costs = points.filter((point) => point.mode === mode).map(({ cost }) => cost);
  return number(Math.max(...costs) / Math.min(...costs));
}

const inOrder = <Result extends { readonly mode: string }>(
  results: readonly Result[],
  sizeOf: (result: Result) => number,
): Result[] =>
  [...results].sort(
    (a, b) => (a.mode < b.mode ? -1 : a.mode > b.mode ? 1 : 0) || sizeOf(a) - sizeOf(b),
  );

function requestsPart(results: readonly ServicesResult[]): string {
  const ordered = inOrder(results, ({ services }) => services);
  const points = (costOf: (result: ServicesResult) => number) =>
    ordered.map((each) => ({ mode: each.mode, at: each.services, cost: costOf(each) }));
  const untraced = points((each) => each.untraced);
  const most = 1000 / Math.min(...untraced.map(({ cost }) => cost));
  const heads = ['mode', 'Services', 'untraced/s', 'traced/s', 'ms untraced', 'ms traced'];
  return `## Requests

One request: a real curl on the workstation fetches a page from a node port of the first of two nodes, to the last FIN:
${ordered[0]?.packets ?? 0} packets over the nodes' network, each through every hook of every machine on the way. Traced means that every
step is recorded. The Service that is asked for stands behind all others, so that iptables mode reads its chain to the
end: no index skips a rule. Times are those of the better of two rounds. "Rules compared" counts all packets of one request, as a mean; "ms a change" is one more
endpoint of one Service, until both nodes have written it.

${table([...heads, 'rules compared', 'ms a change'], ordered.map(requestRow))}

Cost of one untraced request against the number of Services:

${curve(untraced)}

In nftables mode the dearest of these is ${flatness(untraced, 'nftables')} times the cheapest, in iptables mode ${flatness(untraced, 'iptables')} times.
The mark for untraced requests is webernetes with 13,400 NodePort fetches a second; here it is ${number(most)} at most.

Cost of one changed endpoint against the number of Services:

${curve(points((each) => each.change))}`;
}

const nodesRow = (each: NodesResult) => [
  each.mode,
  thousands(each.nodes),
  number(1000 / each.untraced),
  number(1000 / each.traced),
  number(each.untraced),
  number(each.traced),
  number(each.first),
];

function nodesPart(results: readonly NodesResult[]): string {
  const ordered = inOrder(results, ({ nodes }) => nodes);
  const points = (costOf: (result: NodesResult) => number) =>
    ordered.map((each) => ({ mode: each.mode, at: each.nodes, cost: costOf(each) }));
  const traced = points((each) => each.traced);
  const heads = ['mode', 'nodes', 'untraced/s', 'traced/s', 'ms untraced', 'ms traced'];
  return `## Nodes

A pod of the first node asks a Service whose pods run on the second (${ordered[0]?.packets ?? 0} packets over the nodes' network); 40 pods and
20 Services are on these two, whose agents run, beside ever more nodes: a route to each of them, a port each on the switch. The first request asks all of them whose the addresses are (ARP).

${table([...heads, 'ms the first'], ordered.map(nodesRow))}

Cost of one traced request against the number of nodes:

${curve(traced)}

The dearest of these is ${flatness(traced, 'iptables')} times the cheapest in iptables mode, ${flatness(traced, 'nftables')} times in nftables mode.`;
}

function loadingPart(results: readonly LoadResult[]): string {
  const heads = ['nodes / pods / Services', 'mode', 'nodes with agents', 'seconds', 'of which'];
  const more = ['MiB at the peak', 'ms a change', 'ms first trace', 'ms second trace'];
  return `## Loading

Objects go through the API (defaults, validation, addresses) as scheduler, kubelets and controllers would have left
them; every pod has a network namespace by CNI ADD and a web server that listens; then kube-proxy and the CNI's daemon
of the nodes in the third column read it all. The daemon writes its routes at once. In a cluster of more than 20 nodes
kube-proxy's rules are written on a node when the first packet or the first command meets them there: a node that
nothing visits costs nothing more. Kubelets and the other nodes' agents are stopped. "ms a change" is one endpoint that
changes, until the nodes in the third column have it or know that they owe it (the median of five, after two nodes were
visited); "ms first trace" is a request from a pod of the first node to one of the second, with all that was put off.

${table([...heads, ...more], results.map(loadRow))}`;
}

function apiPart(results: readonly ApiResult[]): string {
  return results
    .map(({ pods, watchers, events, deployment, ...spent }) => {
      const rows = [
        [
          'pods created a second, one POST each',
          thousands(Math.round((1000 * pods) / spent.created)),
        ],
        [`list of ${thousands(pods)} pods, ms`, number(spent.listed)],
        ['the same as a Table, ms', number(spent.tabled)],
        [
          `watch events a second, to ${thousands(watchers)} watchers`,
          thousands(Math.round((1000 * events) / spent.fannedOut)),
        ],
        ['MiB of heap for 1,000 pods', number((1000 * spent.weight) / pods / 2 ** 20)],
        ['Deployment and node port, to the first answer, ms', number(deployment.spent)],
      ];
      return `## The API

Requests enter where kubectl's do, with JSON bodies: defaults, validation, admission, the store, the watches. The pods are
bound to a node that does not exist, so that nobody runs them. The last row is a Deployment of three pods and a Service of
type NodePort in a running cluster, until a request to the node port is answered: ${deployment.virtualSeconds.toFixed(2)} s of the cluster's own time.

${table(['what', 'here'], rows)}

The marks: kwok gives 20 objects a second for itself, and webernetes 1.06 s for a Deployment with a node port.`;
    })
    .join('\n\n');
}

/** docs/benchmarks.md. */
export function printBenchmarks(report: BenchReport): string {
  const { api, services, nodes, loads, verdicts, labelChanges, reachability, unfinished } = report;
  const stops = unfinished.map(({ what, why }) => `- ${what}: ${why}`);
  return `# Benchmarks

Written by \`npm run bench\` on ${report.date}, commit ${report.commit}, on ${report.machine}. Times are processor time of
one process with its garbage collector, so that neighbours on the machine count less than on a clock; they still differ
by a third from run to run on a busy machine.

${apiPart(api)}

${requestsPart(services)}

${nodesPart(nodes)}

${loadingPart(loads)}

${policiesPart(verdicts, labelChanges, table)}

${reachabilityPart(reachability, table)}
${stops.length > 0 ? `\nWhere it stops:\n\n${stops.join('\n')}\n` : ''}`;
}
