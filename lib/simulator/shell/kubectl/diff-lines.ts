/** A run of lines that differ: `[from, to)` on both sides. */
interface Change {
  a: number;
  aEnd: number;
  b: number;
  bEnd: number;
}

const CONTEXT = 3;

/** Lengths of the longest common subsequences of all tails. */
function commonTails(a: readonly string[], b: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    const [row, below] = [table[i], table[i + 1]];
    if (!row || !below) continue;
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}

function findChanges(a: readonly string[], b: readonly string[]): Change[] {
  const table = commonTails(a, b);
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i += 1;
      j += 1;
      continue;
    }
    const change: Change = { a: i, aEnd: i, b: j, bEnd: j };
    while ((i < a.length || j < b.length) && !(i < a.length && j < b.length && a[i] === b[j])) {
      const dropsLine =
        j >= b.length || (i < a.length && (table[i + 1]?.[j] ?? 0) >= (table[i]?.[j + 1] ?? 0));
      if (dropsLine) i += 1;
      else j += 1;
    }
    changes.push({ ...change, aEnd: i, bEnd: j });
  }
  return changes;
}

/** A pure insertion or deletion moves as far down as it can (diffutils `shift_boundaries`). */
function shiftDown(changes: Change[], a: readonly string[], b: readonly string[]): void {
  changes.forEach((change, index) => {
    const next = changes[index + 1];
    const isInsertion = change.a === change.aEnd;
    if (!isInsertion && change.b !== change.bEnd) return;
    const lines = isInsertion ? b : a;
    const ends = () => (isInsertion ? [change.b, change.bEnd] : [change.a, change.aEnd]);
    for (;;) {
      const [from = 0, to = 0] = ends();
      const limit = next ? (isInsertion ? next.b : next.a) : lines.length;
      if (to >= limit || lines[from] !== lines[to]) return;
      change.a += 1;
      change.aEnd += 1;
      change.b += 1;
      change.bEnd += 1;
    }
  });
}

const rangeText = (from: number, count: number) =>
  count === 1 ? `${from + 1}` : `${count === 0 ? from : from + 1},${count}`;

function hunkText(group: readonly Change[], a: readonly string[], b: readonly string[]): string {
  const [first, last] = [group[0], group.at(-1)];
  if (!first || !last) return '';
  const before = Math.min(CONTEXT, first.a, first.b);
  const after = Math.min(CONTEXT, a.length - last.aEnd, b.length - last.bEnd);
  const [aFrom, bFrom] = [first.a - before, first.b - before];
  const [aTo, bTo] = [last.aEnd + after, last.bEnd + after];
  let text = `@@ -${rangeText(aFrom, aTo - aFrom)} +${rangeText(bFrom, bTo - bFrom)} @@\n`;
  const add = (mark: string, lines: readonly string[]) => {
    for (const line of lines) text += `${mark}${line}\n`;
  };
  let at = aFrom;
  for (const change of group) {
    add(' ', a.slice(at, change.a));
    add('-', a.slice(change.a, change.aEnd));
    add('+', b.slice(change.b, change.bEnd));
    at = change.aEnd;
  }
  add(' ', a.slice(at, aTo));
  return text;
}

const linesOf = (text: string) => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** The hunks of `diff -u`, without the two lines that name the files; empty when the texts are the same. */
export function unifiedHunks(before: string, after: string): string {
  const [a, b] = [linesOf(before), linesOf(after)];
  const changes = findChanges(a, b);
  shiftDown(changes, a, b);
  const groups: Change[][] = [];
  for (const change of changes) {
    const last = groups.at(-1)?.at(-1);
    if (last && change.a - last.aEnd <= 2 * CONTEXT) groups.at(-1)?.push(change);
    else groups.push([change]);
  }
  return groups.map((group) => hunkText(group, a, b)).join('');
}
