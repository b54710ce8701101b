import type { KubeObject } from '../../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import { applyJsonPatch } from '../../apiserver/patch/json-patch.ts';
import { applyMergePatch } from '../../apiserver/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../apiserver/patch/strategic-merge-patch.ts';
import { readYaml } from '../../apiserver/read-yaml.ts';
import { labelValueProblem } from '../../api/meta/names.ts';
import {
  ask,
  fail,
  failStatus,
  failUsage,
  isSet,
  queryOf,
  urlOf,
  valueOf,
  type Call,
} from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { dryRunOf, printMade, type DryRun, type Made } from './print-made.ts';
import { findObjects, type Found } from './resources.ts';

/** Flags of every command that changes what is there. */
export const CHANGE_FLAGS: readonly FlagSpec[] = [
  flag('filename', 'list', 'f'),
  flag('selector', 'string', 'l'),
  flag('field-selector', 'string'),
  flag('all', 'boolean'),
  flag('all-namespaces', 'boolean', 'A'),
  flag('output', 'string', 'o'),
  flag('dry-run', 'string', undefined, 'unchanged'),
  flag('local', 'boolean'),
  flag('field-manager', 'string'),
  flag('recursive', 'boolean', 'R'),
];

export const LABEL_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('overwrite', 'boolean'),
  flag('list', 'boolean'),
  flag('resource-version', 'string'),
];

export const PATCH_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('patch', 'string', 'p'),
  flag('patch-file', 'string'),
  flag('type', 'string'),
  flag('subresource', 'string'),
];

export const SCALE_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('replicas', 'int'),
  flag('current-replicas', 'int'),
  flag('timeout', 'duration'),
];

type PatchType = 'json' | 'merge' | 'strategic';

const MEDIA_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** Commands that name themselves as the manager of what they change; of the others the server takes the user agent. */
const MANAGERS: readonly string[] = ['annotate', 'label', 'patch', 'rollout', 'set', 'taint'];

/** What a patch makes of an object, without the server: for `--dry-run=client` and `--local`. */
function patchedHere(
  call: Call,
  object: KubeObject,
  patch: unknown,
  type: PatchType,
  kind: KindDescription,
): KubeObject | undefined {
  const parsed = typeof patch === 'string' ? readYaml(patch) : undefined;
  const value = parsed ? (parsed.ok ? parsed.documents[0] : {}) : patch;
  const result: ReturnType<typeof applyJsonPatch> =
    type === 'merge'
      ? { ok: true, value: applyMergePatch(object, value) }
      : type === 'json'
        ? applyJsonPatch(object, value)
        : applyStrategicMergePatch(object, value, kind.type);
  if (result.ok) return result.value as KubeObject;
  fail(call, result.message);
  return undefined;
}

/** Sends a patch; the answer, or undefined after the refusal was printed. */
export function sendPatch(
  call: Call,
  { kind, object }: Found,
  patch: unknown,
  type: PatchType,
  subresource = '',
): KubeObject | undefined {
  const command = call.command.split(' ')[0] ?? '';
  const { namespace, name } = object.metadata;
  const dryRun = dryRunOf(call);
  if (dryRun === undefined) return undefined;
  if (dryRun === 'client') return patchedHere(call, object, patch, type, kind);
  const answer = ask(call, {
    method: 'PATCH',
    path:
      urlOf(kind, namespace, name, subresource) +
      queryOf({
        dryRun: dryRun === 'server' ? 'All' : undefined,
        fieldManager:
          valueOf(call, 'field-manager') ??
          (MANAGERS.includes(command) ? `kubectl-${command}` : undefined),
      }),
    headers: { 'content-type': MEDIA_TYPES[type] },
    body: typeof patch === 'string' ? patch : JSON.stringify(patch),
  });
  if (answer.ok) return answer.value;
  if (answer.status.reason === 'UnsupportedMediaType') {
    fail(
      call,
      `${MEDIA_TYPES[type]} is not supported by ${apiVersionOf(kind)}, Kind=${kind.kind}: ${answer.status.message}`,
    );
  } else failStatus(call, answer.status);
  return undefined;
}

/** Whether a write made a new version. */
export const hasChanged = (before: KubeObject, after: KubeObject) =>
  before.metadata.resourceVersion !== after.metadata.resourceVersion;

/** `a=b` or `a-`: a change, not the name of an object. */
export const isChange = (word: string) =>
  word.includes('=') || (word.endsWith('-') && word.length > 1);

interface MapChanges {
  readonly set: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
}

