/** How filters compare: those of ss, and of tcpdump. */
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

export function compareNumbers(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
