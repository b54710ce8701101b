import type { ApiResult, KubeObject, Status } from '../../api/meta/object.ts';
import { apiVersionOf, type KindDescription } from '../../api/schema/kind-description.ts';
import { isSameJson } from '../../base/same-json.ts';
import { accepted, badRequest, refused, statusFailure } from '../status.ts';
import { configurationProblems } from './check-configuration.ts';
import { compareFields, fieldsOfValue } from './compare-fields.ts';
import { managersOf } from './default-owners.ts';
import {
  inOrder,
  isEntryOf,
  makeEntry,
  managed,
  type FieldWriter,
  type ManagedFieldsEntry,
} from './entry.ts';
import { difference, intersection, isEmpty, pathsOf, union, type FieldSet } from './field-set.ts';
import { mergeTypeOf, type MergeType } from './merge-type.ts';
import { differenceBy, takeFrom, worthKeeping } from './note-update.ts';
import { mergeFields, removeFields, withNamedFields } from './shape-fields.ts';

/** `kubectl apply` without `--server-side` keeps here what it applied. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

export interface ApplyRequest {
  readonly kind: KindDescription;
  /** Nothing when the object is to be made. */
  readonly live: KubeObject | undefined;
  /** What was sent: the fields that the manager wants, and no others. */
  readonly configuration: KubeObject;
  readonly writer: FieldWriter;
  readonly force: 'force' | 'refuse';
  /** RFC 3339, seconds. */
  readonly now: string;
}

export interface Applied {
  readonly object: KubeObject;
  readonly entries: readonly ManagedFieldsEntry[];
}

type Conflicts = readonly { readonly entry: ManagedFieldsEntry; readonly fields: FieldSet }[];

const quote = (text: string) => JSON.stringify(text);

