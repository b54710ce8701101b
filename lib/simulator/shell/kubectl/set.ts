import { copyPlain } from '../../base/copy.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { fail, failUsage, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { CHANGE_FLAGS, hasChanged, isChange, readChanges, sendPatch } from './modify.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { findObjects, type Found } from './resources.ts';

export const SET_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('list', 'boolean'),
  flag('overwrite', 'boolean'),
  flag('containers', 'string', 'c'),
  flag('resource-version', 'string'),
];

interface PodHolder {
  spec?: {
    containers?: { name: string; image?: string; env?: EnvEntry[] }[];
    template?: { spec: { containers: { name: string; image?: string; env?: EnvEntry[] }[] } };
  };
}

interface EnvEntry {
  name: string;
  value?: string;
  valueFrom?: { fieldRef?: { fieldPath: string } };
}

const containersOf = (object: KubeObject) => {
  const { spec } = object as KubeObject & PodHolder;
  return spec?.template?.spec.containers ?? spec?.containers ?? [];
};

const inTemplate = (object: KubeObject, podSpec: unknown) =>
  (object as KubeObject & PodHolder).spec?.template
    ? { spec: { template: { spec: podSpec } } }
    : { spec: podSpec };

function setImage(call: Call, words: readonly string[]): void {
  const updates = words.filter((word) => word.includes('='));
  const found = findObjects(
    call,
    words.filter((word) => !word.includes('=')),
  );
  if (!found) return;
  if (updates.length === 0) {
    fail(call, 'at least one image update is required');
    return;
  }
  const made: Made[] = [];
  for (const one of found) {
    const containers: { name: string; image: string }[] = [];
    for (const update of updates) {
      const [name = '', image = ''] = update.split(/=(.*)/s);
      const matching = containersOf(one.object).filter((c) => name === '*' || c.name === name);
      if (matching.length === 0) {
        fail(call, `unable to find container named ${JSON.stringify(name)}`);
      }
      containers.push(...matching.map((c) => ({ name: c.name, image })));
    }
    finishSet(call, one, inTemplate(one.object, { containers }), 'image updated', made);
  }
  printMade(call, made, dryRunOf(call) ?? 'none');
}

/** Sends what `set` changed; nothing is said when nothing changed. */
function finishSet(call: Call, one: Found, change: unknown, verb: string, made: Made[]): void {
  if (call.exitCode !== 0) return;
  const after = sendPatch(call, one, change, 'strategic');
  if (!after) return;
  const isDry = dryRunOf(call) !== 'none';
  if (isDry || hasChanged(one.object, after)) made.push({ kind: one.kind, object: after, verb });
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
  const made: Made[] = [];
  for (const one of found) {
    const wanted = valueOf(call, 'containers') ?? '*';
    const containers = containersOf(copyPlain(one.object))
      .filter(({ name }) => wanted === '*' || name === wanted)
      .map(({ name }) => ({
        name,
        env: [
          ...Object.entries(changes.set).map(([key, value]) => ({ name: key, value })),
          ...changes.removed.map((key) => ({ $patch: 'delete', name: key })),
        ],
      }));
    finishSet(call, one, inTemplate(one.object, { containers }), 'env updated', made);
  }
  printMade(call, made, dryRunOf(call) ?? 'none');
}

/** `kubectl set image|selector|env`. */
export function set(call: Call): void {
  const [what, ...words] = call.flags.words;
  switch (what) {
    case 'image':
      return setImage(call, words);
    case 'selector':
      return setSelector(call, words);
    case 'env':
      return setEnvironment(call, words);
    case undefined:
      call.stdout += 'Available here: set image, set selector, set env.\n';
      call.exitCode = 1;
      return undefined;
    default:
      return failUsage(call, `unknown command ${JSON.stringify(what)}`);
  }
}
