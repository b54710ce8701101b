import { formatTimestamp, type Micros } from '../../base/clock.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { KindDescription } from '../../api/schema/kind-description.ts';
import type { WrittenBy } from '../store.ts';
import { defaultWriter } from './default-owners.ts';
import { noteUpdate } from './note-update.ts';

/** Who writes when nobody is named, to an object that somebody has touched through REST. */
const CONTROLLERS: WrittenBy = { writer: { manager: 'kube-controller-manager' } };

/** Notes in `object` who owns which fields now: kept up for writers through REST, and for objects that one has touched. */
export function keepManagers(
  kind: KindDescription,
  object: KubeObject,
  previous: KubeObject | undefined,
  by: WrittenBy | undefined,
  now: Micros,
): void {
  const { metadata } = object;
  if (!by) delete metadata.managedFields;
  if (!by && !previous?.metadata.managedFields) return;
  const written = by ?? CONTROLLERS;
  const entries =
    'entries' in written
      ? written.entries
      : noteUpdate(previous, object, kind, written.writer, formatTimestamp(now));
  if (entries) metadata.managedFields = [...entries];
  else delete metadata.managedFields;
}

/** The same for a status; one that only components of the cluster write is not noted. */
export function keepStatusManagers(
  kind: KindDescription,
  object: KubeObject,
  previous: KubeObject,
  given: KubeObject,
  by: WrittenBy | undefined,
  now: Micros,
): void {
  const isNoted = previous.metadata.managedFields?.some(({ fieldsV1 }) => 'f:status' in fieldsV1);
  if (!by && !isNoted) return;
  const { managedFields } = given.metadata;
  if (by && managedFields) object.metadata.managedFields = managedFields;
  const written = by ?? { writer: defaultWriter(object, 'status') };
  keepManagers(kind, object, previous, written, now);
}
