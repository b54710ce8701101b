import { copyPlain } from '../../base/copy.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { fail, failUsage, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { pairsOf } from './key-values.ts';
import { CHANGE_FLAGS, hasChanged, isChange, readChanges, sendPatch } from './modify.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { findObjects, type Found } from './resources.ts';
import { threeWayPatch } from './three-way-patch.ts';

export const SET_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('limits', 'string'),
  flag('requests', 'string'),
  flag('env', 'list', 'e'),
  flag('from', 'string'),
  flag('keys', 'list'),
  flag('prefix', 'string'),
  flag('list', 'boolean'),
  flag('overwrite', 'boolean'),
  flag('containers', 'string', 'c'),
  flag('resource-version', 'string'),
];

interface SetContainer {
  name: string;
  image?: string;
  env?: EnvEntry[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

interface SetPodSpec {
  containers: SetContainer[];
  initContainers?: SetContainer[];
  serviceAccountName?: string;
}

interface PodHolder {
  spec?: Partial<SetPodSpec> & { template?: { spec: SetPodSpec } };
}

interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: { fieldRef?: { fieldPath: string } };
}

const podSpecOf = (object: KubeObject): SetPodSpec | undefined => {
  const { spec } = object as KubeObject & PodHolder;
  return spec?.template?.spec ?? (spec?.containers ? (spec as SetPodSpec) : undefined);
};

const containersOf = (object: KubeObject) => podSpecOf(object)?.containers ?? [];

/** Words that change something, and those that name objects. */
const split = (words: readonly string[]) => ({
  changes: words.filter((word) => word.includes('=')),
  names: words.filter((word) => !word.includes('=')),
});

/**
 * Changes each object and sends what differs, as kubectl does: a patch between what it read and what it made of it.
 * Nothing is said of an object that stays as it was.
 */
function setEach(
  call: Call,
  found: readonly Found[],
  verb: string,
  change: (spec: SetPodSpec) => string | undefined,
): void {
  const made: Made[] = [];
  for (const one of found) {
    const wanted = copyPlain(one.object);
    const spec = podSpecOf(wanted);
    const problem = spec ? change(spec) : `${one.kind.singular} has no pod template`;
    if (problem !== undefined) {
      fail(call, problem);
      continue;
    }
    const patch = threeWayPatch(one.object, wanted, one.object, one.kind.type);
    const after = patch ? sendPatch(call, one, patch, 'strategic') : undefined;
    if (!after) continue;
    const isDry = dryRunOf(call) !== 'none';
    if (isDry || hasChanged(one.object, after)) {
      made.push({ kind: one.kind, object: isDry ? wanted : after, verb });
    }
  }
  printMade(call, made, dryRunOf(call) ?? 'none');
}

function setImage(call: Call, words: readonly string[]): void {
  const { changes, names } = split(words);
  const found = findObjects(call, names);
  if (!found) return;
  if (changes.length === 0) {
    fail(call, 'at least one image update is required');
    return;
  }
  setEach(call, found, 'image updated', (spec) => {
    const all = [...spec.containers, ...(spec.initContainers ?? [])];
    for (const update of changes) {
      const [name = '', image = ''] = update.split(/=(.*)/s);
      const matching = all.filter((c) => name === '*' || c.name === name);
      if (matching.length === 0) return `unable to find container named ${JSON.stringify(name)}`;
      for (const container of matching) container.image = image;
    }
    return undefined;
  });
}

const wantedContainers = (call: Call, spec: SetPodSpec) => {
  const wanted = valueOf(call, 'containers') ?? '*';
  return spec.containers.filter(({ name }) => wanted === '*' || name === wanted);
};

function setResources(call: Call, words: readonly string[]): void {
  const found = findObjects(call, words);
  if (!found) return;
  const lists = (['limits', 'requests'] as const).flatMap((field) => {
    const text = valueOf(call, field);
    return text === undefined ? [] : [[field, pairsOf(text.split(','))] as const];
  });
  if (lists.length === 0) {
    fail(
      call,
      'you must specify an update to requests or limits (in the form of --requests/--limits)',
    );
    return;
  }
  setEach(call, found, 'resource requirements updated', (spec) => {
    for (const container of wantedContainers(call, spec)) {
      container.resources ??= {};
      for (const [field, map] of lists) {
        container.resources[field] = { ...container.resources[field], ...map };
      }
    }
    return undefined;
  });
}

function setServiceAccount(call: Call, words: readonly string[]): void {
  const account = words.at(-1);
  if (account === undefined || words.length < 2) {
    fail(call, 'serviceaccount is required');
    return;
  }
  const found = findObjects(call, words.slice(0, -1));
  if (!found) return;
  setEach(call, found, 'serviceaccount updated', (spec) => {
    spec.serviceAccountName = account;
    return undefined;
  });
}

function setSelector(call: Call, words: readonly string[]): void {
  const [text, ...more] = words.filter((word) => word.includes('='));
  const found = findObjects(
    call,
    words.filter((word) => !word.includes('=')),
  );
  if (!found) return;
  if (text === undefined || more.length > 0) {
    fail(call, 'one or more resources must be specified as <resource> <name> or <resource>/<name>');
    return;
  }
  const selector = Object.fromEntries(
    text.split(',').map((pair) => pair.split(/=(.*)/s).slice(0, 2)),
  ) as Record<string, string>;
  const made: Made[] = [];
  for (const one of found) {
    if (one.kind.kind !== 'Service') {
      fail(call, `setting a selector is only supported for Services`);
      continue;
    }
    const before = (one.object as KubeObject & { spec: { selector?: Record<string, string> } }).spec
      .selector;
    const dropped = Object.fromEntries(Object.keys(before ?? {}).map((key) => [key, null]));
    const after = sendPatch(
      call,
      one,
      { spec: { selector: { ...dropped, ...selector } } },
      'merge',
    );
    if (after) made.push({ kind: one.kind, object: after, verb: 'selector updated' });
  }
  printMade(call, made, dryRunOf(call) ?? 'none');
}

function listEnvironment(call: Call, { kind, object }: Found): void {
  for (const container of containersOf(object)) {
    call.stdout += `# ${kind.kind} ${object.metadata.name}, container ${container.name}\n`;
    for (const { name, value, valueFrom } of container.env ?? []) {
      const path = valueFrom?.fieldRef?.fieldPath;
      call.stdout +=
        path === undefined ? `${name}=${value ?? ''}\n` : `# ${name} from field path ${path}\n`;
    }
  }
}

function setEnvironment(call: Call, words: readonly string[]): void {
  const found = findObjects(
    call,
    words.filter((word) => !isChange(word)),
  );
  const changes = readChanges(call, words.filter(isChange), 'environment variable');
  if (!found || !changes) return;
  if (isSet(call, 'list')) {
    for (const one of found) listEnvironment(call, one);
    return;
  }
  setEach(call, found, 'env updated', (spec) => {
    for (const container of wantedContainers(call, spec)) {
      const kept = (container.env ?? []).filter(({ name }) => !changes.removed.includes(name));
      for (const [name, value] of Object.entries(changes.set)) {
        const at = kept.findIndex((entry) => entry.name === name);
        if (at < 0) kept.push({ name, value });
        else kept[at] = { name, value };
      }
      container.env = kept;
    }
    return undefined;
  });
}

/** `kubectl set image|resources|selector|serviceaccount|env`. */
export function set(call: Call): void {
  const [what, ...words] = call.flags.words;
  switch (what) {
    case 'image':
      return setImage(call, words);
    case 'resources':
      return setResources(call, words);
    case 'serviceaccount':
    case 'sa':
      return setServiceAccount(call, words);
    case 'selector':
      return setSelector(call, words);
    case 'env':
      return setEnvironment(call, words);
    case undefined:
      call.stdout +=
        'Available here: set env, set image, set resources, set selector, set serviceaccount.\n';
      call.exitCode = 1;
      return undefined;
    default:
      return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  }
}
