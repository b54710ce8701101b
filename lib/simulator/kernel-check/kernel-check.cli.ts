import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { ClusterOptions } from '../cluster-options.ts';
import type { ClusterCheck, Difference } from './check-cluster.ts';
import type { ProbeVerdict } from './judge-probes.ts';
import type { MutationName } from './mutations.ts';
import type { PlanOptions } from './random-cluster.ts';

/**
 * `npm run kernel-check -- [--clusters N] [--seed S] [--mode iptables|nftables] [--cni routed|vxlan] [--ipv6] [--policies]
 * [--probes N] [--mutations] [--jobs N] [--json] [--require] [--skipped-code N]`: draws clusters, builds each in the
 * simulator and, from the simulator's state, in network namespaces of the kernel, asks both the same questions, and
 * compares what came of each. With --policies the clusters have random policies of all kinds, whose printed rules and sets
 * are loaded too; what the policy engine says of each probe is compared with the kernel besides, and of the probes a fifth
 * at least must be admitted by policies and a fifth dropped. What differs is asked again, three times; what never comes again
 * is shown, and is chance as long as it is rare. Exits 1 on a difference, or with --mutations when a broken
 * simulator (with --policies: a broken policy agent) is not told from the kernel by 20 probes. Where namespaces or tools
 * are missing it prints `skipped` and exits 0 (or --skipped-code, or 1 under --require).
 */
const USAGE = 'kernel-check: unknown option; see lib/simulator/kernel-check/kernel-check.cli.ts';
/** A broken simulator must be told from the kernel by so many probes. */
const NEEDED = 20;
const SHOWN = 10;
/** Of so many probes one may differ once and never again: more is no chance. */
const PROBES_A_GLIMPSE = 5_000;
/** Of the probes in clusters with policies, admitted by them, and dropped. */
const LEAST_SHARE = 0.2;
/** Of util-linux, which every Linux has. */
const [UNSHARE] = ['unshare'] as const;

interface Report {
  clusters: number;
  probes: number;
  differences: Difference[];
  /** What was seen once, and never again when the same was asked anew. */
  glimpses: Difference[];
  /** Services of which the kernel drew other endpoints than the simulator has. */
  lots: { checked: number; wrong: NonNullable<ClusterCheck['lots']>[] };
  mutations: Partial<Record<MutationName, number>>;
  /** What the policies said of the probes, where there are any. */
  verdicts: Record<ProbeVerdict, number>;
  seconds: number;
}

const emptyReport = (): Report => ({
  clusters: 0,
  probes: 0,
  differences: [],
  glimpses: [],
  lots: { checked: 0, wrong: [] },
  mutations: {},
  verdicts: { unasked: 0, admitted: 0, 'not-admitted': 0, undecidable: 0 },
  seconds: 0,
});

function addVerdicts(report: Report, verdicts: Report['verdicts']): void {
  for (const name of Object.keys(verdicts) as ProbeVerdict[])
    report.verdicts[name] += verdicts[name];
}

function addCluster(report: Report, check: ClusterCheck): void {
  report.clusters += 1;
  report.probes += check.probes;
  report.differences.push(...check.differences);
  report.glimpses.push(...check.glimpses);
  addMutations(report, check.mutations);
  const { lots, verdicts } = check;
  if (verdicts) addVerdicts(report, verdicts);
  if (!lots) return;
  report.lots.checked += 1;
  if (lots.kernel.join() !== lots.simulator.join()) report.lots.wrong.push(lots);
}

function addMutations(report: Report, caught: ClusterCheck['mutations']): void {
  for (const name of Object.keys(caught) as MutationName[]) {
    report.mutations[name] = (report.mutations[name] ?? 0) + (caught[name] ?? 0);
  }
}

