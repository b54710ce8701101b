import { AGE_COLUMN, column, NAME_COLUMN } from '../schema/columns.ts';
import { invalid, required } from '../schema/field-problem.ts';
import { isSameJson } from '../../base/same-json.ts';
import type { KindDescription } from '../schema/kind-description.ts';
import { PLAIN_KIND } from '../schema/plain-kind.ts';
import type { ControllerRevision } from './controller-revision.ts';
import { validateCounts } from './validate-counts.ts';

/** `daemonset.apps/web`, or `<none>`. */
function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return '<none>';
  const [group] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [];
  return `${owner.kind.toLowerCase()}${group === undefined ? '' : `.${group}`}/${owner.name}`;
}

export const CONTROLLER_REVISION: KindDescription<ControllerRevision> = {
  ...PLAIN_KIND,
  kind: 'ControllerRevision',
  group: 'apps',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  type: 'apps.ControllerRevision',
  description: 'A ControllerRevision keeps a template that a StatefulSet or DaemonSet has had.',
  columns: [
    NAME_COLUMN,
    column('Controller', 'What it is a revision of.', controllerText),
    column(
      'Revision',
      'The number of the revision.',
      ({ revision }: ControllerRevision) => revision,
      'integer',
    ),
    AGE_COLUMN,
  ],
  validate: ({ data, revision }) => [
    ...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []),
    ...validateCounts({ revision }, '').map((problem) => ({ ...problem, field: 'revision' })),
  ],
  validateUpdate: ({ data }, previous) =>
    isSameJson(data, previous.data) ? [] : [invalid('data', data, 'field is immutable')],
};
