import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import {
  printBenchmarks,
  type ApiResult,
  type LoadResult,
  type NodesResult,
  type ServicesResult,
  type Unfinished,
} from './print-benchmarks.ts';
import type { LabelChangeResult, VerdictsResult } from './print-policies.ts';
import type { ReachabilityResult } from './print-reachability.ts';

/**
 * `npm run bench -- [--quick] [--memory MIB] [--seconds N] [--out FILE]`: measures the simulator and writes
 * docs/benchmarks.md. Each measurement is a process of its own, of code bundled as for the page, with at most so much
 * memory and time; what does not come to its end is named in the text.
 */
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    memory: { type: 'string', default: '14000' },
    seconds: { type: 'string', default: '400' },
    out: { type: 'string', default: 'docs/benchmarks.md' },
  },
});

const SERVICES = ['10 400', '100 400', '1000 400', '10000 300'].flatMap((size) => [
  `services iptables ${size}`,
  `services nftables ${size}`,
]);
const NODES = ['2', '10', '100', '1000'].flatMap((nodes) => [
  `nodes iptables ${nodes} 200`,
  `nodes nftables ${nodes} 200`,
]);
const LOADS = [
  'load iptables 100 3000 1000 4',
  'load iptables 100 3000 1000 100',
  'load nftables 100 3000 1000 100',
  'load iptables 1000 30000 5000 4',
  'load iptables 1000 30000 5000 1000',
  'load iptables 5000 150000 10000 2',
  'load iptables 5000 150000 10000 5000',
];

const VERDICTS = ['100 50', '200 200', '200 500', '200 1000'].map((size) => `verdicts - ${size}`);
const REACHABILITY = ['10000', '150000'].map((pods) => `reachability - ${pods} 1000`);

const folder = mkdtempSync(join(tmpdir(), 'hopwise-bench-'));
const bundle = join(folder, 'measure.cjs');
const entry = 'lib/simulator/bench/measure.cli.ts';
buildSync({
  entryPoints: [entry],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outfile: bundle,
});

type Outcome = { readonly result: unknown } | { readonly why: string };

function measure(what: string): Outcome {
  const args = [`--max-old-space-size=${values.memory}`, bundle, ...what.split(' ')];
  const timeout = Number(values.seconds) * 1000;
  const { status, error, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout,
  });
  if (status === 0) return { result: JSON.parse(stdout) };
  if (error) return { why: `not finished after ${values.seconds} s` };
  return /heap out of memory/.test(stderr)
    ? { why: `more than ${values.memory} MiB of memory` }
    : { why: stderr.trim().split('\n').at(-1) ?? 'failed' };
}

function measureAll<Result>(all: readonly string[], unfinished: Unfinished[]): Result[] {
  return all.flatMap((what) => {
    const outcome = measure(what);
    process.stdout.write(`${what}: ${JSON.stringify(outcome)}\n`);
    if ('result' in outcome) return [outcome.result as Result];
    unfinished.push({ what, why: outcome.why });
    return [];
  });
}

const unfinished: Unfinished[] = [];
const api = measureAll<ApiResult>(['api - 5000 1000'], unfinished);
const services = measureAll<ServicesResult>(
  values.quick ? SERVICES.slice(0, 4) : SERVICES,
  unfinished,
);
const nodes = measureAll<NodesResult>(values.quick ? NODES.slice(0, 4) : NODES, unfinished);
const loads = measureAll<LoadResult>(values.quick ? LOADS.slice(0, 3) : LOADS, unfinished);
const verdicts = measureAll<VerdictsResult>(VERDICTS, unfinished);
const labelChanges = measureAll<LabelChangeResult>(['label - 10000 1000'], unfinished);
const reachability = measureAll<ReachabilityResult>(
  values.quick ? REACHABILITY.slice(0, 1) : REACHABILITY,
  unfinished,
);
rmSync(folder, { recursive: true });

const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' });
const [processor] = cpus();
const machine = `${cpus().length} cores of ${processor?.model.trim() ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
const date = new Date().toISOString().slice(0, 10);
const commit = git.stdout.trim();
writeFileSync(
  values.out,
  printBenchmarks({
    date,
    commit,
    machine,
    api,
    services,
    nodes,
    loads,
    verdicts,
    labelChanges,
    reachability,
    unfinished,
  }),
);
process.stdout.write(`${values.out}\n`);
