import { freezeJson } from '../../api/meta/freeze-json.ts';
import type { ManagedFieldsEntry } from '../../api/meta/object.ts';
import { difference, isEmpty, type FieldSet } from './field-set.ts';

export type { ManagedFieldsEntry };

/** Who writes through the API. */
export interface FieldWriter {
  readonly manager: string;
  /** `status`, `scale`: its fields are kept apart. */
  readonly subresource?: string;
}

/** Fields that the server alone writes: nobody manages them (`stripMetaManager`). */
const UNMANAGED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:creationTimestamp': {},
    'f:deletionGracePeriodSeconds': {},
    'f:deletionTimestamp': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:name': {},
    'f:namespace': {},
    'f:resourceVersion': {},
    'f:selfLink': {},
    'f:uid': {},
  },
};

const ANNOTATED_ITSELF: readonly string[] = [
  'f:apiVersion',
  'f:kind',
  'f:managedFields',
  'f:creationTimestamp',
  'f:deletionTimestamp',
  'f:deletionGracePeriodSeconds',
];

/** A set without fields that nobody manages, whole branches of it too. */
export function managed(set: FieldSet): FieldSet {
  const metadata = set['f:metadata'];
  if (!metadata) return difference(set, UNMANAGED);
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([element]) => !ANNOTATED_ITSELF.includes(element)),
  );
  return difference({ ...set, 'f:metadata': kept }, UNMANAGED);
}

/** Whether an entry is that of a writer and an operation. Appliers are the same in all versions. */
export const isEntryOf =
  (writer: FieldWriter, operation: 'Apply' | 'Update', apiVersion: string) =>
  (entry: ManagedFieldsEntry): boolean =>
    entry.manager === writer.manager &&
    entry.operation === operation &&
    entry.subresource === writer.subresource &&
    (operation === 'Apply' || entry.apiVersion === apiVersion);

/** Sets that many objects share: pods of one template have the same fields. */
const shared = new Map<string, FieldSet>();
const MOST_SHARED = 256;

/** One value for equal sets, as long as it is remembered: memory alone, no meaning. */
function share(fields: FieldSet): FieldSet {
  const text = JSON.stringify(fields);
  const known = shared.get(text);
  if (known) return known;
  if (shared.size >= MOST_SHARED) shared.clear();
  shared.set(text, freezeJson(fields));
  return fields;
}

/** An entry as the API writes it. */
export function makeEntry(
  writer: FieldWriter,
  operation: 'Apply' | 'Update',
  apiVersion: string,
  fields: FieldSet,
  time: string,
): ManagedFieldsEntry {
  return {
    manager: writer.manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: share(fields),
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
}

/** Update managers that an object keeps; older ones become one (`DefaultMaxUpdateManagers`). */
const MOST_UPDATERS = 10;

const orderOf = ({
  operation,
  time = '',
  manager,
  apiVersion,
  subresource = '',
}: ManagedFieldsEntry) => [operation, time, manager, apiVersion, subresource].join('\0');

/** Entries in the order of the API: appliers first, the older before the newer. Empty ones are dropped. */
export function inOrder(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const sorted = entries
    .filter(({ fieldsV1 }) => !isEmpty(fieldsV1))
    .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  return sorted;
}

export { MOST_UPDATERS };
