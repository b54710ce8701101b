import type { ObjectMeta } from '../../../api/meta/object.ts';
import { formatLabels } from '../../../api/meta/label-selector.ts';
import type { Cell } from '../../../api/schema/kind-description.ts';
import type { Table, TableRow } from '../../../apiserver/table.ts';
import { alignRows } from './tab-writer.ts';

/** Which columns `kubectl get` shows besides the server's. Plain data: a watch keeps it. */
export interface TableOptions {
  readonly isWide: boolean;
  readonly withNamespace: boolean;
  /** `pod/` before names, when several kinds are shown. */
  readonly namePrefix: string;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  readonly noHeaders: boolean;
}

type Columns = NonNullable<Table['columnDefinitions']>;

const metadataOf = (row: TableRow) =>
  (row.object as { metadata?: ObjectMeta } | undefined)?.metadata;

const isShown = (columns: Columns, index: number, options: TableOptions) =>
  options.isWide || columns[index]?.priority === 0;

/** The header's name for a label: what stands behind the slash, in capitals. */
const labelHeader = (label: string) => label.slice(label.lastIndexOf('/') + 1).toUpperCase();

export function headerOf(columns: Columns, options: TableOptions): string[] {
  return [
    ...(options.withNamespace ? ['NAMESPACE'] : []),
    ...columns.filter((_, i) => isShown(columns, i, options)).map(({ name }) => name.toUpperCase()),
    ...options.labelColumns.map(labelHeader),
    ...(options.showLabels ? ['LABELS'] : []),
  ];
}

/** Only a cell's first line fits into a table. */
function cellText(cell: Cell, isName: boolean, prefix: string): string {
  const text = String(cell ?? '');
  const end = text.search(/[\f\n\r]/);
  return `${isName ? prefix : ''}${end < 0 ? text : `${text.slice(0, end)}...`}`;
}

export function rowOf(row: TableRow, columns: Columns, options: TableOptions): string[] {
  const metadata = metadataOf(row);
  const cells = row.cells.flatMap((cell, i) =>
    isShown(columns, i, options)
      ? [cellText(cell, columns[i]?.format === 'name', options.namePrefix)]
      : [],
  );
  return [
    ...(options.withNamespace ? [metadata?.namespace ?? ''] : []),
    ...cells,
    ...options.labelColumns.map((label) => metadata?.labels?.[label] ?? ''),
    ...(options.showLabels ? [formatLabels(metadata?.labels)] : []),
  ];
}

/** Rows under their header. `widths` is filled for later rows. */
export function printTable(
  table: Pick<Table, 'rows'>,
  columns: Columns,
  options: TableOptions,
  widths: number[],
): string {
  const rows = table.rows.map((row) => rowOf(row, columns, options));
  return alignRows(options.noHeaders ? rows : [headerOf(columns, options), ...rows], widths);
}
