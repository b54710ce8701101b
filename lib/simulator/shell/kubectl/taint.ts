import type { Node, Taint } from '../../api/core/node.ts';
import { fail, failUsage, isSet, valueOf, type Call } from './call.ts';
import { flag, type FlagSpec } from './flags.ts';
import { CHANGE_FLAGS, sendPatch } from './modify.ts';
import { dryRunOf, printMade, type Made } from './print-made.ts';
import { findObjects, kindsOf, type Found } from './resources.ts';

export const TAINT_FLAGS: readonly FlagSpec[] = [
  ...CHANGE_FLAGS,
  flag('overwrite', 'boolean'),
  flag('validate', 'string', undefined, 'strict'),
];

const EFFECTS: readonly string[] = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

interface TaintChanges {
  readonly added: readonly Taint[];
  /** Without an effect: every taint of the key. */
  readonly removed: readonly { readonly key: string; readonly effect: string }[];
}

const isTaint = (word: string) => /[=:]|-$/.test(word);

/** Reads `k=v:NoSchedule`, `k:NoSchedule`, `k:NoSchedule-`, `k-`; a text is the problem. */
function readTaints(words: readonly string[]): TaintChanges | string {
  const added: Taint[] = [];
  const removed: { key: string; effect: string }[] = [];
  for (const word of words) {
    const drops = word.endsWith('-');
    const [pair = '', effect = '', ...more] = (drops ? word.slice(0, -1) : word).split(':');
    const [key = '', value, ...rest] = pair.split('=');
    if (more.length > 0 || rest.length > 0 || key === '') return `invalid taint spec: ${word}`;
    if ((effect !== '' || !drops) && !EFFECTS.includes(effect)) {
      return effect === '' && !drops
        ? `invalid taint spec: ${word}`
        : `invalid taint effect: ${effect}, unsupported taint effect`;
    }
    if (drops) removed.push({ key, effect });
    else added.push({ key, ...(value ? { value } : {}), effect } as Taint);
  }
  return { added, removed };
}

const isSame = (a: { key: string; effect: string }, b: { key: string; effect: string }) =>
  a.key === b.key && a.effect === b.effect;

function problemOf(call: Call, name: string, old: readonly Taint[], changes: TaintChanges) {
  const clash = changes.added.find((taint) => old.some((other) => isSame(taint, other)));
  if (clash && !isSet(call, 'overwrite')) {
    return `node ${name} already has ${clash.key} taint(s) with same effect(s) and --overwrite is false`;
  }
  const absent = changes.removed.filter(
    ({ key, effect }) =>
      !old.some((taint) => taint.key === key && (effect === '' || taint.effect === effect)),
  );
  return absent
    .map(
      ({ key, effect }) => `taint ${JSON.stringify(effect ? `${key}:${effect}` : key)} not found`,
    )
    .join('\n');
}

function taintOne(call: Call, one: Found, changes: TaintChanges): Made | undefined {
  const { metadata, spec } = one.object as Node;
  const old = spec.taints ?? [];
  const problem = problemOf(call, metadata.name, old, changes);
  if (problem) {
    fail(call, problem);
    return undefined;
  }
  const kept = old.filter((taint) => !changes.added.some((added) => isSame(added, taint)));
  const before = [...changes.added, ...kept];
  const taints = before.filter(
    (taint) =>
      !changes.removed.some(
        ({ key, effect }) => taint.key === key && (effect === '' || taint.effect === effect),
      ),
  );
  const hasAdded = before.length !== old.length;
  const hasDropped = taints.length !== before.length;
  const isBoth = (hasAdded && hasDropped) || isSet(call, 'overwrite');
  const verb = isBoth ? 'modified' : hasAdded ? 'tainted' : 'untainted';
  const patch = { spec: { taints: taints.length > 0 ? taints : null } };
  const after = sendPatch(call, one, patch, 'strategic');
  return after ? { kind: one.kind, object: after, verb } : undefined;
}

/** `kubectl taint nodes`. */
export function taint(call: Call): void {
  const { words } = call.flags;
  const first = words.findIndex(isTaint);
  const resources = first < 0 ? words : words.slice(0, first);
  const late = words.slice(resources.length).find((word) => !isTaint(word));
  if (late !== undefined) {
    failUsage(call, `all resources must be specified before taint changes: ${late}`);
    return;
  }
  if (first < 0) {
    fail(call, 'at least one taint update is required');
    return;
  }
  const changes = readTaints(words.slice(first));
  if (typeof changes === 'string') {
    failUsage(call, changes);
    return;
  }
  const [type = '', ...names] = resources;
  const kinds = kindsOf(call, type.split('/')[0] ?? '');
  if (!kinds) return;
  if (kinds.some(({ kind }) => kind !== 'Node')) {
    fail(call, `invalid resource type ${type}, only node types are supported`);
    return;
  }
  const isOpen = isSet(call, 'all') || valueOf(call, 'selector') !== undefined;
  if (!isOpen && names.length === 0) {
    fail(call, "at least one resource name must be specified since 'all' parameter is not set");
    return;
  }
  const dryRun = dryRunOf(call);
  const found = dryRun && findObjects(call, resources);
  const made = (found || []).flatMap((one) => taintOne(call, one, changes) ?? []);
  printMade(call, made, dryRun ?? 'none');
}
