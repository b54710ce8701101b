import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { seedRandom } from '../base/random.ts';
import { compareObservations, type CniDifference } from './compare-observations.ts';
import type { CniCase } from './cni-case.ts';
import { drawCase } from './draw-case.ts';
import { observeReal, pluginDirectory } from './observe-real.ts';
import { observeSimulated } from './observe-simulated.ts';

/**
 * `npm run cni-check -- [--configs N] [--seed S] [--skipped-code N] [--json]`: plays N drawn network configurations with
 * the real CNI plug-ins bridge, host-local and portmap of this machine, in network and mount namespaces of their own,
 * and with ours, and compares what can be seen after every step: answers, links, addresses, routes, sysctls, nat rules,
 * reservations. Exits 1 on a difference. Where plug-ins or namespaces are missing it prints `skipped` and exits 0
 * (or --skipped-code).
 */
const DEFAULT_CONFIGS = 60;
const UNSHARE = 'unshare';
const INSIDE = 'CNI_CHECK_INSIDE';
/** Own /run/netns and /var/lib/cni, then this command again. */
const ENTER = `mount --make-rprivate / && mkdir -p /run/netns /var/lib/cni && mount -t tmpfs tmpfs /run/netns && mount -t tmpfs tmpfs /var/lib/cni && exec "$@"`;

interface Failure {
  readonly case: CniCase;
  readonly step: number;
  readonly differences: readonly CniDifference[];
}

function checkCase(each: CniCase): { steps: number; refusals: number; failure?: Failure } {
  const ours = observeSimulated(each);
  const real = observeReal(each);
  const refusals = real.filter(({ answer }) => answer.startsWith('plugin type=')).length;
  for (const [step, seen] of real.entries()) {
    const mine = ours[step];
    const differences = mine ? compareObservations(mine, seen) : [];
    if (differences.length > 0)
      return { steps: step + 1, refusals, failure: { case: each, step, differences } };
  }
  return { steps: real.length, refusals };
}

function describe({ case: { title, configuration, steps }, step, differences }: Failure): string {
  return [
    `${title}: ${JSON.stringify(configuration)}`,
    ...steps.slice(0, step + 1).map((each) => `  ${JSON.stringify(each)}`),
    ...differences.map(({ what, ours, real }) => `  ${what}\n    ours: ${ours}\n    real: ${real}`),
  ].join('\n');
}

function check(configs: number, seed: string, format: 'json' | 'text'): number {
  const random = seedRandom(seed);
  const results = Array.from({ length: configs }, (_, index) => checkCase(drawCase(random, index)));
  const failures = results.flatMap(({ failure }) => (failure ? [failure] : []));
  const summary = {
    configurations: configs,
    seed,
    steps: results.reduce((sum, { steps }) => sum + steps, 0),
    refusals: results.reduce((sum, { refusals }) => sum + refusals, 0),
    different: failures.length,
  };
  if (format === 'json') console.log(JSON.stringify({ ...summary, failures }, null, 2));
  else {
    for (const failure of failures) console.log(describe(failure));
    console.log(
      `${configs} configurations (seed ${seed}), ${summary.steps} steps, ${summary.refusals} refused by the plug-ins: ${failures.length} differ`,
    );
  }
  return failures.length === 0 ? 0 : 1;
}

function skip(reason: string, exitCode: number): number {
  console.log(`skipped: ${reason}`);
  return exitCode;
}

function enterNamespaces(): number {
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const { status } = spawnSync(UNSHARE, ['-m', 'sh', '-c', ENTER, 'sh', ...again], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  return status ?? 1;
}

function main(): number {
  const { values } = parseArgs({
    options: {
      configs: { type: 'string', default: String(DEFAULT_CONFIGS) },
      seed: { type: 'string', default: 'cni-check' },
      'skipped-code': { type: 'string', default: '0' },
      json: { type: 'boolean' },
    },
  });
  if (process.env[INSIDE] === '1') {
    return check(Number(values.configs), values.seed, values.json ? 'json' : 'text');
  }
  const whenSkipped = Number(values['skipped-code']);
  if (pluginDirectory() === undefined)
    return skip('the CNI plug-ins are not installed (containernetworking-plugins)', whenSkipped);
  const trial = 'ip netns add hwG-trial && ip netns exec hwG-trial iptables -t nat -S';
  const isAble =
    spawnSync(UNSHARE, ['-m', 'sh', '-c', ENTER, 'sh', 'sh', '-c', trial]).status === 0;
  if (!isAble) return skip('network namespaces or iptables cannot be used here', whenSkipped);
  return enterNamespaces();
}

process.exitCode = main();
