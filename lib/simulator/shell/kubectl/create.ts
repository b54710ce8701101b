import { createFrom, FILE_FLAGS } from './apply.ts';
import { fail, failUsage, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { readManifests } from './resources.ts';

export const CREATE_FLAGS: readonly FlagSpec[] = [
  ...FILE_FLAGS,
  flag('save-config', 'boolean'),
  flag('edit', 'boolean'),
  flag('raw', 'string'),
  flag('selector', 'string', 'l'),
];

/** `kubectl create -f`; what it makes by words stands in `generators.ts`. */
export function create(call: Call): void {
  if (valueOf(call, 'filename') === undefined) {
    if (call.flags.words.length === 0) fail(call, 'must specify one of -f and -k');
    else failUsage(call, `Unexpected args: [${call.flags.words.join(' ')}]`);
    return;
  }
  const dryRun = dryRunOf(call);
  if (!dryRun) return;
  const manifests = readManifests(call);
  if (manifests.length === 0 && call.exitCode === 0) fail(call, 'no objects passed to create');
  const made = manifests.flatMap((manifest): Made[] => {
    const object = createFrom(call, manifest, manifest.object, dryRun, 'kubectl-create');
    return object ? [{ kind: manifest.kind, object, verb: 'created' }] : [];
  });
  printMade(call, made, dryRun);
}