/** `a=b c-` behind the resources; undefined after it printed why not. */
export function readChanges(
  call: Call,
  words: readonly string[],
  noun: string,
): MapChanges | undefined {
  const set: Record<string, string> = {};
  const removed: string[] = [];
  for (const word of words) {
    const [key = '', value] = word.split(/=(.*)/s);
    if (value === undefined) {
      removed.push(word.slice(0, -1));
      continue;
    }
    const problem = noun === 'label' ? labelValueProblem(value) : undefined;
    if (problem !== undefined) {
      fail(call, `invalid label value: ${JSON.stringify(word)}: ${problem}`);
      return undefined;
    }
    set[key] = value;
  }
  const both = removed.find((key) => Object.hasOwn(set, key));
  if (both !== undefined) {
    fail(
      call,
      `can not both modify and remove ${noun === 'label' ? 'a label' : 'an annotation'} in the same command`,
    );
    return undefined;
  }
  return { set, removed };
}

interface MapVerb {
  readonly field: 'labels' | 'annotations';
  readonly noun: 'label' | 'annotation';
  readonly done: string;
}

const LABEL: MapVerb = { field: 'labels', noun: 'label', done: 'labeled' };
const ANNOTATE: MapVerb = { field: 'annotations', noun: 'annotation', done: 'annotated' };

function outcomeOf(
  verb: MapVerb,
  changed: boolean,
  changes: MapChanges,
  before: Readonly<Record<string, string>>,
): string {
  if (verb.noun === 'annotation') return 'annotated';
  if (!changed) return 'not labeled';
  const hasRemoved = changes.removed.some((key) => before[key] !== undefined);
  return hasRemoved && Object.keys(changes.set).length === 0 ? 'unlabeled' : 'labeled';
}

function changeMap(call: Call, found: Found, changes: MapChanges, verb: MapVerb): Made | undefined {
  const { kind, object } = found;
  const before = object.metadata[verb.field] ?? {};
  const clash = Object.entries(changes.set).find(
    ([key, value]) => before[key] !== undefined && before[key] !== value,
  );
  if (clash && !isSet(call, 'overwrite')) {
    fail(
      call,
      verb.noun === 'label'
        ? `'${clash[0]}' already has a value (${before[clash[0]]}), and --overwrite is false`
        : `--overwrite is false but found the following declared annotation(s): '${clash[0]}' already has a value (${before[clash[0]]})`,
    );
    return undefined;
  }
  for (const key of changes.removed) {
    if (before[key] === undefined)
      call.stdout += `${verb.noun} ${JSON.stringify(key)} not found.\n`;
  }
  const removed = Object.fromEntries(changes.removed.map((key) => [key, null]));
  const patch = { metadata: { [verb.field]: { ...changes.set, ...removed } } };
  const after = sendPatch(call, found, patch, 'merge');
  if (!after) return undefined;
  // kubectl compares texts: an object without a map has an empty one afterwards, which is a change to it.
  const isChanged = hasChanged(object, after) || object.metadata[verb.field] === undefined;
  return { kind, object: after, verb: outcomeOf(verb, isChanged, changes, before) };
}

function listMap(call: Call, found: readonly Found[], verb: MapVerb): void {
  for (const { kind, object } of found) {
    if (found.length > 1 || isSet(call, 'all') || valueOf(call, 'selector') !== undefined) {
      call.stdout += `Listing ${verb.field} for ${kind.kind}.${kind.group}/${object.metadata.name}:\n`;
    }
    const indent = found.length > 1 || valueOf(call, 'selector') !== undefined ? ' ' : '';
    for (const [key, value] of Object.entries(object.metadata[verb.field] ?? {}).sort()) {
      call.stdout += `${indent}${key}=${value}\n`;
    }
  }
}

function changeMaps(call: Call, verb: MapVerb): void {
  const { words } = call.flags;
  const targets = words.filter((word) => !isChange(word));
  const changes = readChanges(call, words.filter(isChange), verb.noun);
  if (!changes) return;
  if (targets.length === 0 && valueOf(call, 'filename') === undefined) {
    fail(call, 'one or more resources must be specified as <resource> <name> or <resource>/<name>');
    return;
  }
  const isEmpty = Object.keys(changes.set).length + changes.removed.length === 0;
  if (isEmpty && !isSet(call, 'list')) {
    fail(call, `at least one ${verb.noun} update is required`);
    return;
  }
  const found = findObjects(call, targets);
  if (!found) return;
  if (isSet(call, 'list')) {
    listMap(call, found, verb);
    return;
  }
  const dryRun = dryRunOf(call);
  if (!dryRun) return;
  const made = found.flatMap((one) => changeMap(call, one, changes, verb) ?? []);
  // Several errors are listed bare; a single one is introduced.
  const complaints = call.stderr.match(/^error: /gm) ?? [];
  if (complaints.length > 1) call.stderr = call.stderr.replaceAll(/^error: /gm, '');
  printMade(call, made, dryRun);
}