function describeManager({ manager, subresource, operation, apiVersion }: ManagedFieldsEntry) {
  const where = subresource === undefined ? '' : ` with subresource ${quote(subresource)}`;
  return `${quote(manager)}${where}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

/** apimachinery util/managedfields/internal `NewConflictError`. */
function conflictStatus(conflicts: Conflicts): Status {
  const found = conflicts
    .flatMap(({ entry, fields }) =>
      pathsOf(fields).map((path) => ({ manager: describeManager(entry), path })),
    )
    .toSorted((a, b) => (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0));
  const [first] = found;
  const managers = [...new Set(found.map(({ manager }) => manager))];
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...found.filter((each) => each.manager === manager).map(({ path }) => `- ${path}`),
  ]);
  const message =
    found.length === 1
      ? `Apply failed with 1 conflict: conflict with ${first?.manager}: ${first?.path}`
      : `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
  return statusFailure(409, 'Conflict', message, {
    causes: found.map(({ manager, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${manager}`,
      field: path,
    })),
  });
}

/** Keys in order, as Go writes maps. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

function withoutLastApplied(configuration: KubeObject): KubeObject {
  const { managedFields: _, annotations, ...metadata } = configuration.metadata;
  const { [LAST_APPLIED]: __, ...others } = annotations ?? {};
  return {
    ...configuration,
    metadata: { ...metadata, ...(annotations && { annotations: others }) },
  };
}

/** Keeps the annotation of client-side apply in step, so that one can go back to it (`lastAppliedUpdater`). */
function keepLastApplied(object: KubeObject, { configuration, writer }: ApplyRequest): KubeObject {
  const { annotations } = object.metadata;
  if (writer.manager !== 'kubectl' || !annotations || !(LAST_APPLIED in annotations)) return object;
  const text = `${JSON.stringify(sortKeys(withoutLastApplied(configuration)))}\n`;
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: text } },
  };
}

/** Fields that `kubectl` may take over: client-side apply set them, and they are still so (`lastAppliedManager`). */
function fieldsOfLastApplied(live: KubeObject, type: MergeType): FieldSet {
  const text = live.metadata.annotations?.[LAST_APPLIED];
  if (text === undefined) return {};
  const applied = parseJson(text);
  if (applied === undefined) return {};
  const { added, modified, removed } = compareFields(applied, live, type);
  return difference(fieldsOfValue(applied, type), union(union(added, modified), removed));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Takes away what the manager applied before, does not apply now, and nobody else owns (`Updater.prune`). */
function prune(merged: unknown, last: FieldSet, owned: FieldSet, type: MergeType): unknown {
  if (isEmpty(last)) return merged;
  const named = (set: FieldSet) => withNamedFields(set, type);
  const all = named(fieldsOfValue(merged, type));
  const pruned = named(fieldsOfValue(removeFields(merged, named(last), type), type));
  const withOwned = removeFields(merged, difference(all, union(pruned, named(owned))), type);
  const left = named(fieldsOfValue(withOwned, type));
  return removeFields(merged, intersection(difference(all, left), named(last)), type);
}

function findConflicts(others: readonly ManagedFieldsEntry[], changed: FieldSet): Conflicts {
  return others
    .map((entry) => ({ entry, fields: intersection(entry.fieldsV1, changed) }))
    .filter(({ fields }) => !isEmpty(fields));
}

/** Conflicts that stop an apply: those with what client-side apply set do not stop kubectl's own first server-side apply. */
function stoppingConflicts(
  conflicts: Conflicts,
  { live, writer }: ApplyRequest,
  type: MergeType,
): Conflicts {
  if (conflicts.length === 0 || writer.manager !== 'kubectl' || !live) return conflicts;
  const allowed = fieldsOfLastApplied(live, type);
  return conflicts
    .map(({ entry, fields }) => ({ entry, fields: difference(fields, allowed) }))
    .filter(({ fields }) => !isEmpty(fields));
}

function problemOf({ kind, configuration }: ApplyRequest, type: MergeType): Status | undefined {
  const apiVersion = apiVersionOf(kind);
  if (configuration.metadata.managedFields !== undefined) {
    return badRequest('metadata.managedFields must be nil');
  }
  const problems = configurationProblems(configuration, type);
  if (problems.length === 0) return undefined;
  const { namespace, name } = configuration.metadata;
  const named = namespace === undefined ? name : `${namespace}/${name}`;
  const text =
    problems.length === 1
      ? problems[0]
      : `errors:\n${problems.map((each) => `  ${each}`).join('\n')}`;
  return statusFailure(
    500,
    '',
    `failed to create typed patch object (${named}; ${apiVersion}, Kind=${kind.kind}): ${text}`,
  );
}

/**
 * Server-side apply (structured-merge-diff `Updater.Apply`, with kubectl's upgrade from client-side apply): what the
 * manager wants is laid over the object, what it no longer wants goes unless others own it, and others who set a field to
 * something else are a conflict. Gives the object and who owns what; changes nothing.
 */
export function applyConfiguration(request: ApplyRequest): ApiResult<Applied> {
  const { kind, live, configuration, writer, now } = request;
  const type = mergeTypeOf(kind);
  const problem = problemOf(request, type);
  if (problem) return refused(problem);
  const apiVersion = apiVersionOf(kind);
  const known = live ? managersOf(live, kind) : [];
  const isOwn = isEntryOf(writer, 'Apply', apiVersion);
  const own = known.find(isOwn);
  const others = known.filter((entry) => !isOwn(entry));
  const fields = reachOf(managed(fieldsOfValue(configuration, type)), kind, writer);
  const owned = others.reduce<FieldSet>((all, { fieldsV1 }) => union(all, fieldsV1), fields);
  const base = live ? withoutManagers(live) : undefined;
  const merged = mergeFields(base, configuration, type);
  const object = prune(merged, own?.fieldsV1 ?? {}, owned, type) as KubeObject;
  const { added, modified, removed } = differenceBy(writer, kind, base, object);
  const conflicts = findConflicts(others, union(added, modified));
  const stopping = request.force === 'force' ? [] : stoppingConflicts(conflicts, request, type);
  if (stopping.length > 0) return refused(conflictStatus(stopping));
  const taken = conflicts.reduce<FieldSet>((all, each) => union(all, each.fields), removed);
  const isSame =
    own !== undefined && isSameJson(own.fieldsV1, fields) && live && isSameJson(base, object);
  const entry = makeEntry(writer, 'Apply', apiVersion, fields, isSame ? (own.time ?? now) : now);
  const entries = worthKeeping(inOrder([...takeFrom(others, taken), entry]), object);
  return accepted({ object: keepLastApplied(object, request), entries });
}

/** Fields that a path may own: those of the status on the status's path alone. */
function reachOf(set: FieldSet, kind: KindDescription, { subresource }: FieldWriter): FieldSet {
  if (!kind.subresources.includes('status')) return set;
  const { 'f:status': status, ...rest } = set;
  if (subresource !== 'status') return rest;
  return status ? { 'f:status': status } : {};
}

function withoutManagers(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
