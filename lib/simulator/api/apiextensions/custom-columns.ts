import { parseTimestamp } from '../../base/clock.ts';
import { ageOf } from '../meta/human-duration.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../schema/columns.ts';
import type { Cell, Column } from '../schema/kind-description.ts';
import type { CustomResourceColumn } from './custom-resource-definition.ts';
import { findPath, pathText } from './find-path.ts';

function cellOf(type: string, value: unknown, now: number): Cell {
  if (value === undefined) return null;
  switch (type) {
    case 'string':
      return pathText(value);
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null;
    case 'number':
      return typeof value === 'number' ? value : null;
    case 'boolean':
      return typeof value === 'boolean' ? value : null;
    case 'date':
      if (typeof value !== 'string') return null;
      return parseTimestamp(value) === undefined ? '<invalid>' : ageOf(value, now);
    default:
      return null;
  }
}

function describeColumn(given: CustomResourceColumn): Column {
  const { name, type, format, description, priority = 0, jsonPath } = given;
  return {
    name,
    type,
    ...(format === undefined ? {} : { format }),
    priority,
    description:
      description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    cell: (object, now) => cellOf(type, findPath(object, jsonPath)[0], now),
  };
}

/** The columns of a custom kind's table (apiextensions tableconvertor): name and age where the definition names none. */
export const customColumns = (
  given: readonly CustomResourceColumn[] | undefined,
): readonly Column[] =>
  given && given.length > 0
    ? [NAME_COLUMN, ...given.map(describeColumn)]
    : [NAME_COLUMN, { ...AGE_COLUMN, type: 'date' }];