export const label = (call: Call): void => changeMaps(call, LABEL);
export const annotate = (call: Call): void => changeMaps(call, ANNOTATE);

/** `kubectl patch`. */
export function patch(call: Call): void {
  const file = valueOf(call, 'patch-file');
  const text =
    valueOf(call, 'patch') ?? (file === undefined ? undefined : call.context.files[file]);
  const type = valueOf(call, 'type') ?? 'strategic';
  if (!text) {
    fail(call, 'must specify --patch or --patch-file containing the contents of the patch');
    return;
  }
  if (type !== 'json' && type !== 'merge' && type !== 'strategic') {
    fail(call, `--type must be one of [json merge strategic], not ${JSON.stringify(type)}`);
    return;
  }
  const found = findObjects(call, call.flags.words);
  const dryRun = found && dryRunOf(call);
  if (!dryRun) return;
  const made: Made[] = [];
  for (const one of found) {
    const after = sendPatch(call, one, text, type, valueOf(call, 'subresource') ?? '');
    if (!after) continue;
    const isSame = !hasChanged(one.object, after) && dryRun === 'none';
    made.push({ kind: one.kind, object: after, verb: isSame ? 'patched (no change)' : 'patched' });
  }
  printMade(call, made, dryRun);
}

/** `kubectl scale`. */
export function scale(call: Call): void {
  const text = valueOf(call, 'replicas');
  if (text === undefined) {
    fail(call, 'required flag(s) "replicas" not set');
    return;
  }
  const replicas = Number(text);
  if (replicas < 0) {
    fail(
      call,
      'The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0',
    );
    return;
  }
  const found = findObjects(call, call.flags.words);
  const dryRun = found && dryRunOf(call);
  if (!dryRun) return;
  const expected = valueOf(call, 'current-replicas');
  const made: Made[] = [];
  for (const one of found) {
    const { kind, object } = one;
    const current = (object as KubeObject & { spec?: { replicas?: number } }).spec?.replicas;
    if (expected !== undefined && expected !== '-1' && Number(expected) !== current) {
      fail(call, `Expected replicas to be ${expected}, was ${current}`);
      continue;
    }
    if (sendPatch(call, one, { spec: { replicas } }, 'merge', 'scale')) {
      made.push({ kind, object, verb: 'scaled' });
    }
  }
  printMade(call, made, dryRun);
}

export const CORDON_FLAGS: readonly FlagSpec[] = [
  flag('selector', 'string', 'l'),
  flag('dry-run', 'string', undefined, 'unchanged'),
];

/** Marks nodes as unschedulable or schedulable, and says so. */
export function cordonNodes(
  call: Call,
  found: readonly Found[],
  verb: 'cordon' | 'uncordon',
  dryRun: DryRun,
): void {
  const made: Made[] = [];
  for (const one of found) {
    const { spec } = one.object as KubeObject & { spec?: { unschedulable?: boolean } };
    const isDone = (spec?.unschedulable ?? false) === (verb === 'cordon');
    if (isDone) {
      made.push({ kind: one.kind, object: one.object, verb: `already ${verb}ed` });
      continue;
    }
    const patch = { spec: { unschedulable: verb === 'cordon' ? true : null } };
    const after = sendPatch(call, one, patch, 'strategic');
    if (after) made.push({ kind: one.kind, object: after, verb: `${verb}ed` });
  }
  printMade(call, made, dryRun);
}

/** `kubectl cordon` and `uncordon`. */
export function cordon(call: Call): void {
  const { words } = call.flags;
  const verb = call.command === 'cordon' ? 'cordon' : 'uncordon';
  if (words.length === 0 && valueOf(call, 'selector') === undefined) {
    failUsage(call, `USAGE: ${verb} NODE [flags]`);
    return;
  }
  const dryRun = dryRunOf(call);
  const found = dryRun && findObjects(call, ['nodes', ...words]);
  if (found) cordonNodes(call, found, verb, dryRun);
}

/** `kubectl edit`: the page has an editor of its own. */
export function edit(call: Call): void {
  fail(
    call,
    'edit opens an editor, which this terminal does not have: use the YAML tab, kubectl patch or kubectl apply -f',
  );
}