function addReport(report: Report, other: Report): void {
  report.clusters += other.clusters;
  report.probes += other.probes;
  report.differences.push(...other.differences);
  report.glimpses.push(...other.glimpses);
  report.lots.checked += other.lots.checked;
  report.lots.wrong.push(...other.lots.wrong);
  addMutations(report, other.mutations);
  addVerdicts(report, other.verdicts);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        clusters: { type: 'string', default: '20' },
        first: { type: 'string', default: '0' },
        seed: { type: 'string', default: 'kernel' },
        mode: { type: 'string', default: 'iptables' },
        cni: { type: 'string', default: 'routed' },
        ipv6: { type: 'boolean', default: false },
        policies: { type: 'boolean', default: false },
        probes: { type: 'string', default: '50' },
        mutations: { type: 'boolean', default: false },
        jobs: { type: 'string', default: '2' },
        json: { type: 'boolean', default: false },
        require: { type: 'boolean', default: false },
        'skipped-code': { type: 'string', default: '0' },
      },
    }).values;
  } catch {
    console.error(USAGE);
    process.exit(2);
  }
}

type Options = ReturnType<typeof readOptions>;

/** What is missing on this machine, if anything. */
function findObstacle({ mode, policies }: Options): string | undefined {
  const works = (command: string, args: readonly string[], input = '') =>
    spawnSync(UNSHARE, ['-n', command, ...args], { input }).status === 0;
  if (process.platform !== 'linux' || !works('true', []))
    return 'a network namespace cannot be made here (root is needed)';
  if (!works('ip', ['link', 'add', 'hwk0', 'type', 'veth', 'peer', 'name', 'hwk1']))
    return 'ip is not installed, or the kernel has no veth devices';
  if (!works('ip', ['link', 'add', 'hwk0', 'type', 'bridge'])) return 'the kernel has no bridges';
  if (mode === 'iptables' && !works('iptables-restore', [], '*nat\nCOMMIT\n'))
    return 'iptables is not installed';
  if (mode === 'iptables' && policies && !works('ipset', ['restore'], 'create hwk hash:net\n'))
    return 'ipset is not installed, or the kernel has no sets';
  // With policies nft looks on in either mode.
  if ((mode === 'nftables' || policies) && !works('nft', ['list', 'ruleset']))
    return 'nft is not installed';
  return undefined;
}

function planOptions({ mode, cni, ipv6, policies }: Options): PlanOptions {
  return {
    mode: mode as ClusterOptions['proxyMode'],
    cni: cni as ClusterOptions['cni'],
    family: ipv6 ? 'IPv6' : 'IPv4',
    policies: policies ? 'random' : 'none',
  };
}

/** Checks clusters one after the other in this process. */
async function checkHere(options: Options): Promise<Report> {
  const { checkCluster } = await import('./check-cluster.ts');
  const { mutationsFor } = await import('./mutations.ts');
  const { drawCluster } = await import('./random-cluster.ts');
  const report = emptyReport();
  const first = Number(options.first);
  for (let i = first; i < first + Number(options.clusters); i++) {
    const plan = drawCluster(`${options.seed}-${i}`, planOptions(options));
    const check = checkCluster(plan, {
      probes: Number(options.probes),
      mutations: options.mutations ? mutationsFor(planOptions(options)) : [],
    });
    addCluster(report, check);
  }
  return report;
}

/** The options of one of several processes that share the work. */
function argumentsOf(options: Options, first: number, clusters: number): string[] {
  const { seed, mode, cni, probes } = options;
  const flags = (['ipv6', 'policies', 'mutations'] as const)
    .filter((name) => options[name])
    .map((name) => `--${name}`);
  const named = { seed, mode, cni, probes, first, clusters, jobs: 1 };
  return [
    '--json',
    ...flags,
    ...Object.entries(named).flatMap(([key, value]) => [`--${key}`, `${value}`]),
  ];
}

