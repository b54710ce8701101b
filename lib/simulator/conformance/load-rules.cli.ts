import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { clusterRules } from './cluster-rules.ts';
import { compareSaved, type SavedDifference } from './compare-saved.ts';
import { sampleRules, type NodeRules } from './sample-rules.ts';

/**
 * `npm run kernel-rules -- [--require] [--skipped-code N] [--json] [FILE ...]`: loads the rules that the simulator
 * prints into the kernel, each in a fresh network namespace that ends with the process, and compares what iptables-save
 * answers. FILEs hold what `sim rules --node N` prints; without any, the rules of a running cluster are taken, and what
 * kube-proxy writes for one Service of each sort. Exits 1 on a complaint or a difference. When the tools or namespaces
 * are missing it prints `skipped` and exits 0 (or --skipped-code, or 1 under --require).
 */
const VARIANTS = ['iptables', 'iptables-nft', 'iptables-legacy'] as const;
type Variant = (typeof VARIANTS)[number];

interface Loading {
  readonly node: string;
  readonly variant: Variant;
  readonly loaded: boolean;
  readonly complaints: string;
  readonly differences: readonly SavedDifference[];
}

/** Root has namespaces of its own; others get them together with a user namespace. */
const [UNSHARE, FLAGS] = ['unshare', process.getuid?.() === 0 ? '-n' : '-Urn'] as const;

const inNamespace = (script: string, input = '') =>
  spawnSync(UNSHARE, [FLAGS, 'sh', '-c', script], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });

const MARKER = '=== saved';

/** Installed, and able to write here: iptables-legacy needs a lock file that only root may make. */
const isPresent = (variant: Variant) =>
  inNamespace(`${variant}-restore && ${variant}-save`, '*filter\nCOMMIT\n').status === 0;

function load({ node, text }: NodeRules, variant: Variant): Loading {
  const run = inNamespace(`${variant}-restore && echo '${MARKER}' && ${variant}-save`, text);
  const [, saved] = run.stdout.split(`${MARKER}\n`);
  // legacy and nft greet each other with a warning when both were used; that is not about the rules.
  const complaints = run.stderr.replace(/^# Warning: .*\n/gm, '').trim();
  return {
    node,
    variant,
    loaded: saved !== undefined,
    complaints,
    differences: saved === undefined ? [] : compareSaved(text, saved),
  };
}

function describe({ node, variant, loaded, complaints, differences }: Loading): string {
  const lines = [
    `${node} ${variant}: ${loaded ? 'loaded' : 'refused'}, ${differences.length} chains differ`,
  ];
  if (complaints !== '') lines.push(`  complaint: ${complaints}`);
  for (const { chain, ours, kernel } of differences)
    lines.push(`  ${chain}\n    ours:\n${ours}    kernel:\n${kernel}`);
  return lines.join('\n');
}

function skip(reason: string, exitCode: number): number {
  console.log(`skipped: ${reason}`);
  return exitCode;
}

function main(): number {
  const { values, positionals } = parseArgs({
    options: {
      require: { type: 'boolean' },
      'skipped-code': { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  const whenSkipped = values.require ? 1 : Number(values['skipped-code'] ?? 0);
  if (inNamespace('true').status !== 0)
    return skip('a network namespace cannot be made here', whenSkipped);
  const variants = VARIANTS.filter(isPresent);
  if (variants.length === 0)
    return skip('iptables is not installed, or cannot read rules in a namespace', whenSkipped);
  const rules =
    positionals.length === 0
      ? [...clusterRules(), ...sampleRules()]
      : positionals.map((file) => ({
          node: path.basename(file),
          text: readFileSync(file, 'utf8'),
        }));
  const loadings = rules.flatMap((each) => variants.map((variant) => load(each, variant)));
  if (values.json) console.log(JSON.stringify({ loadings }, null, 2));
  else for (const loading of loadings) console.log(describe(loading));
  const isClean = loadings.every(
    ({ loaded, complaints, differences }) =>
      loaded && complaints === '' && differences.length === 0,
  );
  return isClean ? 0 : 1;
}

process.exitCode = main();
