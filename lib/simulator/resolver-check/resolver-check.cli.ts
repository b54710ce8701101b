import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { generateWorlds, type LookUp, type World } from './generate-worlds.ts';
import { compareOutcomes, type Difference, type Outcome } from './outcome.ts';
import { runReal } from './run-real.ts';
import { runSimulated } from './run-simulated.ts';

/**
 * `npm run resolver-check -- [--seed S] [--lookups N] [--json] [--skipped-code N]`: makes look-ups with this machine's
 * glibc (getent in its own namespaces, against dnsmasq, which logs what it is asked) and with the simulated resolver
 * against a simulated dnsmasq with the same configuration; compares queries, their order, output and exit code. Exits 1
 * on a difference. Where dnsmasq, getent of glibc or namespaces are missing it prints `skipped` and exits 0 (or N).
 */
const AT_ONCE = 6;
/** Whom `rotate` asks first is chance: one of these draws must agree with the machine. */
const DRAWS = 12;

interface Row {
  readonly world: number;
  readonly lookUp: LookUp;
  readonly servers: string;
  readonly queries: number;
  readonly differences: readonly Difference[];
}

const answers = (command: string, args: readonly string[]) => {
  const run = spawnSync(command, args, { encoding: 'utf8' });
  return run.status === 0 ? run.stdout : undefined;
};

/** What is missing here, in words. */
function whyNot(): string | undefined {
  if (answers('dnsmasq', ['--version']) === undefined)
    return 'dnsmasq is not installed (Debian: dnsmasq-base)';
  if (!/GLIBC|GNU libc/.test(answers('getent', ['--version']) ?? ''))
    return 'getent is not the one of glibc';
  if (answers('iptables', ['-V']) === undefined) return 'iptables is not installed';
  if (answers('ip', ['-V']) === undefined) return 'ip is not installed (Debian: iproute2)';
  const flags = process.getuid?.() === 0 ? '-mnp' : '-mnpUr';
  if (
    answers('unshare', [
      flags,
      '--fork',
      'ip',
      'link',
      'add',
      'v0',
      'type',
      'veth',
      'peer',
      'name',
      'v1',
    ]) === undefined
  )
    return 'namespaces cannot be made here';
  return undefined;
}

function compare(world: World, lookUp: LookUp, real: Outcome): readonly Difference[] {
  // Where the machine knows its own prefixes, the order of these addresses is getaddrinfo's, whatever the server's was.
  const isOrdered = world.ipv6 === 'on' && lookUp.database !== 'hosts';
  const order = isOrdered && lookUp.name.startsWith('near') ? 'exact' : 'sorted';
  const draws = lookUp.resolvConf.includes('rotate') ? DRAWS : 1;
  let differences: readonly Difference[] = [];
  for (let i = 0; i < draws; i++) {
    differences = compareOutcomes(real, runSimulated(world, lookUp, `draw-${i}`), order);
    if (differences.length === 0) break;
  }
  return differences;
}

async function judge(world: World, index: number): Promise<Row[]> {
  const outcomes = await runReal(world);
  return world.lookUps.map((lookUp, i) => ({
    world: index,
    lookUp,
    servers: world.servers.map(({ address, kind }) => `${address} ${kind}`).join(', '),
    queries: outcomes[i]?.queries.length ?? 0,
    differences: compare(world, lookUp, outcomes[i]!),
  }));
}

async function judgeAll(worlds: readonly World[]): Promise<Row[]> {
  const rows: Row[][] = [];
  const waiting = [...worlds.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift())
      rows[next[0]] = await judge(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return rows.flat();
}

const indent = (text: string) => text.split('\n').join('\n      ');

function printRow({ lookUp, servers, differences }: Row): void {
  console.log(
    `getent ${lookUp.database} ${lookUp.name} (${servers})\n    ${lookUp.resolvConf.trim().split('\n').join('\n    ')}`,
  );
  for (const { what, real, simulated } of differences)
    console.log(
      `  ${what}\n    real\n      ${indent(real)}\n    simulated\n      ${indent(simulated)}`,
    );
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: '1' },
      lookups: { type: 'string', default: '240' },
      json: { type: 'boolean' },
      'skipped-code': { type: 'string' },
    },
  });
  const missing = whyNot();
  if (missing !== undefined) {
    console.log(`skipped: ${missing}`);
    return Number(values['skipped-code'] ?? 0);
  }
  const rows = await judgeAll(generateWorlds(values.seed, Number(values.lookups)));
  const different = rows.filter(({ differences }) => differences.length > 0);
  const queries = rows.reduce((sum, row) => sum + row.queries, 0);
  if (values.json)
    console.log(
      JSON.stringify(
        { seed: values.seed, lookups: rows.length, queries, differences: different },
        null,
        2,
      ),
    );
  else {
    different.forEach(printRow);
    console.log(
      `resolver-check: ${rows.length} look-ups, ${queries} queries, ${different.length} differences (seed ${values.seed})`,
    );
  }
  return different.length > 0 ? 1 : 0;
}

process.exitCode = await main();
