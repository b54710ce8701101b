import { SECOND, type Micros } from '../../../base/clock.ts';
import { setMember, type Transaction } from './transaction.ts';
import type { NftCommand, NftProblem } from './command.ts';
import type { NftElement, NftElementBody, NftSet, NftTable } from './model.ts';
import { referencesOfElement } from './references.ts';
import { countReferences, findMissing } from './rules.ts';
import { boundsOf, canonicalKey, JOINT, keyMatches } from './value.ts';

type ElementCommand = Extract<NftCommand, { object: 'element' }>;
type ProblemText = NftProblem['text'];

const hasFlag = (set: NftSet, flag: 'interval' | 'timeout') => set.flags?.includes(flag) ?? false;

/** Whether two keys of an interval set have a value in common. */
function overlaps({ type }: NftSet, a: string, b: string): boolean {
  const others = b.split(JOINT);
  return a.split(JOINT).every((part, i) => {
    const [first, last] = boundsOf(type[i] ?? 'integer', part);
    const [from, to] = boundsOf(type[i] ?? 'integer', others[i] ?? '');
    return first <= to && from <= last;
  });
}

/** An element that was put there (or that a packet made) at `now`. */
export function makeElement(set: NftSet, body: NftElementBody, now: Micros): NftElement {
  const seconds = body.timeout ?? set.timeout;
  return seconds === undefined ? body : { ...body, expiresAt: now + seconds * SECOND };
}

const isAlive = (element: NftElement, now: Micros) =>
  element.expiresAt === undefined || element.expiresAt > now;

/**
 * The element that a key has. A look-up by hash; only a set of intervals is searched, and only when the key itself is not
 * in it.
 */
export function findElement(set: NftSet, key: string, now: Micros): NftElement | undefined {
  const element = Object.hasOwn(set.elements, key) ? set.elements[key] : undefined;
  if (element) return isAlive(element, now) ? element : undefined;
  if (!hasFlag(set, 'interval')) return undefined;
  return Object.values(set.elements).find(
    (candidate) => keyMatches(set.type, candidate.key, key) && isAlive(candidate, now),
  );
}

const isSameData = (a: NftElementBody, b: NftElementBody) =>
  a.data === b.data && JSON.stringify(a.verdict) === JSON.stringify(b.verdict);

function addElement(
  transaction: Transaction,
  table: NftTable,
  set: NftSet,
  body: NftElementBody,
  verb: 'add' | 'create',
): ProblemText | undefined {
  const key = canonicalKey(set.type, body.key);
  const data =
    set.data === undefined || set.data === 'verdict' || body.data === undefined
      ? body.data
      : canonicalKey(set.data, body.data);
  if (key === undefined || (body.data !== undefined && data === undefined))
    return 'Invalid argument';
  const element = { ...body, key, ...(data !== undefined && { data }) };
  const old = set.elements[key];
  if (old && isAlive(old, transaction.now)) {
    return verb === 'create' || !isSameData(old, element) ? 'File exists' : undefined;
  }
  if (set.size !== undefined && Object.keys(set.elements).length >= set.size)
    return 'Too many open files in system';
  const clash =
    hasFlag(set, 'interval') && Object.keys(set.elements).find((each) => overlaps(set, each, key));
  if (clash) {
    // With auto-merge what is covered already is content; Simplified: elements are not joined to larger ones.
    return set.autoMerge ? undefined : 'File exists';
  }
  const references = referencesOfElement(element);
  const missing = findMissing(table, references);
  if (missing) return missing;
  setMember(transaction, set.elements, key, makeElement(set, element, transaction.now));
  countReferences(transaction, table, references, 1);
  return undefined;
}

/** nf_tables_newsetelem. */
export function addElements(
  transaction: Transaction,
  table: NftTable,
  { verb, name, elements }: ElementCommand,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const element of elements) {
    const problem = addElement(
      transaction,
      table,
      set,
      element,
      verb === 'create' ? 'create' : 'add',
    );
    if (problem) return problem;
  }
  return undefined;
}

function dropElement(
  transaction: Transaction,
  table: NftTable,
  set: NftSet,
  element: NftElement,
): void {
  setMember(transaction, set.elements, element.key, undefined);
  countReferences(transaction, table, referencesOfElement(element), -1);
}

/** nf_tables_delsetelem. */
export function removeElements(
  transaction: Transaction,
  table: NftTable,
  { verb, name, elements }: ElementCommand,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const { key } of elements) {
    const element = set.elements[canonicalKey(set.type, key) ?? key];
    if (element) dropElement(transaction, table, set, element);
    else if (verb === 'delete') return 'No such file or directory';
  }
  return undefined;
}

/** `flush set`, `flush map`. */
export function flushElements(
  transaction: Transaction,
  table: NftTable,
  name: string,
): ProblemText | undefined {
  const set = table.sets[name];
  if (!set) return 'No such file or directory';
  for (const element of Object.values(set.elements)) dropElement(transaction, table, set, element);
  return undefined;
}
