import { invariant } from '../base/invariant.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { parseFieldSelector, type FieldRequirement } from '../api/meta/parse-field-selector.ts';
import { matchRequirements, parseLabelSelector } from '../api/meta/parse-label-selector.ts';
import type { KindDescription } from '../api/schema/kind-description.ts';
import type { ListOptions } from './store.ts';

function fieldOf(kind: KindDescription, object: KubeObject, field: string): string {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  return kind.fieldLabels[field]?.(object) ?? '';
}

/** The first field of a selector that the kind does not know; upstream refuses such a selector. */
export function unsupportedField(
  kind: KindDescription,
  requirements: readonly FieldRequirement[],
): string | undefined {
  return requirements.find(
    ({ field }) =>
      field !== 'metadata.name' &&
      !(field === 'metadata.namespace' && kind.isNamespaced) &&
      !Object.hasOwn(kind.fieldLabels, field),
  )?.field;
}

/** The one value that a selector leaves for a label; undefined when it leaves more. */
export function valueAskedFor(labelSelector: string, label: string): string | undefined {
  const labels = parseLabelSelector(labelSelector);
  if (!labels.ok) return undefined;
  const asked = labels.requirements.find(
    ({ key, operator, values }) => key === label && operator === '=' && values.length === 1,
  );
  return asked?.values[0];
}

/** A test for objects from a list's selectors. The selectors must parse: `rest.ts` refuses others before. */
export function selectorOf(
  kind: KindDescription,
  { labelSelector = '', fieldSelector = '' }: ListOptions,
): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(labelSelector);
  invariant(labels.ok, `label selector ${labelSelector} does not parse`);
  const fields = parseFieldSelector(fieldSelector);
  invariant(fields.ok, `field selector ${fieldSelector} does not parse`);
  return (object) =>
    matchRequirements(labels.requirements, object.metadata.labels) &&
    fields.requirements.every(
      ({ field, operator, value }) =>
        (fieldOf(kind, object, field) === value) === (operator === '='),
    );
}
