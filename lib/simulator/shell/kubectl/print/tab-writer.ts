export interface TabStyle {
  /** The least width of a cell, padding included. */
  readonly minWidth: number;
  readonly padding: number;
}

/** `describe` and the like. */
export const WIDE_TABS: TabStyle = { minWidth: 0, padding: 2 };
/** Tables of `get`. */
export const TABLE_TABS: TabStyle = { minWidth: 6, padding: 3 };

const widthOf = (text: string) => [...text].length;

/**
 * Elastic tab stops (Go's text/tabwriter): cells end with a tab; a column is a run of lines that have that cell, and is
 * as wide as its widest. The last cell of a line is not part of a column.
 */
export function alignTabs(text: string, style: TabStyle): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  const layOut = (from: number, to: number, column: number): void => {
    for (let line = from; line < to; line++) {
      const cells = lines[line] ?? [];
      if (column >= cells.length - 1) continue;
      let end = line;
      let width = style.minWidth;
      while (end < to && column < (lines[end] ?? []).length - 1) {
        width = Math.max(width, widthOf(lines[end]?.[column] ?? '') + style.padding);
        end += 1;
      }
      for (let at = line; at < end; at++) widths[at]![column] = width;
      layOut(line, end, column + 1);
      line = end - 1;
    }
  };
  layOut(0, lines.length, 0);
  return lines
    .map((cells, line) =>
      cells
        .map((cell, column) => {
          const width = widths[line]?.[column];
          return width === undefined ? cell : cell + ' '.repeat(width - widthOf(cell));
        })
        .join(''),
    )
    .join('\n');
}

/** Rows whose column widths are remembered: a watch prints each row when it comes, under the columns it has so far. */
export function alignRows(rows: readonly (readonly string[])[], widths: number[]): string {
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, column) => {
      const width = Math.max(TABLE_TABS.minWidth, widthOf(cell) + TABLE_TABS.padding);
      widths[column] = Math.max(widths[column] ?? 0, width);
    });
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, column) =>
        column === row.length - 1
          ? cell
          : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))),
      );
      return `${cells.join('')}\n`;
    })
    .join('');
}
