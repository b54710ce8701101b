export type Covered = 'yes' | 'simplified' | 'absent';

export interface CoverageTable {
  readonly title: string;
  readonly rows: readonly {
    readonly part: string;
    readonly covered: Covered;
    readonly notes: string;
  }[];
}

const isCovered = (text: string): text is Covered =>
  text === 'yes' || text === 'simplified' || text === 'absent';

/** Reads docs/coverage.md: a heading, then a table `Part | Covered | Notes`. Rows with another word are left out. */
export function parseCoverage(markdown: string): readonly CoverageTable[] {
  const sections = markdown.split(/^## /m).slice(1);
  return sections
    .map((section) => {
      const [title = '', ...lines] = section.split('\n');
      const rows = lines
        .filter((line) => line.startsWith('|'))
        .map((line) =>
          line
            .split('|')
            .slice(1, -1)
            .map((cell) => cell.trim()),
        )
        .flatMap(([part = '', covered = '', notes = '']) =>
          isCovered(covered) ? [{ part, covered, notes }] : [],
        );
      return { title: title.trim(), rows };
    })
    .filter(({ rows }) => rows.length > 0);
}
