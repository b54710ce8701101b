import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * `npm run fidelity`: asks the judges and writes what they said to docs/fidelity-results.json, with date, commit and
 * machine. The fidelity page shows that file; nothing in it is written by hand.
 */
const REPOSITORY = path.resolve(import.meta.dirname, '../../..');
const RESULTS = path.join(REPOSITORY, 'docs/fidelity-results.json');

/** What the fidelity page reads. */
export interface FidelityResults {
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  readonly suites: readonly {
    readonly name: string;
    readonly unit: string;
    readonly passed: number;
    readonly total: number;
    /** What is counted by itself, and not in `passed` and `total`; absent: nothing is. */
    readonly apart?: readonly {
      readonly name: string;
      readonly passed: number;
      readonly total: number;
    }[];
    /** Reasons why something is not claimed, with how often. */
    readonly notClaimed: readonly { readonly reason: string; readonly count: number }[];
  }[];
  readonly kernel: {
    readonly version: string;
    /** Rule sets loaded into the kernel, and chains in which what it answered differs from what was printed. */
    readonly loaded: number;
    readonly total: number;
    readonly differences: number;
  } | null;
  /** Real programs that were asked the same questions side by side; one that is not on the machine is left out. */
  readonly sideBySide: readonly {
    readonly judge: string;
    /** What was compared, and how often. */
    readonly unit: string;
    readonly asked: number;
    readonly differences: number;
    /** What differed, and never again when the same was asked anew. */
    readonly seenOnce?: number;
  }[];
}

interface SuiteRow {
  name: string;
  unit: string;
  passed: number;
  total: number;
  skipped: { reason: string }[];
  apart?: { name: string; passed: number; total: number }[];
}

interface LoadingRow {
  loaded: boolean;
  differences: unknown[];
}

function run<T>(command: string): T | undefined {
  const [file = '', ...args] = command.split(' ');
  const tsx = path.join(REPOSITORY, 'node_modules/tsx/dist/cli.mjs');
  const result = spawnSync(process.execPath, [tsx, path.join(import.meta.dirname, file), ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  try {
    return JSON.parse(result.stdout) as T;
  } catch {
    return undefined;
  }
}

/** The kernel, lane by lane: generated clusters laid out in real namespaces, and packets really sent. */
const LANES = [
  ['Linux kernel, iptables, routed', '--clusters 200'],
  ['Linux kernel, iptables, VXLAN', '--clusters 200 --cni vxlan'],
  ['Linux kernel, nftables, routed', '--clusters 200 --mode nftables'],
  ['Linux kernel, nftables, VXLAN', '--clusters 200 --mode nftables --cni vxlan'],
  ['Linux kernel, iptables, routes by BGP', '--clusters 40 --cni bgp'],
  ['Linux kernel, policies, iptables', '--clusters 80 --policies'],
  ['Linux kernel, policies, nftables', '--clusters 80 --policies --mode nftables'],
  ['Linux kernel, policies, IPv6', '--clusters 20 --policies --ipv6'],
  ['Linux kernel, IPv6, iptables', '--clusters 40 --ipv6'],
  ['Linux kernel, IPv6, nftables, VXLAN', '--clusters 40 --ipv6 --mode nftables --cni vxlan'],
] as const;

function askSideBySide(): FidelityResults['sideBySide'] {
  const rows: FidelityResults['sideBySide'][number][] = [];
  for (const [judge, options] of LANES) {
    const said = run<{ probes: number; differences: unknown[]; glimpses: unknown[] }>(
      `../kernel-check/kernel-check.cli.ts --json --seed fidelity ${options}`,
    );
    if (said?.probes)
      rows.push({
        judge,
        unit: 'probe',
        asked: said.probes,
        differences: said.differences.length,
        seenOnce: said.glimpses.length,
      });
  }
  const resolver = run<{ lookups: number; differences: unknown[] }>(
    '../resolver-check/resolver-check.cli.ts --json --lookups 240',
  );
  if (resolver?.lookups)
    rows.push({
      judge: 'glibc resolver (getent)',
      unit: 'look-up',
      asked: resolver.lookups,
      differences: resolver.differences.length,
    });
  const cni = run<{ steps: number; different: number }>(
    '../cni-check/run.cli.ts --json --configs 24',
  );
  if (cni?.steps)
    rows.push({
      judge: 'CNI plug-ins bridge, host-local, portmap',
      unit: 'ADD or DEL',
      asked: cni.steps,
      differences: cni.different,
    });
  return rows;
}

function notClaimed(rows: SuiteRow['skipped']): { reason: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { reason } of rows) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}

const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8' }).trim();

function main(): number {
  const conformance = run<{ suites: SuiteRow[] }>('run.cli.ts --json');
  if (!conformance) {
    console.error('The conformance tables are not here: nothing was written.');
    return 1;
  }
  const loadings = run<{ loadings: LoadingRow[] }>('load-rules.cli.ts --json')?.loadings;
  const results: FidelityResults = {
    date: new Date().toISOString(),
    commit: git('rev-parse', '--short', 'HEAD'),
    machine: `${os.type()} ${os.release().split('-')[0] ?? ''}, ${os.cpus().length} cores, Node ${process.version}`,
    suites: conformance.suites.map(({ name, unit, passed, total, skipped, apart }) => ({
      name,
      unit,
      passed,
      total,
      ...(apart && {
        apart: apart.map((each) => ({
          name: each.name,
          passed: each.passed,
          total: each.total,
        })),
      }),
      notClaimed: notClaimed(skipped),
    })),
    kernel: loadings
      ? {
          version: os.release().split('-')[0] ?? '',
          loaded: loadings.filter(({ loaded }) => loaded).length,
          total: loadings.length,
          differences: loadings.reduce((sum, { differences }) => sum + differences.length, 0),
        }
      : null,
    sideBySide: askSideBySide(),
  };
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  for (const { name, passed, total } of results.suites) console.log(`${name} ${passed}/${total}`);
  console.log(
    results.kernel
      ? `kernel ${results.kernel.loaded}/${results.kernel.total} loaded`
      : 'kernel skipped',
  );
  for (const { judge, unit, asked, differences } of results.sideBySide)
    console.log(`${judge}: ${asked} (${unit}), ${differences} differ`);
  return 0;
}

process.exitCode = main();
