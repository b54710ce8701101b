import { ageOf } from '../meta/human-duration.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Column } from './kind-description.ts';

/** The column that every table begins with. */
export const NAME_COLUMN: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'The name of the object, unique among its kind in its namespace.',
  cell: (object) => object.metadata.name,
};

/** The column with the time since the object was created. */
export const AGE_COLUMN: Column = {
  name: 'Age',
  type: 'string',
  priority: 0,
  description: 'How long ago the object was created.',
  cell: (object, now) => ageOf(object.metadata.creationTimestamp, now),
};

/** A column of texts or numbers; `wide` ones are shown with `-o wide` only. */
export function column<T extends KubeObject>(
  name: string,
  description: string,
  cell: (object: T, now: number) => string | number,
  type: 'string' | 'integer' = 'string',
): Column<T> {
  return { name, type, priority: 0, description, cell };
}

export function wideColumn<T extends KubeObject>(
  name: string,
  description: string,
  cell: (object: T, now: number) => string | number,
): Column<T> {
  return { name, type: 'string', priority: 1, description, cell };
}

/** What kinds without columns of their own show beside the name: the moment, not the age (`DefaultTableConvertor`). */
export const CREATED_AT_COLUMN: Column = {
  name: 'Created At',
  type: 'string',
  priority: 0,
  description: 'When the object was created.',
  cell: (object) => object.metadata.creationTimestamp ?? '<unknown>',
};