async function checkElsewhere(options: Options, first: number, clusters: number): Promise<Report> {
  const [, self = ''] = process.argv;
  const args = [...process.execArgv, self, ...argumentsOf(options, first, clusters)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const end = () => child.kill('SIGKILL');
  process.on('exit', end);
  let output = '';
  child.stdout.on('data', (text: Buffer) => (output += text.toString()));
  await once(child, 'close');
  process.off('exit', end);
  return JSON.parse(output) as Report;
}

async function check(options: Options): Promise<Report> {
  const clusters = Number(options.clusters);
  const jobs = Math.max(1, Math.min(Number(options.jobs), clusters));
  if (jobs === 1) return checkHere(options);
  const report = emptyReport();
  const size = Math.ceil(clusters / jobs);
  const first = Number(options.first);
  const starts = Array.from({ length: jobs }, (_, i) => i * size).filter((at) => at < clusters);
  const parts = await Promise.all(
    starts.map((at) => checkElsewhere(options, first + at, Math.min(size, clusters - at))),
  );
  for (const part of parts) addReport(report, part);
  return report;
}

function describeDifference({ cluster, probe, kernel, simulator, trace }: Difference): string {
  const { from, protocol, to, about } = probe;
  const lines = (title: string, all: readonly string[]) =>
    all.map((line, i) => `  ${(i === 0 ? title : '').padEnd(11)}${line}`);
  return [
    `${cluster}, probe ${probe.number}: ${from} asks ${protocol} ${to.address} ${to.port} (${about})`,
    ...lines('kernel', kernel),
    ...lines('simulator', simulator),
    ...trace.split('\n').map((line) => `    ${line}`),
  ].join('\n');
}

const hasPolicies = ({ verdicts }: Report) => Object.values(verdicts).some((count) => count > 0);

/** Policies that let everything pass, or nothing, would prove little. */
const isMixed = (report: Report) =>
  !hasPolicies(report) ||
  [report.verdicts.admitted, report.verdicts['not-admitted']].every(
    (count) => count >= report.probes * LEAST_SHARE,
  );

function describeReport(report: Report): string {
  const { clusters, probes, differences, glimpses, lots, mutations, verdicts, seconds } = report;
  return [
    ...glimpses.slice(0, SHOWN).map((each) => `seen once: ${describeDifference(each)}`),
    ...differences.slice(0, SHOWN).map(describeDifference),
    ...lots.wrong.map(
      ({ about, kernel, simulator }) =>
        `${about}: the kernel drew ${kernel.join(' ')}, the simulator has ${simulator.join(' ')}`,
    ),
    ...Object.entries(mutations).map(
      ([name, caught]) => `broken simulator ${name}: told from the kernel by ${caught} probes`,
    ),
    ...(hasPolicies(report)
      ? [
          `policies: ${verdicts.admitted} probes admitted, ${verdicts['not-admitted']} dropped, ${verdicts.undecidable} undecidable, ${verdicts.unasked} that no policy is about`,
        ]
      : []),
    `${clusters} clusters, ${probes} probes, ${differences.length} differences (${glimpses.length} seen once and not again), ${lots.checked} Services with all their endpoints drawn but ${lots.wrong.length}, ${seconds.toFixed(1)} s`,
  ].join('\n');
}

function isGood(report: Report): boolean {
  const { probes, differences, glimpses, lots, mutations } = report;
  return (
    probes > 0 &&
    isMixed(report) &&
    differences.length === 0 &&
    glimpses.length <= Math.ceil(probes / PROBES_A_GLIMPSE) &&
    lots.wrong.length === 0 &&
    Object.values(mutations).every((caught) => caught >= NEEDED)
  );
}

async function main(): Promise<number> {
  const options = readOptions();
  const obstacle = findObstacle(options);
  if (obstacle !== undefined) {
    console.log(options.json ? JSON.stringify({ skipped: obstacle }) : `skipped: ${obstacle}`);
    return options.require ? 1 : Number(options['skipped-code']);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  const began = performance.now();
  const report = await check(options);
  report.seconds = (performance.now() - began) / 1000;
  console.log(options.json ? JSON.stringify(report, null, 2) : describeReport(report));
  return isGood(report) ? 0 : 1;
}

process.exitCode = await main();
