import type { KubeObject } from '../../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import { isSameJson } from '../../base/same-json.ts';
import { compareFields, type Comparison } from './compare-fields.ts';
import { defaultWriter, managersOf } from './default-owners.ts';
import {
  inOrder,
  isEntryOf,
  makeEntry,
  managed,
  MOST_UPDATERS,
  type FieldWriter,
  type ManagedFieldsEntry,
} from './entry.ts';
import { difference, isEmpty, union, type FieldSet } from './field-set.ts';
import { mergeTypeOf } from './merge-type.ts';

/** Entries that are worth keeping: what `managersOf` finds out by itself is not. */
export const worthKeeping = (entries: readonly ManagedFieldsEntry[], object: KubeObject) => {
  const { manager, subresource } = defaultWriter(object, 'status');
  return entries.filter(
    (entry) =>
      entry.operation !== 'Update' ||
      entry.manager !== manager ||
      entry.subresource !== subresource,
  );
};

/** The part of a difference that a request to this path can have made: the status has a path of its own. */
function reach(set: FieldSet, kind: KindDescription, writer: FieldWriter): FieldSet {
  if (!kind.subresources.includes('status')) return managed(set);
  const { 'f:status': status, ...rest } = set;
  if (writer.subresource !== 'status') return managed(rest);
  return status ? { 'f:status': status } : {};
}

/** How a write changed an object, as far as managers are concerned. */
export function differenceBy(
  writer: FieldWriter,
  kind: KindDescription,
  before: KubeObject | undefined,
  after: KubeObject,
): Comparison {
  const { added, modified, removed } = compareFields(before, after, mergeTypeOf(kind));
  return {
    added: reach(added, kind, writer),
    modified: reach(modified, kind, writer),
    removed: reach(removed, kind, writer),
  };
}

/** The oldest of too many updaters become one. */
function withoutAncient(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const sorted = inOrder(entries);
  const updates = sorted.filter(({ operation }) => operation === 'Update');
  const old = updates.slice(0, Math.max(0, updates.length - MOST_UPDATERS + 1));
  if (updates.length <= MOST_UPDATERS || !old[0]) return sorted;
  const { apiVersion, time = '' } = old.at(-1) ?? old[0];
  const fields = old.reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1), {});
  const ancient = makeEntry({ manager: 'ancient-changes' }, 'Update', apiVersion, fields, time);
  return inOrder([...sorted.filter((entry) => !old.includes(entry)), ancient]);
}

/** Takes from others what a write changed or removed. */
export const takeFrom = (
  entries: readonly ManagedFieldsEntry[],
  taken: FieldSet,
): ManagedFieldsEntry[] =>
  isEmpty(taken)
    ? [...entries]
    : entries.map((entry) => ({ ...entry, fieldsV1: difference(entry.fieldsV1, taken) }));

/** Entries that a client sent: an empty list of one empty entry forgets all, none or the same says nothing. */
function sentEntries(
  before: KubeObject | undefined,
  after: KubeObject,
  kind: KindDescription,
): readonly ManagedFieldsEntry[] | undefined {
  const sent = after.metadata.managedFields;
  if (!sent || sent.length === 0) return undefined;
  if (sent.every((entry) => Object.keys(entry).length === 0)) return [];
  if (sent.some(({ fieldsV1, manager }) => !fieldsV1 || !manager)) return undefined;
  const isOld =
    before !== undefined &&
    (sent === before.metadata.managedFields || isSameJson(sent, managersOf(before, kind)));
  return isOld ? undefined : sent;
}

/**
 * The entries to keep after a create, update or patch: the writer owns what it added or changed, others lose it
 * (structured-merge-diff `Updater.Update`). Undefined: keep none.
 *
 * @param before nothing for a new object
 */
export function noteUpdate(
  before: KubeObject | undefined,
  after: KubeObject,
  kind: KindDescription,
  writer: FieldWriter,
  now: string,
): ManagedFieldsEntry[] | undefined {
  const { added, modified, removed } = differenceBy(writer, kind, before, after);
  const sent = sentEntries(before, after, kind);
  const isUnchanged = isEmpty(added) && isEmpty(modified) && isEmpty(removed);
  if (isUnchanged && !sent) return before?.metadata.managedFields;
  const apiVersion = apiVersionOf(kind);
  const known = sent ?? (before ? managersOf(before, kind) : []);
  const isOwn = isEntryOf(writer, 'Update', apiVersion);
  const own = known.find(isOwn);
  const taken = union(added, modified);
  const others = takeFrom(
    known.filter((entry) => !isOwn(entry)),
    union(taken, removed),
  );
  const fields = union(difference(own?.fieldsV1 ?? {}, removed), taken);
  const isSame = own !== undefined && isSameJson(own.fieldsV1, fields);
  const entry = makeEntry(writer, 'Update', apiVersion, fields, isSame ? (own.time ?? now) : now);
  const entries = worthKeeping(withoutAncient([...others, entry]), after);
  return entries.length > 0 ? entries : undefined;
}
