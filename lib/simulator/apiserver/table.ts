import type { Micros } from '../base/clock.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { apiVersionOf, type Cell, type KindDescription } from '../api/schema/kind-description.ts';

/** meta.k8s.io/v1 Table: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: { readonly resourceVersion: string };
  readonly columnDefinitions: readonly ColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly object?: unknown;
}

/** How much of each object a row carries (`includeObject`). */
export type IncludedObject = 'None' | 'Metadata' | 'Object';

function rowOf(
  kind: KindDescription,
  object: KubeObject,
  included: IncludedObject,
  now: Micros,
): TableRow {
  const cells = kind.columns.map((column) => column.cell(object, now));
  switch (included) {
    case 'None':
      return { cells };
    case 'Object':
      return { cells, object: { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) } };
    case 'Metadata':
      return {
        cells,
        object: {
          kind: 'PartialObjectMetadata',
          apiVersion: 'meta.k8s.io/v1',
          metadata: object.metadata,
        },
      };
  }
}

/** Objects as a Table; a watch sends the columns with its first rows only. */
export function tableOf(
  kind: KindDescription,
  objects: readonly KubeObject[],
  included: IncludedObject,
  now: Micros,
  resourceVersion: string,
): Table {
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: kind.columns.map(({ name, type, format = '', description, priority }) => ({
      name,
      type,
      format,
      description,
      priority,
    })),
    rows: objects.map((object) => rowOf(kind, object, included, now)),
  };
}
