/** One request against so many Services. Milliseconds of processor time. */
export interface ServicesResult {
  readonly mode: string;
  readonly services: number;
  readonly untraced: number;
  readonly traced: number;
  /** Rules that netfilter looked at for all packets of one request. */
  readonly compared: number;
  readonly steps: number;
  readonly packets: number;
  /** One more endpoint, until the rules of both nodes are written. */
  readonly change: number;
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
  readonly change: number;
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
  readonly services: readonly ServicesResult[];
  readonly loads: readonly LoadResult[];
  readonly unfinished: readonly Unfinished[];
}

const WIDEST = 40;
const number = (value: number) =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
const thousands = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function curve(results: readonly ServicesResult[]): string {
  const most = Math.max(...results.map(({ untraced }) => untraced));
  const lines = results.map(({ mode, services, untraced }) => {
    const bar = '#'.repeat(Math.max(1, Math.round((untraced / most) * WIDEST)));
    return `${mode} ${thousands(services).padStart(7)} ${bar} ${number(untraced)} ms`;
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
];

function flatness(results: readonly ServicesResult[]): string {
  const nftables = results.filter(({ mode }) => mode === 'nftables');
  const costs = nftables.map(({ untraced }) => untraced);
  if (costs.length < 2) return '';
  const ratio = Math.max(...costs) / Math.min(...costs);
  return `In nftables mode the dearest of these is ${number(ratio)} times the cheapest.`;
}

/** docs/benchmarks.md. */
export function printBenchmarks(report: BenchReport): string {
  const { services, loads, unfinished } = report;
  const [first] = services;
  const ordered = [...services].sort(
    (a, b) => (a.mode < b.mode ? -1 : a.mode > b.mode ? 1 : 0) || a.services - b.services,
  );
  const stops = unfinished.map(({ what, why }) => `- ${what}: ${why}`);
  const heads = ['mode', 'Services', 'untraced/s', 'traced/s', 'ms untraced', 'ms traced'];
  const loadHeads = ['nodes / pods / Services', 'mode', 'nodes with agents', 'seconds'];
  return `# Benchmarks

Written by \`npm run bench\` on ${report.date}, commit ${report.commit}, on ${report.machine}. Times are processor time of
one process with its garbage collector, so that neighbours on the machine count less than on a clock; they still differ
by a third from run to run on a busy machine.

## Requests

One request: a real curl on the workstation fetches a page from a node port of the first of two nodes, to the last FIN:
${first?.packets ?? 0} packets over the nodes' network, each through every hook of every machine on the way. Traced means that every
step is recorded. The Service that is asked for stands behind all others, so that iptables mode reads its chain to the
end: no index skips a rule. "Rules compared" counts all packets of one request; "ms a change" is one more endpoint of
one Service, until both nodes have written it.

${table([...heads, 'rules compared', 'ms a change'], ordered.map(requestRow))}

Untraced cost of one request against the number of Services:

${curve(ordered)}

${flatness(services)}

## Loading

Objects go through the API (defaults, validation, addresses) as scheduler, kubelets and controllers would have left
them; every pod has a network namespace by CNI ADD and a web server that listens; then kube-proxy and the CNI's daemon
of the nodes in the third column read it all and write rules and routes. Kubelets and the other nodes' agents are
stopped. "ms a change" is one endpoint that changes, until the nodes in the third column have written it.

${table([...loadHeads, 'of which', 'MiB at the peak', 'ms a change'], loads.map(loadRow))}
${stops.length > 0 ? `\nWhere it stops:\n\n${stops.join('\n')}\n` : ''}`;
}
